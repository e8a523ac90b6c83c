#version 330
// 13-tap downsample; the first level keeps only what is bright, and hardly any of the data.
uniform sampler2D source;
uniform vec2 size;
uniform float threshold;
in vec2 uv;
out vec4 fragment;

vec3 tap(vec2 at) {
  vec4 c = textureLod(source, clamp(at, .001, .999), 0.0);
  vec3 x = min(c.rgb, vec3(14.0));
  if (threshold > 0.0) {
    x *= 1.0 - .92 * c.a;
    float l = max(x.r, max(x.g, x.b));
    float knee = clamp(l - threshold * .5, 0.0, threshold);
    knee = knee * knee / (2.0 * threshold + 1e-4);
    x *= max(knee, l - threshold) / max(l, 1e-4);
    x /= 1.0 + max(x.r, max(x.g, x.b)) * .10;
  }
  return x;
}

void main() {
  vec2 p = 1.0 / size;
  vec3 c = tap(uv) * .125;
  c += (tap(uv + p * vec2(-1, -1)) + tap(uv + p * vec2(1, -1)) + tap(uv + p * vec2(-1, 1)) + tap(uv + p)) * .125;
  c += (tap(uv + p * vec2(-2, -2)) + tap(uv + p * vec2(2, -2)) + tap(uv + p * vec2(-2, 2)) + tap(uv + p * 2.0)) * .03125;
  c += (tap(uv + p * vec2(-2, 0)) + tap(uv + p * vec2(2, 0)) + tap(uv + p * vec2(0, 2)) + tap(uv + p * vec2(0, -2))) * .0625;
  fragment = vec4(c, 1.0);
}
