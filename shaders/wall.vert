#version 330
uniform mat4 p3d_ModelViewProjectionMatrix;
in vec4 p3d_Vertex;
in vec2 cell;          // position inside the tile, in texels of the atlas
in vec4 tile;          // x, y, width, height of the tile in the atlas
in float unit;
out vec3 position;
out vec2 texel;
flat out vec4 rect;
flat out float row;

void main() {
  gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
  position = p3d_Vertex.xyz;
  texel = cell;
  rect = tile;
  row = unit;
}
