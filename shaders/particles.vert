#version 330
// Stateless particles along every edge of the network: no vertex data, all from gl_VertexID (ART.md section 7).
// edges: one row per edge; texels 0..N-1 are points along it (xyz) with the arc length so far (w).
// infos: per edge: x unit whose magnitude drives it (or -1), y kind, z length, w first particle.
#include "common.glsl"
#include "run.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform sampler2D edges;
uniform sampler2D infos;
uniform isampler2D owners;     // particle block → edge
uniform float drift;           // seconds, frozen with reduced motion
uniform float cut;             // the edge whose lever was pulled: nothing crosses it; -1: none
out vec2 corner;
out vec3 tint;
out vec3 position;
out float strength;

const int BLOCK = 32;
const float SKIP = 1.0, FLOW = 0.0, COND = 2.0, TIME = 3.0, RETURN = 4.0;

// 0..1 for a particle and a purpose: PCG, since sin() of large numbers is no noise on every driver.
float random(uint id, uint salt) {
  uint h = (id * 16u + salt) * 747796405u + 2891336453u;
  h = ((h >> ((h >> 28u) + 4u)) ^ h) * 277803737u;
  return float(((h >> 22u) ^ h) >> 8u) / 16777216.0;
}

void main() {
  int id = gl_VertexID / 6, c = gl_VertexID % 6;
  corner = vec2(c == 1 || c == 2 || c == 4 ? 1.0 : -1.0, c == 2 || c == 4 || c == 5 ? 1.0 : -1.0);
  int width = textureSize(owners, 0).x;
  int block = id / BLOCK;
  int edge = texelFetch(owners, ivec2(block % width, block / width), 0).r;
  vec4 info = texelFetch(infos, ivec2(edge, 0), 0);
  float i = float(id);
  float speed = mix(.75, 1.25, random(uint(id), 0u)) * (info.y == TIME ? 6.0 : 2.4);
  float s = fract(random(uint(id), 1u) + drift * speed / info.z);

  int points = textureSize(edges, 0).x;
  float f = s * float(points - 1);
  int k = min(int(f), points - 2);
  vec4 a = texelFetch(edges, ivec2(k, edge), 0), b = texelFetch(edges, ivec2(k + 1, edge), 0);
  vec3 along = normalize(b.xyz - a.xyz);
  vec3 across = normalize(cross(along, vec3(0, 0, 1)) + vec3(1e-4, 0, 0));
  vec3 up = cross(across, along);
  vec3 centre = mix(a.xyz, b.xyz, f - float(k));

  float lane = random(uint(id), 2u), angle = 6.2831 * random(uint(id), 3u) + s * 5.0 * (random(uint(id), 4u) - .5);
  float spread = pow(random(uint(id), 5u), 1.6);
  vec2 offset;
  if (info.y == SKIP) {       // two strands at the rails, one thin overhead: the walkway stays clear
    float side = lane < .42 ? -1.0 : lane < .84 ? 1.0 : 0.0;
    offset = side == 0.0 ? vec2(0.0, 3.5) : vec2(side * 2.05, 1.25);
    offset += vec2(cos(angle), sin(angle)) * (side == 0.0 ? 1.5 : .42) * spread;
  } else {
    offset = vec2(cos(angle), sin(angle)) * spread * (info.y == FLOW || info.y == RETURN ? .55 : .30);
  }
  position = centre + across * offset.x + up * (offset.y + sin(s * 19.0 + i) * .08);

  float dist = length(position - EYE);
  float size = (info.y == SKIP ? .11 : .055) * mix(.55, 1.35, random(uint(id), 6u)) * (random(uint(id), 7u) > .965 ? 2.0 : 1.0);
  float grown = clamp(size, .0012 * dist, .020 * dist);  // no disc in the face
  strength = pow(min(size / grown, 1.0), 1.4) * (info.y == SKIP ? smoothstep(.7, 2.6, dist) : smoothstep(2.0, 7.0, dist)) * smoothstep(0.0, .04, s) * smoothstep(1.0, .96, s);
  float shown = info.x < 0.0 ? .8 : mix(.38, 1.0, magnitude(info.x));
  strength *= step(random(uint(id), 8u), shown) * step(.5, abs(float(edge) - cut));
  strength *= 1.0 - smoothstep(150.0, 330.0, dist);

  bool warm = info.y == COND || info.y == RETURN;
  tint = warm ? mix(vec3(1.0, .62, .24), vec3(1.0, .80, .46), random(uint(id), 9u))
              : mix(vec3(.30, .72, 1.0), vec3(.62, .94, 1.0), random(uint(id), 9u));
  vec3 side, rise;
  sprite_axes(position, side, rise);
  vec2 motion = vec2(dot(along, side), dot(along, rise));
  vec2 ax = normalize(motion + vec2(1e-4)), ay = vec2(-ax.y, ax.x);
  vec2 spot = (ax * corner.x * (1.0 + 1.1 * length(motion)) + ay * corner.y) * grown;
  vec4 placed = vec4(position + side * spot.x + rise * spot.y, 1.0);
  gl_Position = strength > .002 ? p3d_ModelViewProjectionMatrix * placed : vec4(2.0, 2.0, 2.0, 1.0);
}
