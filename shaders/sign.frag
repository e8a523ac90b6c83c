#version 330
// Lettering and word tiles: straight colour with coverage, never fogged, never tone mapped.
// PLATES: the sheet holds colours; else only how far the ink covers.
#include "common.glsl"
#include "data.glsl"
uniform float clip_z;
uniform sampler2D p3d_Texture0;
uniform float glow;
in vec3 position;
in vec2 uv;
in vec3 colour;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  vec4 t = texture(p3d_Texture0, uv);
#ifdef PLATES
  vec3 shown = t.rgb / max(t.a, 1e-3);
  float covered = t.a;
#else
  vec3 shown = colour;
  float covered = t.r;
#endif
  if (covered < .02) discard;
  fragment = vec4(to_linear(shown) * glow, covered);
}
