#version 330
#include "common.glsl"
in vec3 direction;
out vec4 fragment;

vec3 stars(vec3 d, float elevation, float azimuth) {
  vec3 c = vec3(0.0);
  for (int layer = 0; layer < STAR_LAYERS; layer++) {
    float scale = 70.0 + 60.0 * float(layer);
    vec2 g = vec2(azimuth * cos(elevation) * scale, elevation * scale), id = floor(g);
    float h = hash(id + 7.0 * float(layer));
    if (h > .87) {
      vec2 q = fract(g) - vec2(hash(id + 3.1), hash(id + 9.7)) * .6 - .2;
      float m = pow((h - .87) * 7.7, 5.0);
      vec3 tint = mix(vec3(.70, .82, 1.0), vec3(1.0, .86, .70), hash(id + 1.7));
      c += tint * exp(-dot(q, q) * mix(420.0, 170.0, m)) * (.07 + 2.1 * m);
    }
  }
  return c * smoothstep(.01, .22, d.z);
}

void main() {
  vec3 d = normalize(direction);
  vec3 c = sky_color(d);
  float elevation = asin(clamp(d.z, -1.0, 1.0)), azimuth = atan(d.x, d.y);
  float night = 1.0 - smoothstep(.15, .65, phase);
  if (night > 0.0 && d.z > 0.0) {
    c += stars(d, elevation, azimuth) * night;
    float band = exp(-pow(d.x * .75 + d.z * .55 - .34, 2.0) * 14.0);
    float milk = .35 + 1.1 * fbm(vec2(azimuth * 6.0, elevation * 9.0), 3);
    c += vec3(.020, .030, .058) * band * milk * night * smoothstep(.0, .3, d.z) * 1.6;
  }
  c += vec3(1.0, .62, .28) * phase * pow(saturate(dot(d, normalize(vec3(-.20, .97, .15)))), 40.0) * .7;
  // thin high cloud, lit by the first light
  vec2 q = d.xy / max(d.z + .10, .05);
  float cloud = smoothstep(.50, .86, fbm(q * vec2(.55, 1.5) + 3.0, 4) * 1.05);
  cloud *= smoothstep(.03, .16, d.z) * (1.0 - smoothstep(.35, .70, d.z));
  vec3 lit = mix(c * 1.35 + vec3(.004, .008, .016), vec3(1.35, .80, .58) * (.55 + .7 * saturate(d.y)), phase);
  fragment = vec4(mix(c, lit, cloud * mix(.45, .62, phase)), 0.0);
}
