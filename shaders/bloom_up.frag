#version 330
uniform sampler2D source;
uniform sampler2D base;
uniform vec2 size;
uniform float weight;
in vec2 uv;
out vec4 fragment;

void main() {
  vec2 p = 1.0 / size;
  vec3 c = textureLod(source, uv, 0.0).rgb * 4.0;
  c += (textureLod(source, uv + p * vec2(1, 0), 0.0).rgb + textureLod(source, uv - p * vec2(1, 0), 0.0).rgb +
        textureLod(source, uv + p * vec2(0, 1), 0.0).rgb + textureLod(source, uv - p * vec2(0, 1), 0.0).rgb) * 2.0;
  c += textureLod(source, uv + p, 0.0).rgb + textureLod(source, uv - p, 0.0).rgb +
       textureLod(source, uv + p * vec2(1, -1), 0.0).rgb + textureLod(source, uv + p * vec2(-1, 1), 0.0).rgb;
  fragment = vec4(mix(textureLod(base, uv, 0.0).rgb, c / 16.0, weight), 1.0);
}
