#version 330
uniform sampler2D source;
uniform vec2 size;
in vec2 uv;
out vec4 fragment;

void main() {
  float s = 0.0;
  for (int i = -2; i < 2; i++)
    for (int j = -2; j < 2; j++) s += textureLod(source, uv + (vec2(i, j) + .5) / size, 0.0).r;
  fragment = vec4(s / 16.0);
}
