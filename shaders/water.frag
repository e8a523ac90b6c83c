#version 330
// The lake, and (NOISE) the sea of the Noise Shore: a grid of this run's own starting latent x_T, thinning out at land.
#include "common.glsl"
uniform float clip_z;
uniform float shore_y;
uniform sampler2DArray latents;      // x_t as a mosaic of its channels; layer 0 is x_T
#ifdef MIRROR
uniform float mirror_z;
uniform sampler2D mirror;
uniform vec2 mirror_size;
#endif
in vec3 position;
out vec4 fragment;

float waves(vec2 p) {
  float t = osg_FrameTime;
  return fbm(p * .55 + t * .12, 3) + .5 * fbm(p * vec2(.22, 1.3) - t * .08, 2);
}

void main() {
  if (position.z < clip_z + .05) discard;
  vec3 v = normalize(EYE - position);
  float d = length(EYE - position);
  vec2 p = position.xy;
  const float e = .35;
  float w = waves(p);
  vec2 slope = (vec2(waves(p + vec2(e, 0)), waves(p + vec2(0, e))) - w) / e * .16;
  vec3 n = normalize(mix(normalize(vec3(-slope, 1.0)), vec3(0, 0, 1), saturate(d / 260.0)));
  float f = .03 + .97 * pow(1.0 - saturate(dot(n, v)), 5.0);
  vec3 r = sky_color(reflect(-v, n));
#ifdef MIRROR
  if (abs(position.z - mirror_z) < .1) {
    vec2 q = gl_FragCoord.xy / mirror_size + n.xy * vec2(.10, .16) * saturate(30.0 / d + .25);
    r = textureLod(mirror, clamp(q, .002, .998), 0.0).rgb;
    f = .10 + .90 * pow(1.0 - saturate(dot(n, v)), 3.2);
  }
#endif
  vec3 c = mix(mix(vec3(.0025, .0085, .020), vec3(.05, .10, .17), phase), r, f);
#ifdef NOISE
  const float cell = .5;
  vec2 g = p / cell, id = floor(g), q = abs(fract(g) - .5), px = fwidth(g);
  ivec2 size = textureSize(latents, 0).xy;
  ivec2 at = ivec2(mod(id, vec2(size)));
  vec3 sample_ = vec3(texelFetch(latents, ivec3(at, 0), 0).r,
                      texelFetch(latents, ivec3((at + size / 3) % size, 0), 0).r,
                      texelFetch(latents, ivec3((at + 2 * size / 3) % size, 0), 0).r);
  sample_ = mix(vec3(dot(sample_, vec3(.333))), sample_, .45);
  float shore = smoothstep(shore_y + 4.0, shore_y - 14.0, p.y + fbm(p * .10, 3) * 9.0);
  float keep = step(1.0 - shore * .92, hash(id + .5));
  float blur = saturate(length(px) * 1.1 - .4);
  float tile = mix(1.0 - smoothstep(.36 - px.x, .36 + px.x, max(q.x, q.y)), .52, blur);
  vec3 grain = mix(pow(sample_, vec3(2.6)) * 1.25, vec3(.19, .21, .25), blur);
  keep = mix(keep, shore * .8, blur);
  float bob = .82 + .18 * sin(osg_FrameTime * .7 + hash(id) * 6.28);
  c += grain * vec3(.86, .95, 1.12) * tile * keep * bob * mix(.62, .10, phase) * (.45 + .55 * (1.0 - f));
#endif
  fragment = vec4(mix(c, fog_color(position), fog_amount(position)), 0.0);
}
