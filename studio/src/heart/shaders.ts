export const vertexShader = `
  #include <clipping_planes_pars_vertex>
  attribute float value;
  attribute float missing;
  varying float vValue;
  varying float vMissing;
  varying vec3 vNormal;
  void main() {
    vValue = value;
    vMissing = missing;
    vNormal = normalMatrix * normal;
    vec4 mvPosition = modelViewMatrix * vec4(position, 1.0);
    #include <clipping_planes_vertex>
    gl_Position = projectionMatrix * mvPosition;
  }
`;

/** Colour from the ramp, dark lines at multiples of \`isolines\`, a soft light from the viewer. */
export const fragmentShader = `
  #include <clipping_planes_pars_fragment>
  uniform sampler2D ramp;
  uniform float low;
  uniform float high;
  uniform float isolines;
  uniform vec3 noData;
  varying float vValue;
  varying float vMissing;
  varying vec3 vNormal;
  void main() {
    #include <clipping_planes_fragment>
    vec3 colour = texture2D(ramp, vec2(clamp((vValue - low) / (high - low), 0.0, 1.0), 0.5)).rgb;
    if (isolines > 0.0) {
      float k = vValue / isolines;
      float slope = fwidth(k);
      float distance = abs(fract(k - 0.5) - 0.5) / max(slope, 1e-6);
      // Where the value stands still there is no line, though it be a multiple.
      if (slope > 1e-4) colour *= mix(0.35, 1.0, clamp(distance - 0.2, 0.0, 1.0));
    }
    if (vMissing > 0.01) colour = noData;
    float light = 0.72 + 0.28 * abs(normalize(vNormal).z);
    gl_FragColor = vec4(colour * light, 1.0);
  }
`;
