#version 330
// FXAA on everything but data, then the HUD over a blurred scene behind its panels.
uniform sampler2D source;
uniform sampler2D hud;
uniform vec2 size;
in vec2 uv;
out vec4 fragment;

float luma(vec3 c) { return dot(c, vec3(.299, .587, .114)); }
vec3 at(vec2 p) { return textureLod(source, p, 0.0).rgb; }

vec3 antialiased() {
  vec2 p = 1.0 / size;
  vec4 m = textureLod(source, uv, 0.0);
  if (m.a > .5) return m.rgb;
  float lm = luma(m.rgb), nw = luma(at(uv + p * vec2(-1, -1))), ne = luma(at(uv + p * vec2(1, -1)));
  float sw = luma(at(uv + p * vec2(-1, 1))), se = luma(at(uv + p));
  float low = min(lm, min(min(nw, ne), min(sw, se))), high = max(lm, max(max(nw, ne), max(sw, se)));
  if (high - low < max(.03, high * .10)) return m.rgb;
  vec2 d = vec2(-((nw + ne) - (sw + se)), (nw + sw) - (ne + se));
  float reduce = max((nw + ne + sw + se) * .03125, .0078);
  d = clamp(d / (min(abs(d.x), abs(d.y)) + reduce), -8.0, 8.0) * p;
  vec3 a = .5 * (at(uv + d * (1.0 / 3.0 - .5)) + at(uv + d * (2.0 / 3.0 - .5)));
  vec3 b = a * .5 + .25 * (at(uv - d * .5) + at(uv + d * .5));
  float lb = luma(b);
  return lb < low || lb > high ? a : b;
}

vec3 blurred() {
  vec3 s = vec3(0.0);
  for (int i = -3; i <= 3; i++)
    for (int j = -3; j <= 3; j++) s += at(uv + (vec2(i, j) + .5) * 7.0 / size);
  return s / 49.0;
}

void main() {
  vec4 h = textureLod(hud, uv, 0.0);
  vec3 c = h.a > .02 && h.a < .98 ? mix(antialiased(), blurred(), smoothstep(.3, .6, h.a)) : antialiased();
  fragment = vec4(c * (1.0 - h.a) + h.rgb, 1.0);
}
