#version 330
// Screen-space ambient occlusion, 12 taps within 1.6 m, fading over 100 m (ART.md section 5).
uniform sampler2D depth;
uniform mat4 projection;
uniform mat4 projection_inverse;
uniform vec2 size;
in vec2 uv;
out vec4 fragment;

vec3 view_position(vec2 at) {
  vec4 p = projection_inverse * vec4(at * 2.0 - 1.0, textureLod(depth, at, 0.0).r * 2.0 - 1.0, 1.0);
  return p.xyz / p.w;
}

void main() {
  if (textureLod(depth, uv, 0.0).r > .99999) { fragment = vec4(1.0); return; }
  vec3 p = view_position(uv);
  vec2 px = 1.0 / size;
  vec3 dx1 = view_position(uv + vec2(px.x, 0)) - p, dx2 = p - view_position(uv - vec2(px.x, 0));
  vec3 dy1 = view_position(uv + vec2(0, px.y)) - p, dy2 = p - view_position(uv - vec2(0, px.y));
  vec3 n = normalize(cross(abs(dx1.z) < abs(dx2.z) ? dx1 : dx2, abs(dy1.z) < abs(dy2.z) ? dy1 : dy2));
  if (dot(n, p) > 0.0) n = -n;
  const float radius = 1.6;
  const int taps = 12;
  float reach = min(radius * projection[1][1] / -p.z * .5, .12);
  float start = 6.2831 * fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(.06711056, .00583715))));
  float sum = 0.0;
  for (int i = 0; i < taps; i++) {
    float f = (float(i) + .5) / float(taps), a = start + f * 18.85;
    vec3 q = view_position(uv + vec2(cos(a) * size.y / size.x, sin(a)) * reach * f) - p;
    float l = dot(q, q);
    sum += max(dot(q, n) - .03 + .002 * p.z, 0.0) / (l + .12) * step(l, radius * radius * 2.0);
  }
  float ao = clamp(1.0 - 1.5 * sum / float(taps) * radius * .75, 0.0, 1.0);
  fragment = vec4(mix(1.0, ao, exp(p.z * .010)));
}
