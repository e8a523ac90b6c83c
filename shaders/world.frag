#version 330
#include "common.glsl"
uniform float clip_z;         // mirrored views discard what lies below their plane
uniform float light_scale;    // local lights fade towards day
#ifdef MIRROR
uniform float mirror_z;
uniform sampler2D mirror;
uniform vec2 mirror_size;
#endif
in vec3 position;
in vec3 normal;
in vec4 paint;
in vec4 baked;               // warm, cool, ambient occlusion, material
out vec4 fragment;

const int STONE = 0, POLISHED = 1, HILL = 2, PAVING = 3;

vec3 weathered(vec3 albedo, int material, vec3 n, float far) {
  if (material == PAVING && n.z > .9) {
    vec2 g = position.xy / vec2(2.4, 1.2);
    g.x += .5 * step(.5, fract(floor(g.y) * .5));
    vec2 slab = floor(g), q = abs(fract(g) - .5), w = fwidth(g);
    float joint = max(smoothstep(.488 - w.x, .488, q.x), smoothstep(.476 - w.y, .476, q.y));
    float near = exp(-far * .011);
    albedo *= 1.0 + (.26 * (hash(slab) - .5) - .34 * joint) * near;
    albedo *= mix(1.0, .86 + .28 * value_noise(position.xy * .35), exp(-far * .008));
    vec2 course = abs(fract(position.xy / 9.6) - .5);
    float line = smoothstep(.5 - .006 - max(w.x, w.y) * .25, .5, max(course.x, course.y));
    albedo *= 1.0 - .30 * line * exp(-far * .006);
  } else if (material != POLISHED) {
    vec2 p = material == HILL ? position.xy * .25 + position.z * .7 : position.xy * .9 + position.z * 1.7;
    float g = fbm(p, OCTAVES) * .6 + value_noise(vec2(position.x + position.y, position.z * 5.0)) * .4;
    albedo *= mix(1.0, .72 + .56 * g, exp(-far * (material == HILL ? .004 : .012)));
  }
  return albedo;
}

void main() {
  if (position.z < clip_z + .02) discard;
  vec3 v = normalize(EYE - position);
  vec3 n = normalize(normal);
  if (dot(n, v) < 0.0) n = -n;
  float far = length(EYE - position);
  int material = int(baked.w + .5);
  vec3 albedo = weathered(paint.rgb, material, n, far);
  float ao = baked.z;

  vec3 key_dir = normalize(mix(vec3(-.45, -.30, .84), vec3(-.66, .42, .46), smoothstep(.55, .70, phase)));
  vec3 key = mix(vec3(.040, .064, .125), vec3(3.3, 2.05, 1.15), smoothstep(.62, 1.0, phase));
  vec3 up = mix(vec3(.0085, .018, .044), vec3(.15, .27, .60), phase);
  vec3 down = mix(vec3(.0020, .0035, .009), vec3(.10, .075, .07), phase);
  vec3 light = mix(down, up, n.z * .5 + .5) * ao;
  light += key * saturate(dot(n, key_dir)) * smoothstep(.25, .9, ao);
  light += (vec3(1.0, .60, .26) * baked.x + vec3(.34, .72, 1.0) * baked.y) * light_scale;
  vec3 c = albedo * light;

  if (material == POLISHED) {
    float f = .05 + .95 * pow(1.0 - saturate(dot(n, v)), 5.0);
    vec3 r = sky_color(reflect(-v, n)) * ao * .5;
    vec2 slab = abs(fract(position.xy / 1.5) - .5);
    float joint = smoothstep(.492, .499, max(slab.x, slab.y)) * exp(-far * .05);
#ifdef MIRROR
    if (n.z > .9 && abs(position.z - mirror_z) < .08) {
      vec2 uv = gl_FragCoord.xy / mirror_size;
      vec3 s = vec3(0.0);
      float total = 0.0;
      for (int i = -2; i <= 2; i++)
        for (int j = -2; j <= 2; j++) {
          float k = 1.0 / (1.0 + float(i * i + j * j));
          s += k * textureLod(mirror, uv + vec2(i, j * 2) * .0012, 1.4).rgb;
          total += k;
        }
      r = s / total;
      f = .16 + .84 * pow(1.0 - saturate(dot(n, v)), 4.0);
    }
#endif
    c = mix(c * (1.0 - .4 * joint), r, saturate(f * (1.0 - .6 * joint)));
  }
  c += paint.rgb * paint.a;
  float fog = fog_amount(position) * (paint.a > 0.0 ? .75 : 1.0);
  fragment = vec4(mix(c, fog_color(position), fog), 0.0);
}
