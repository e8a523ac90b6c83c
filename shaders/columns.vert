#version 330
// The sculptor's stone: one column a pixel, as long as its pixel is bright. Front face and the two sides that face the
// eye; no vertex data. Vertices per column: 18.
#include "common.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform sampler2DArray picture;
uniform float moment;
uniform vec3 place;           // middle of the stone, in the world
uniform vec2 axis;            // cosine and sine of its yaw
uniform int columns;          // to a side
uniform float size;           // side of the stone, metres
uniform float relief;         // length of a white column over that of a black one, metres
uniform float front;         // 1: the front, -1: the back
out vec3 position;
out vec3 tint;
out float strength;

const float LEAST = .10;      // length of a black column

vec3 pixel(vec2 uv) {
  float last = float(textureSize(picture, 0).z) - 1.0;
  float a = clamp(floor(moment), 0.0, last), f = clamp(moment - a, 0.0, 1.0);
  vec3 here = textureLod(picture, vec3(uv, a), 0.0).rgb;
  return f < .001 ? here : mix(here, textureLod(picture, vec3(uv, min(a + 1.0, last)), 0.0).rgb, f);
}

void main() {
  int id = gl_VertexID / 18, face = (gl_VertexID % 18) / 6, c = gl_VertexID % 6;
  vec2 corner = vec2(c == 1 || c == 2 || c == 4 ? 1.0 : 0.0, c == 2 || c == 4 || c == 5 ? 1.0 : 0.0);
  vec2 cell = vec2(id % columns, id / columns);
  vec3 rgb = pixel((cell + .5) / float(columns));
  float length_ = LEAST + relief * dot(rgb, vec3(.2126, .7152, .0722));

  // both sides show the picture the right way round
  vec3 e = EYE - place;
  vec3 eye = vec3(axis.x * e.x + axis.y * e.y, axis.x * e.y - axis.y * e.x, e.z);
  eye.xy *= front;
  vec2 low = (cell / float(columns) - .5) * size, side = vec2(size / float(columns));
  vec3 p;
  if (face == 0) {
    vec2 grown = low - side * .012 + corner * side * 1.024;   // no cracks between neighbours
    p = vec3(grown.x, -length_, grown.y);
    strength = 1.0;
  } else if (face == 1) {
    p = vec3(low.x + (eye.x > low.x + side.x * .5 ? side.x : 0.0), -length_ * corner.x, low.y + corner.y * side.y);
    strength = .42;
  } else {
    bool top = eye.z > low.y + side.y * .5;
    p = vec3(low.x + corner.x * side.x, -length_ * corner.y, low.y + (top ? side.y : 0.0));
    strength = top ? .66 : .26;
  }
  strength *= mix(.55, 1.0, saturate(-p.y / (LEAST + relief)));   // the root of a column lies in shadow
  if (face == 0) strength = 1.0;
  tint = rgb;
  p.xy *= front;
  position = place + vec3(axis.x * p.x - axis.y * p.y, axis.y * p.x + axis.x * p.y, p.z);
  gl_Position = p3d_ModelViewProjectionMatrix * vec4(position, 1.0);
}
