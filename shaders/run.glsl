// The recorded run as textures. Moving in time changes one uniform: moment, in steps.
uniform float moment;
uniform sampler2D magnitudes;   // [step, unit]: a unit's magnitude within its own range over the run, 0..1

float magnitude(float unit) {
  vec2 size = vec2(textureSize(magnitudes, 0));
  return textureLod(magnitudes, vec2((unit + .5) / size.x, (moment + .5) / size.y), 0.0).r;
}
