#version 330
#include "run.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec4 color;
in vec4 bake;
in float unit;
out vec3 position;
out vec3 normal;
out vec4 paint;
out vec4 baked;

void main() {
  gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
  position = p3d_Vertex.xyz;
  normal = p3d_Normal;
  paint = color;
  // a unit's light lines are as bright as its recorded magnitude, never quite dark
  if (unit >= 0.0) {
    float m = magnitude(unit);
    paint.a *= mix(.42, 1.25, m);
  }
  baked = bake;
}
