#version 330
// A feature wall: every tile is one recorded channel of this room's unit at this step.
#include "common.glsl"
#include "run.glsl"
#include "data.glsl"
uniform float clip_z;
uniform sampler2DArray features;
uniform vec2 atlas_size;    // in texels of the full atlas: a low-resolution page may stand in
uniform sampler2D ramp;
in vec3 position;
in vec2 texel;
flat in vec4 rect;
flat in float row;
out vec4 fragment;

void main() {
  if (position.z < clip_z) discard;
  vec2 p = rect.xy + clamp(sharp(texel), vec2(.5), rect.zw - .5);
  float v = at_moment(features, p / atlas_size, moment).r;
  vec3 c = to_linear(textureLod(ramp, vec2((v * 255.0 + .5) / 256.0, .5), 0.0).rgb);
  float fog = data_fog(position);
  fragment = vec4(mix(c, fog_color(position), fog), 1.0 - fog);
}
