#version 330
// Lettering and word tiles: straight colour with coverage, never fogged, never tone mapped.
#include "common.glsl"
#include "data.glsl"
uniform float clip_z;
uniform sampler2D p3d_Texture0;
uniform float glow;
in vec3 position;
in vec2 uv;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  vec4 t = texture(p3d_Texture0, uv);
  if (t.a < .02) discard;
  fragment = vec4(to_linear(t.rgb / max(t.a, 1e-3)) * glow, t.a);
}
