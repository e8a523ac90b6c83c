#version 330
// Ribbons from the words to the cross-attention rooms, as strong as the attention the word receives there; and halos.
#include "common.glsl"
uniform mat4 p3d_ModelViewProjectionMatrix;
uniform sampler2D mass;        // [step, beam]: recorded attention mass on the run's scale, 0..1
uniform float moment;
in vec4 p3d_Vertex;
in vec3 direction;             // of the ribbon; of a halo: x = radius
in vec4 color;                 // colour, strength (halos) or width (beams)
in vec3 info;                  // x, y: place in the ribbon or halo; z: beam row, or -1 for a halo
out vec2 uv;
out vec3 tint;
out vec3 position;
flat out float halo;

void main() {
  position = p3d_Vertex.xyz;
  uv = info.xy;
  halo = info.z < 0.0 ? 1.0 : 0.0;
  float dist = length(position - EYE);
  vec3 placed;
  if (halo > .5) {
    float visible = smoothstep(direction.x * .8, direction.x * 2.2, dist);
    tint = color.rgb * color.a * visible;
    vec3 side, rise;
    sprite_axes(position, side, rise);
    placed = position + (side * uv.x + rise * uv.y) * direction.x;
  } else {
    vec2 size = vec2(textureSize(mass, 0));
    float m = textureLod(mass, vec2((info.z + .5) / size.x, (moment + .5) / size.y), 0.0).r;
    tint = color.rgb * pow(m, .7) * smoothstep(.14, .24, m);  // weak readings send no beam
    vec3 side = normalize(cross(direction, position - EYE));
    float width = max(color.a * pow(max(m, .02), .6), dist * .0012);
    position += side * uv.y * width;
    placed = position;
  }
  gl_Position = p3d_ModelViewProjectionMatrix * vec4(placed, 1.0);
}
