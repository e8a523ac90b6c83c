#version 330
// Recorded colours reach the screen as they are on the columns' ends; their sides are the same colours in shadow.
#include "common.glsl"
uniform float clip_z;
in vec3 position;
in vec3 tint;
in float strength;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  float fog = fog_amount(position) * .55;
  fragment = vec4(mix(pow(tint, vec3(2.2)) * strength, fog_color(position), fog), 1.0 - fog);
}
