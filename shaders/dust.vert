#version 330
// Dust on the sculptor's stone: at every step all noise is lifted off, and the scheduler's coefficient says how much of
// it settles again. Stateless: everything follows from gl_VertexID and time.
#include "common.glsl"
uniform mat4 p3d_ModelViewMatrix;
uniform mat4 p3d_ProjectionMatrix;
uniform sampler2D dust;       // [step]: x share of noise in x_t, y part of it that settles again, z 1 where it is known
uniform float moment;
uniform float drift;          // seconds, frozen with reduced motion
uniform vec3 place;
uniform vec2 axis;
uniform float size;
uniform float relief;
uniform float foot;           // height of the ground below the stone's middle, metres
out vec2 corner;
out vec3 tint;
out vec3 position;
out float strength;

float random(float n) { return fract(sin(n * 12.9898) * 43758.5453); }

void main() {
  int id = gl_VertexID / 6, c = gl_VertexID % 6;
  corner = vec2(c == 1 || c == 2 || c == 4 ? 1.0 : -1.0, c == 2 || c == 4 || c == 5 ? 1.0 : -1.0);
  float i = float(id);
  vec4 now = textureLod(dust, vec2((moment + .5) / float(textureSize(dust, 0).x), .5), 0.0);
  bool settles = random(i + 3.3) < now.y;
  float life = fract(random(i) + drift * mix(.09, .16, random(i + .7)));
  vec2 from = vec2(random(i + 1.1), random(i + 2.2)) - .5;
  float out_ = mix(.35, 1.3, random(i + 4.1));
  vec3 p = vec3(from.x * size, -relief * .7, from.y * size);
  float sway = sin(life * 9.0 + i) * .10;
  if (settles) {              // out in an arc, and back to the stone
    float arc = sin(life * 3.14159);
    p += vec3(sway * arc, -out_ * arc * .8, .35 * arc * (random(i + 5.0) - .2));
  } else {                    // out, and down to the foot
    float fall = max(life - .12, 0.0) / .88;
    p += vec3(sway, -out_ * sqrt(life), -(p.z - foot) * fall * fall);
  }
  position = place + vec3(axis.x * p.x - axis.y * p.y, axis.y * p.x + axis.x * p.y, p.z);
  float dist = length(position - EYE);
  float grain = .042 * mix(.5, 1.5, random(i + 6.6));
  float grown = max(grain, .0011 * dist);
  strength = pow(grain / grown, 1.4) * smoothstep(.6, 2.0, dist) * smoothstep(0.0, .06, life) * smoothstep(1.0, .92, life);
  strength *= step(random(i + 9.9), now.x) * now.z * 1.1 * (1.0 - smoothstep(70.0, 120.0, dist));
  tint = settles ? mix(vec3(.20, .58, 1.0), vec3(.50, .82, 1.0), random(i + 4.4)) : vec3(1.0, .55, .18);
  vec4 view = p3d_ModelViewMatrix * vec4(position, 1.0);
  view.xy += corner * grown;
  gl_Position = strength > .002 ? p3d_ProjectionMatrix * view : vec4(2.0, 2.0, 2.0, 1.0);
}
