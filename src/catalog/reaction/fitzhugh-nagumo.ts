import { param, potential, recovery } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/**
 * The cubic FitzHugh-Nagumo system: the recovery current does not fade with u, so u undershoots.
 * With Rogers and McCulloch's b = 0.013 a cell fires, but no wave travels at any diffusion
 * coefficient (b must stay below about 0.007); hence the slower recovery here.
 */
export const fitzHughNagumo = reaction({
  name: "fitzhugh-nagumo",
  title: "FitzHugh-Nagumo, cubic form",
  cite: "doi:10.1016/S0006-3495(61)86902-6",
  timeScale: param(0.63, "ms", [0.1, 10]),
  millivolts: { rest_mV: -85, amplitude_mV: 125 },
  states: { u: potential(0), w: recovery(0, [-0.5, 1.5]) },
  params: {
    c1: param(0.26, "1", [0.03, 2], {
      fitted: false,
      note: "u stays the same when c1, c2, b and time_scale are multiplied by s.",
    }),
    c2: param(0.1, "1", [0.01, 1]),
    a: param(0.13, "1", [0.02, 0.4]),
    b: param(0.003, "1", [0.0005, 0.02]),
    d: param(1, "1", [0.5, 2], {
      fitted: false,
      note: "u stays the same when c2 and d are multiplied and b and w divided by s.",
    }),
  },
  variants: {
    "single-cell": { values: { b: 0.013 }, fixed: [] },
  },
  equations: `
    u' = c1 * u * (u - a) * (1 - u) - c2 * w
    w' = b * (u - d * w)
  `,
});
