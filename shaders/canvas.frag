#version 330
// A canvas of the run: a picture, or a latent as the mosaic of its channels; attention overlay; split view.
#include "common.glsl"
#include "run.glsl"
#include "data.glsl"
uniform float clip_z;
uniform sampler2DArray picture;
uniform sampler2DArray noisy;         // the other half of the split view
uniform sampler2DArray heat;          // the chosen word's attention, 0..1 on the printed scale
uniform sampler2D heat_ramp;
uniform float latent;                 // 1: picture is a mosaic of latent channels around mid grey
uniform float overlay;                // strength of the attention overlay, 0..1
uniform float split;                  // divider, < 0 when closed
uniform vec4 mark;                    // column, row (from the top) of the chosen cell, or -1; columns and rows of the grid
uniform vec2 tiles;                   // channels side by side: columns, rows
in vec3 position;
in vec2 uv;
out vec4 fragment;

// An amber frame around the chosen cell of the latent grid, in every channel shown; 0 outside it.
float marked() {
  if (mark.x < 0.0) return 0.0;
  vec2 cell = vec2(uv.x, 1.0 - uv.y) * tiles;
  vec2 w = fwidth(cell) * mark.zw;
  cell = fract(cell) * mark.zw - mark.xy - .5;      // in cells, from the middle of the chosen one
  vec2 d = abs(cell) - .5;
  float side = max(d.x / w.x, d.y / w.y);           // in pixels, from its edge outwards
  float thick = clamp(.16 / max(w.x, w.y), 1.2, 4.0);
  float fine = smoothstep(3.0, 7.0, 1.0 / max(w.x, w.y));  // from afar a frame would hide its cell
  return fine * smoothstep(-.8, .2, side) * (1.0 - smoothstep(thick, thick + 1.0, side));
}

void main() {
  if (position.z < clip_z) discard;
  vec2 size = vec2(textureSize(picture, 0).xy);
  vec2 p = sharp(uv * size) / size;
  vec4 t = at_moment(picture, p, moment);
  vec3 c = latent > .5 ? vec3(t.r) : t.rgb;
  if (split >= 0.0) {
    if (uv.x < split) {
      vec2 other = vec2(textureSize(noisy, 0).xy);
      c = at_moment(noisy, sharp(uv * other) / other, moment).rgb;
    }
    float line = abs(uv.x - split) / max(fwidth(uv.x), 1e-5);
    c = mix(vec3(1.0, .80, .50), c, smoothstep(1.0, 2.4, line));
  }
  if (overlay > 0.0) {
    float a = at_moment(heat, uv, floor(moment + .5)).r;
    vec3 warm = textureLod(heat_ramp, vec2((a * 255.0 + .5) / 256.0, .5), 0.0).rgb;
    float grey = dot(c, vec3(.30, .59, .11));
    c = mix(c, mix(vec3(grey) * .35, warm, smoothstep(.02, .75, a)), overlay * .86);
  }
  c = mix(c, vec3(1.0, .72, .36), marked());
  float fog = data_fog(position);
  fragment = vec4(mix(to_linear(c), fog_color(position), fog), 1.0 - fog);
}
