import { param, potential, recovery } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/** FitzHugh-Nagumo whose recovery current is proportional to u: no undershoot after the beat. */
export const rogersMcCulloch = reaction({
  name: "rogers-mcculloch",
  title: "Rogers-McCulloch 1994",
  cite: "doi:10.1109/10.310090",
  timeScale: param(0.63, "ms", [0.1, 10]),
  millivolts: { rest_mV: -85, amplitude_mV: 125 },
  states: { u: potential(0), w: recovery(0, [-0.2, 1.5]) },
  params: {
    c1: param(0.26, "1", [0.03, 2], {
      fitted: false,
      note: "u stays the same when c1, c2, b and time_scale are multiplied by s.",
    }),
    c2: param(0.1, "1", [0.01, 1]),
    a: param(0.13, "1", [0.02, 0.4]),
    b: param(0.013, "1", [0.001, 0.1]),
    d: param(1, "1", [0.5, 2], {
      fitted: false,
      note: "u stays the same when c2 and d are multiplied and b and w divided by s.",
    }),
  },
  equations: `
    u' = c1 * u * (u - a) * (1 - u) - c2 * u * w
    w' = b * (u - d * w)
  `,
});
