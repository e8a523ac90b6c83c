#version 330
// AgX tone mapping (Troy Sobotka; 6th-order fit by Benjamin Wrensch). Alpha of the scene is a data mask: what it covers
// reaches the screen as recorded.
uniform sampler2D scene;
uniform float exposure;
uniform float phase;
uniform float fade;
#ifdef OCCLUSION
uniform sampler2D occlusion;
#endif
#ifdef BLOOM
uniform sampler2D bloom;
uniform float bloom_strength;
#endif
in vec2 uv;
out vec4 fragment;

vec3 agx(vec3 v) {
  const mat3 inset = mat3(.842479062253094, .0423282422610123, .0423756549057051, .0784335999999992, .878468636469772,
                          .0784336, .0792237451477643, .0791661274605434, .879142973793104);
  v = (clamp(log2(max(inset * v, 1e-10)), -12.47393, 4.026069) + 12.47393) / 16.5;
  vec3 x2 = v * v, x4 = x2 * x2;
  return 15.5 * x4 * x2 - 40.14 * x4 * v + 31.96 * x4 - 6.868 * x2 * v + .4298 * x2 + .1191 * v - .00232;
}

vec3 outset(vec3 v) {
  const mat3 m = mat3(1.19687900512017, -.0528968517574562, -.0529716355144438, -.0980208811401368, 1.15190312990417,
                      -.0980434501171241, -.0990297440797205, -.0989611768448433, 1.15107367264116);
  return m * v;
}

void main() {
  vec4 h = textureLod(scene, uv, 0.0);
  vec3 c = h.rgb;
#ifdef OCCLUSION
  c *= mix(1.0, textureLod(occlusion, uv, 0.0).r, .85 * (1.0 - h.a));
#endif
#ifdef BLOOM
  c += textureLod(bloom, uv, 0.0).rgb * bloom_strength;
#endif
  vec3 t = pow(max(agx(c * exposure), 0.0), vec3(mix(1.50, 1.42, phase)));
  float l = dot(t, vec3(.2126, .7152, .0722));
  t = outset(l + mix(1.30, 1.72, smoothstep(.0, .6, phase)) * (t - l));
  t = mix(t, t * vec3(.97, 1.0, 1.05) + vec3(.0, .003, .010), .6 * (1.0 - phase));
  t = mix(t, pow(clamp(h.rgb, 0.0, 1.0), vec3(1.0 / 2.2)), h.a);
  vec2 q = uv - .5;
  t *= 1.0 - mix(.38, .22, phase) * smoothstep(.25, .95, dot(q, q) * 2.2) * (1.0 - h.a);
  float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(.06711056, .00583715))));
  t += (dither - .5) / 255.0 * (1.0 - h.a);
  fragment = vec4(clamp(t, 0.0, 1.0) * (1.0 - fade), h.a);
}
