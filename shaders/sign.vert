#version 330
// Lettering: its place on the sheet, and its colour.
uniform mat4 p3d_ModelViewProjectionMatrix;
in vec4 p3d_Vertex;
in vec2 p3d_MultiTexCoord0;
in vec3 ink;
out vec3 position;
out vec2 uv;
out vec3 colour;

void main() {
  gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
  position = p3d_Vertex.xyz;
  uv = p3d_MultiTexCoord0;
  colour = ink;
}
