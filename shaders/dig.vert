#version 330
// The Dig: the ground behind the section, the section itself, the floor in front of it, and a core. All are boxes in the
// unit cube of the field (x right, y back, z up); what time and the probe move is placed here.
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform float moment;
uniform float steps;
uniform vec2 probe;           // right, down
uniform vec3 place;           // front left corner of the field on the ground, in the world
uniform vec2 axis;            // cosine and sine of its yaw
uniform vec2 extent;          // side and height, metres
in vec4 p3d_Vertex;           // corner of a unit box
in vec2 info;                 // x: part (0 ground, 1 section, 2 floor, 3 core), y: face (0 top, 1 front, 2 side, 3 back)
out vec3 position;
out vec3 cell;                // place in the field; z: height
flat out vec2 part;

const float WALL = .010;      // thickness of the standing section
const float CORE = .036, CORE_X = 1.105, CORE_Y = .03;

void main() {
  vec3 p = p3d_Vertex.xyz;
  float cut = 1.0 - probe.y, level = 1.0 - moment / (steps + 1.0);
  if (info.x < .5) p = vec3(p.x, mix(cut, 1.0, p.y), p.z * level);
  else if (info.x < 1.5) p = vec3(p.x, cut - WALL + p.y * WALL, p.z);
  else if (info.x < 2.5) p = vec3(p.x, p.y * (cut - WALL), p.z * .012);
  else p = vec3(CORE_X + (p.x - .5) * CORE, CORE_Y + p.y * CORE, p.z);
  cell = p;
  part = info;
  vec3 q = vec3(p.xy * extent.x, p.z * extent.y);
  position = place + vec3(axis.x * q.x - axis.y * q.y, axis.y * q.x + axis.x * q.y, q.z);
  gl_Position = p3d_ModelViewProjectionMatrix * vec4(position, 1.0);
}
