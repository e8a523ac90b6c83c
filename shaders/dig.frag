#version 330
// Layers of the ground: layer k is x_t before step k, decoded; under the last one lies the finished picture. What is dug
// away already is darker on the section, and a warm line marks the surface of now.
#include "common.glsl"
#include "data.glsl"
uniform float clip_z;
uniform float moment;
uniform float steps;
uniform vec2 probe;
uniform sampler2DArray picture;   // x_t, decoded
uniform sampler2DArray bottom;    // the finished picture, one layer
in vec3 position;
in vec3 cell;
flat in vec2 part;
out vec4 fragment;

vec3 layer(vec2 uv, float k) {
  vec2 size = vec2(textureSize(picture, 0).xy);
  if (k > steps - .5) return texture(bottom, vec3(sharp(uv * size) / size, 0.0)).rgb;
  return texture(picture, vec3(sharp(uv * size) / size, k)).rgb;
}

void main() {
  if (position.z < clip_z) discard;
  float count = steps + 1.0, depth = (1.0 - cell.z) * count;
  vec2 size = vec2(textureSize(picture, 0).xy);
  vec2 look = (floor(vec2(probe.x, 1.0 - probe.y) * size) + .5) / size;
  float level = 1.0 - moment / count, shade = 1.0;
  vec2 uv = cell.xy;
  vec3 c;
  if (part.x > 1.5 && part.x < 2.5) {                      // floor
    c = layer(uv, steps);
  } else if (part.x < .5 && part.y < .5) {                 // surface
    c = mix(layer(uv, floor(moment)), layer(uv, min(floor(moment) + 1.0, steps)), fract(moment));
  } else {
    float k = clamp(floor(depth), 0.0, steps);
    if (part.x > 2.5) uv = look;
    else if (part.x > .5) uv = vec2(cell.x, look.y);
    c = layer(uv, k);
    float width = fwidth(depth), joint = abs(fract(depth) - .5);
    shade *= 1.0 - .38 * smoothstep(.5 - .07 - width, .5, joint) * smoothstep(.6, .15, width);
    shade *= part.x > 2.5 || part.y == 1.0 ? 1.0 : .62;
    if (part.x < 2.5 && part.x > .5) shade *= mix(1.0, .40, smoothstep(level - .001, level + .001, cell.z));
  }
  c = to_linear(c) * shade;
  vec3 warm = vec3(1.0, .56, .20);
  if (part.x > .5 && (part.x < 1.5 || part.x > 2.5)) {     // now
    float line = abs(cell.z - level) / max(fwidth(cell.z), .0022);
    c = mix(warm, c, smoothstep(.8, 1.8, line));
  }
  if (part.x < 1.5) {                                      // the probe: a thin line where it cuts the section
    float off = abs(cell.x - look.x) / max(fwidth(cell.x), .0016);
    bool here = part.x > .5 || abs(cell.y - look.y) < .012;
    if (here) c = mix(mix(warm, c, .25), c, smoothstep(.7, 1.5, off));
  }
  float fog = fog_amount(position) * .55;
  fragment = vec4(mix(c, fog_color(position), fog), 1.0 - fog);
}
