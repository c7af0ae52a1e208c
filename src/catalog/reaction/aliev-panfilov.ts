import { param, potential, recovery } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/** Two variables: a cubic potential and a recovery that slows down as the potential falls. */
export const alievPanfilov = reaction({
  name: "aliev-panfilov",
  title: "Aliev-Panfilov 1996",
  cite: "doi:10.1016/0960-0779(95)00089-5",
  timeScale: param(12.9, "ms", [0.3, 40]),
  millivolts: { rest_mV: -80, amplitude_mV: 100 },
  states: { u: potential(0), v: recovery(0, [-0.1, 4]) },
  params: {
    k: param(8, "1", [2, 20], {
      fitted: false,
      note: "u stays the same when k, e0 and time_scale are multiplied by s (and v by s).",
    }),
    a: param(0.15, "1", [0.02, 0.4]),
    e0: param(0.002, "1", [0.0002, 0.05]),
    mu1: param(0.2, "1", [0.02, 1]),
    mu2: param(0.3, "1", [0.05, 2]),
  },
  variants: {
    // The siblings of LEADS integrate this form: a constant recovery rate, mu1 = 0.
    "constant-e": { values: { a: 0.1, e0: 0.01, mu1: 0 }, fixed: ["mu1", "mu2"] },
    finitewave: { values: { a: 0.1, e0: 0.01 }, fixed: [] },
  },
  equations: `
    u' = -k * u * (u - a) * (u - 1) - u * v
    v' = -(e0 + mu1 * v / (u + mu2)) * (v + k * u * (u - a - 1))
  `,
});
