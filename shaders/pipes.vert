#version 330
// The Orchestra's pipes: lit from below as far as their unit is loud. And the conductor: two columns for alpha and sigma,
// and a baton that swings once a step.
#include "common.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform sampler2D loudness;   // [step, unit]: magnitude within the unit's own range, 0..1
uniform sampler2D conduct;    // [step]: x alpha, y sigma
uniform float moment;
uniform vec3 pivot;           // the baton's hand, in the world
uniform vec2 axis;            // cosine and sine of the exhibit's yaw
in vec4 p3d_Vertex;
in vec3 normal;
in vec4 color;
in vec2 info;                 // x: unit, or -2 alpha, -3 sigma, -4 baton; y: height within the pipe, 0..1
out vec3 position;
out vec3 facing_;
out vec3 tint;
out float part;
flat out float level;

void main() {
  vec3 p = p3d_Vertex.xyz;
  vec2 size = vec2(textureSize(loudness, 0));
  float at = (moment + .5) / float(textureSize(conduct, 0).x);
  if (info.x >= 0.0) level = textureLod(loudness, vec2((info.x + .5) / size.x, (moment + .5) / size.y), 0.0).r;
  else if (info.x > -2.5) level = textureLod(conduct, vec2(at, .5), 0.0).r;
  else if (info.x > -3.5) level = textureLod(conduct, vec2(at, .5), 0.0).g;
  else {
    level = 1.0;
    float a = .35 + .62 * sin(6.28318 * moment), c = cos(a), s = sin(a);
    vec3 q = p - pivot;
    float x = axis.x * q.x + axis.y * q.y;
    float nx = c * x + s * q.z, nz = -s * x + c * q.z;
    p = pivot + vec3(q.xy + axis * (nx - x), nz);
  }
  position = p;
  facing_ = normal;
  tint = color.rgb;
  part = info.y;
  gl_Position = p3d_ModelViewProjectionMatrix * vec4(p, 1.0);
}
