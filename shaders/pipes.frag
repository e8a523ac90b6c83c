#version 330
#include "common.glsl"
uniform float clip_z;
in vec3 position;
in vec3 facing_;
in vec3 tint;
in float part;
flat in float level;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  vec3 n = normalize(facing_), v = normalize(EYE - position);
  float rim = pow(1.0 - saturate(abs(dot(n, v))), 3.0);
  vec3 ambient = mix(vec3(.0085, .018, .044), vec3(.15, .27, .60), phase) * (.6 + .4 * n.z);
  vec3 c = vec3(.16, .18, .22) * (ambient * 2.2 + vec3(.010, .016, .026)) + tint * (.020 + .05 * rim);
  float edge = max(fwidth(part), .004);
  float lit = smoothstep(level + edge, level - edge, part) * step(.002, level);
  float crest = exp(-pow((part - level) / .035, 2.0)) * step(.02, level);
  c += tint * (lit * (.50 + .35 * part) + crest * .9) * (1.0 - .25 * rim);
  float fog = fog_amount(position) * .75;
  fragment = vec4(mix(c, fog_color(position), fog), 0.0);
}
