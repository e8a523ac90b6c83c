#version 330
#include "common.glsl"
uniform float clip_z;
uniform float gain;
uniform float drift;
in vec2 uv;
in vec3 tint;
in vec3 position;
flat in float halo;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  float a;
  if (halo > .5) {
    a = pow(saturate(1.0 - length(uv)), 2.6);
  } else {
    float along = smoothstep(0.0, .004, uv.x) * smoothstep(1.0, .985, uv.x);
    float pulse = .72 + .28 * sin(uv.x * 46.0 - drift * 5.0);
    a = (exp(-uv.y * uv.y * 5.0) * .35 + exp(-uv.y * uv.y * 60.0) * .9) * along * mix(1.0, pulse, .6) * mix(1.0, .45, uv.x);
  }
  fragment = vec4(tint * a * gain * (1.0 - .8 * fog_amount(position)), 0.0);
}
