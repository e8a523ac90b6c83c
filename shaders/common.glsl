// Shared by every surface: the sky's colour, the fog, and small noise functions.
// phase: 0 night … 1 sunrise. Linear light throughout; z is up.
uniform float phase;
uniform float fog_density;
uniform mat4 p3d_ViewMatrixInverse;
uniform float osg_FrameTime;

#define EYE (p3d_ViewMatrixInverse[3].xyz)

float saturate(float x) { return clamp(x, 0.0, 1.0); }

vec3 sky_color(vec3 d) {
  float h = max(d.z, 0.0);
  vec3 zenith = mix(vec3(.0022, .0046, .016), vec3(.022, .085, .34), phase);
  vec3 middle = mix(vec3(.0050, .0140, .044), vec3(.150, .270, .62), phase);
  vec3 horizon = mix(vec3(.018, .055, .115), vec3(.520, .500, .70), phase);
  vec3 c = mix(middle, zenith, smoothstep(.10, .75, h));
  c = mix(horizon, c, smoothstep(-.02, .26, h));
  vec2 axis = normalize(mix(vec2(.10, 1.0), vec2(-.20, .97), phase));
  float toward = saturate(dot(normalize(d.xy + vec2(1e-5)), axis));
  vec3 glow = mix(vec3(.035, .115, .16), vec3(1.60, .42, .075), phase * phase * (3.0 - 2.0 * phase));
  return c + glow * pow(toward, mix(7.0, 4.0, phase)) * exp(-h * mix(9.0, 8.5, phase)) * mix(.9, 1.0, phase);
}

// Exponential height fog, closed form, from `start` metres on; never on text.
float fog_from(vec3 p, float start) {
  vec3 v = p - EYE;
  float d = length(v);
  const float b = .034;
  float k = abs(v.z) < .01 ? 1.0 : (1.0 - exp(-b * v.z)) / (b * v.z);
  float tau = fog_density * mix(1.0, .30, phase) * exp(-b * (EYE.z + 26.0)) * k * max(d - start, 0.0);
  return 1.0 - exp(-tau);
}

float fog_amount(vec3 p) { return fog_from(p, 4.0); }

// Recorded pixels arrive untouched where they are read, and are thinly fogged far away.
float data_fog(vec3 p) { return fog_from(p, 14.0) * .60; }

vec3 fog_color(vec3 p) {
  vec3 d = normalize(p - EYE);
  d.z = max(d.z, .03) + mix(.0, .13, phase);
  vec3 c = sky_color(normalize(d)) * mix(.85, .80, phase);
  float deep = saturate((-p.z - 4.0) / 26.0);
  return mix(c, mix(vec3(.007, .032, .068), vec3(.34, .38, .60), phase), deep * .55);
}

// Axes of a sprite at p that faces the eye, in world space: view space has another "up" in every renderer.
void sprite_axes(vec3 p, out vec3 side, out vec3 rise) {
  vec3 toward = normalize(p - EYE);
  side = normalize(cross(toward, vec3(0.0, 0.0, 1.0)) + vec3(1e-5, 0.0, 0.0));
  rise = cross(side, toward);
}

float hash(vec2 p) {
  vec3 q = fract(vec3(p.xyx) * .1031);
  q += dot(q, q.yzx + 33.33);
  return fract((q.x + q.y) * q.z);
}

float value_noise(vec2 p) {
  vec2 i = floor(p), f = fract(p);
  f = f * f * (3.0 - 2.0 * f);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}

float fbm(vec2 p, int octaves) {
  float a = .5, s = 0.0;
  for (int i = 0; i < octaves; i++) {
    s += a * value_noise(p);
    p = p * 2.03 + 17.3;
    a *= .5;
  }
  return s;
}
