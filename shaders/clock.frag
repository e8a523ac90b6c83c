#version 330
// The Clock: one tick per denoising step of this run; the done arc is warm. Drawn in one quad.
#include "common.glsl"
uniform float clip_z;
uniform float moment;
uniform float steps;
uniform vec3 warm;     // steps done
uniform vec3 cool;     // steps to come
in vec3 position;
in vec2 uv;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  vec2 p = (uv - .5) * 2.0;
  float r = length(p), w = fwidth(r);
  float turn = fract(atan(p.x, p.y) / 6.2831853 + 1.0);
  float i = floor(turn * steps);
  float tangent = abs(fract(turn * steps) - .5) / steps * 6.2831853 * r;
  bool fifth = mod(i, 5.0) < .5;
  float length_ = fifth ? .10 : .05;
  float tick = (1.0 - smoothstep(.0125 - w, .0125 + w, tangent)) * (1.0 - smoothstep(length_ - w, length_ + w, abs(r - .80)));
  float ring = 1.0 - smoothstep(.012 - w, .012 + w, abs(r - .955));
  float done = step(i, moment + .5), passed = step(turn * steps, moment + 1.0);
  vec3 c = tick * (done > .5 ? warm * 2.6 : cool * .75) + ring * (passed > .5 ? warm * 2.0 : cool * .42);
  float coverage = max(tick, ring);
  if (coverage < .01) discard;
  fragment = vec4(c * (1.0 - .5 * fog_amount(position)), 0.0);
}
