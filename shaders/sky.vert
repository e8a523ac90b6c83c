#version 330
// One triangle over the whole screen at the far plane; directions from the inverse view-projection.
uniform mat4 p3d_ViewProjectionMatrixInverse;
out vec3 direction;

void main() {
  vec2 p = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(p, 1.0, 1.0);
  vec4 far = p3d_ViewProjectionMatrixInverse * vec4(p, .9, 1.0);
  vec4 near = p3d_ViewProjectionMatrixInverse * vec4(p, -1.0, 1.0);
  direction = far.xyz / far.w - near.xyz / near.w;
}
