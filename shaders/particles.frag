#version 330
#include "common.glsl"
uniform float clip_z;
uniform float gain;
in vec2 corner;
in vec3 tint;
in vec3 position;
in float strength;
out vec4 fragment;

void main() {
  float r = dot(corner, corner);
  if (r > 1.0 || position.z < clip_z) discard;
  vec3 c = tint * (exp(-r * 5.5) - .004) * .55 + vec3(1.0) * exp(-r * 26.0) * .9;
  fragment = vec4(c * strength * gain * (1.0 - fog_amount(position)), 0.0);
}
