#version 330
#include "run.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform sampler2D cost_ramp;
in vec4 p3d_Vertex;
in vec3 p3d_Normal;
in vec4 color;
in vec4 bake;
in float unit;
out vec3 position;
out vec3 normal;
out vec4 paint;
out vec4 baked;

void main() {
  gl_Position = p3d_ModelViewProjectionMatrix * p3d_Vertex;
  position = p3d_Vertex.xyz;
  normal = p3d_Normal;
  paint = color;
  // a unit's light lines are as bright as its recorded magnitude, never quite dark
  if (unit >= 0.0) {
    paint.a *= mix(.42, 1.25, magnitude(unit));
    // while a word is shown, the rooms that read it shine in the colour of meaning, as strongly as they read
    float r = read_by(unit);
    if (r >= 0.0 && paint.a > 0.0 && reading < 1.5) {
      paint.rgb = mix(paint.rgb, vec3(1.0, .56, .22), smoothstep(.02, .25, r));
      paint.a *= mix(.5, 2.4, r);
    } else if (r >= 0.0 && paint.a > 0.0) {
      // the cost meter: on one scale for all rooms, from the ramp's dark blue to its pale green
      paint.rgb = pow(textureLod(cost_ramp, vec2(.12 + .84 * r, .5), 0.0).rgb, vec3(2.2));
      paint.a = mix(.8, 1.5, r) * min(color.a * 1.6, 1.3);
    }
  }
  baked = bake;
}
