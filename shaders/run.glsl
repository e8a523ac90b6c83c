// The recorded run as textures. Moving in time changes one uniform: moment, in steps.
uniform float moment;
uniform sampler2D magnitudes;   // [step, unit]: a unit's magnitude within its own range over the run, 0..1

uniform sampler2D readings;     // [step, unit]: how much a cross-attention unit reads the chosen word, 0..1; < 0: does not read
uniform float reading;          // 1 while a word's attention is shown; 2: readings hold what a unit costs, of the costliest

float read_by(float unit) {
  if (reading < .5 || unit < 0.0) return -1.0;
  vec2 size = vec2(textureSize(readings, 0));
  return textureLod(readings, vec2((unit + .5) / size.x, (floor(moment + .5) + .5) / size.y), 0.0).r;
}

float magnitude(float unit) {
  vec2 size = vec2(textureSize(magnitudes, 0));
  return textureLod(magnitudes, vec2((unit + .5) / size.x, (moment + .5) / size.y), 0.0).r;
}
