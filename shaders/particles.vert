#version 330
// Stateless particles along every edge of the network: no vertex data, all from gl_VertexID (ART.md section 7).
// edges: one row per edge; texels 0..N-1 are points along it (xyz) with the arc length so far (w).
// infos: per edge: x unit whose magnitude drives it (or -1), y kind, z length, w first particle.
#include "common.glsl"
#include "run.glsl"
uniform mat4 p3d_ModelViewMatrix;
uniform mat4 p3d_ProjectionMatrix;
uniform sampler2D edges;
uniform sampler2D infos;
uniform isampler2D owners;     // particle block → edge
uniform float drift;           // seconds, frozen with reduced motion
out vec2 corner;
out vec3 tint;
out vec3 position;
out float strength;

const int BLOCK = 32;
const float SKIP = 1.0, FLOW = 0.0, COND = 2.0, TIME = 3.0, RETURN = 4.0;

float random(float n) { return fract(sin(n * 12.9898) * 43758.5453); }

void main() {
  int id = gl_VertexID / 6, c = gl_VertexID % 6;
  corner = vec2(c == 1 || c == 2 || c == 4 ? 1.0 : -1.0, c == 2 || c == 4 || c == 5 ? 1.0 : -1.0);
  int width = textureSize(owners, 0).x;
  int block = id / BLOCK;
  int edge = texelFetch(owners, ivec2(block % width, block / width), 0).r;
  vec4 info = texelFetch(infos, ivec2(edge, 0), 0);
  float i = float(id);
  float speed = mix(.75, 1.25, random(i + .3)) * (info.y == TIME ? 6.0 : 2.4);
  float s = fract(random(i) + drift * speed / info.z);

  int points = textureSize(edges, 0).x;
  float f = s * float(points - 1);
  int k = min(int(f), points - 2);
  vec4 a = texelFetch(edges, ivec2(k, edge), 0), b = texelFetch(edges, ivec2(k + 1, edge), 0);
  vec3 along = normalize(b.xyz - a.xyz);
  vec3 across = normalize(cross(along, vec3(0, 0, 1)) + vec3(1e-4, 0, 0));
  vec3 up = cross(across, along);
  vec3 centre = mix(a.xyz, b.xyz, f - float(k));

  float lane = random(i + 5.1), angle = 6.2831 * random(i + 1.7) + s * 5.0 * (random(i + 8.0) - .5);
  float spread = pow(random(i + 2.9), 1.6);
  vec2 offset;
  if (info.y == SKIP) {       // two strands at the rails, one thin overhead: the walkway stays clear
    float side = lane < .42 ? -1.0 : lane < .84 ? 1.0 : 0.0;
    offset = side == 0.0 ? vec2(0.0, 3.5) : vec2(side * 2.05, 1.15);
    offset += vec2(cos(angle), sin(angle)) * (side == 0.0 ? 1.5 : .42) * spread;
  } else {
    offset = vec2(cos(angle), sin(angle)) * spread * (info.y == FLOW || info.y == RETURN ? .55 : .30);
  }
  position = centre + across * offset.x + up * (offset.y + sin(s * 19.0 + i) * .08);

  float dist = length(position - EYE);
  float size = (info.y == SKIP ? .075 : .050) * mix(.55, 1.35, random(i + 6.6)) * (random(i + 7.7) > .965 ? 2.0 : 1.0);
  float grown = max(size, .0012 * dist);
  strength = pow(size / grown, 1.4) * smoothstep(1.2, 4.0, dist) * smoothstep(0.0, .04, s) * smoothstep(1.0, .96, s);
  float shown = info.x < 0.0 ? .8 : mix(.18, 1.0, magnitude(info.x));
  strength *= step(random(i + 9.9), shown);
  strength *= 1.0 - smoothstep(150.0, 330.0, dist);

  bool warm = info.y == COND || info.y == RETURN;
  tint = warm ? mix(vec3(1.0, .62, .24), vec3(1.0, .80, .46), random(i + 4.4))
              : mix(vec3(.30, .72, 1.0), vec3(.62, .94, 1.0), random(i + 4.4));
  vec4 view = p3d_ModelViewMatrix * vec4(position, 1.0);
  vec3 motion = mat3(p3d_ModelViewMatrix) * along;
  vec2 ax = normalize(motion.xy + vec2(1e-4)), ay = vec2(-ax.y, ax.x);
  view.xy += (ax * corner.x * (1.0 + 1.1 * length(motion.xy)) + ay * corner.y) * grown;
  gl_Position = strength > .002 ? p3d_ProjectionMatrix * view : vec4(2.0, 2.0, 2.0, 1.0);
}
