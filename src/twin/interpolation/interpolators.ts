import { biLaplacian } from "./bi-laplacian.js";
import { gaussianProcess } from "./gaussian-process.js";
import { inverseDistance } from "./inverse-distance.js";
import type { Interpolator } from "./known.js";
import { nearest } from "./nearest.js";
import { linearRadialBasis, thinPlate } from "./thin-plate.js";

/** Every spatial baseline that a personalised model has to beat at held-out electrodes. */
export const interpolators = {
  nearest,
  "inverse-distance": (mesh, known) => inverseDistance(mesh, known),
  "linear-radial-basis": (mesh, known) => linearRadialBasis(mesh, known),
  "thin-plate": (mesh, known) => thinPlate(mesh, known),
  "bi-laplacian": biLaplacian,
  "gaussian-process": (mesh, known) => gaussianProcess(mesh, known).mean,
} satisfies Record<string, Interpolator>;
