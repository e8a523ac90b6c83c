// Recorded pixels: display colours that bypass exposure and tone mapping. Alpha 1 marks them for the composite.
vec3 to_linear(vec3 c) { return pow(c, vec3(2.2)); }

// Crisp texels with antialiased edges: recorded cells stay cells, and do not shimmer.
vec2 sharp(vec2 texel) {
  vec2 w = max(fwidth(texel), vec2(1e-4));
  return floor(texel) + clamp(fract(texel) / w, 0.0, .5) + clamp((fract(texel) - 1.0) / w + .5, 0.0, .5);
}

// Between two recorded steps the two are cross-faded; at rest this is one of them.
vec4 at_moment(sampler2DArray array, vec2 uv, float moment) {
  float last = float(textureSize(array, 0).z) - 1.0;
  float a = clamp(floor(moment), 0.0, last), f = clamp(moment - a, 0.0, 1.0);
  vec4 here = texture(array, vec3(uv, a));
  return f < .001 ? here : mix(here, texture(array, vec3(uv, min(a + 1.0, last))), f);
}
