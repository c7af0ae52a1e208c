import { gate, param, potential } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/**
 * Two variables whose restitution and dispersion are set one each: Re and M. The fast variable E runs
 * from 0 to 3.8, hence the amplitude. One public port writes tanh(E - E_n): that is not excitable.
 */
export const karma = reaction({
  name: "karma",
  title: "Karma 1994",
  cite: "doi:10.1063/1.166024",
  millivolts: { rest_mV: -85, amplitude_mV: 100 },
  onRequest: true,
  states: { E: potential(0, [-0.5, 5], { amplitude: 3.8 }), n: gate(0, [-0.01, 3]) },
  params: {
    tau_E: param(2.5, "ms", [0.2, 20]),
    tau_n: param(250, "ms", [10, 1000]),
    Re: param(1, "1", [0.2, 3], { note: "Restitution: single beats see tau_n / Re alone." }),
    M: param(10, "1", [3, 30], { note: "Dispersion: single beats hardly identify it." }),
  },
  variants: {
    // The ends of the ranges that the paper studies, and the steep limit in which spirals break up.
    "weak-restitution": { values: { Re: 0.5 }, fixed: [] },
    "steep-restitution": { values: { Re: 1.4 }, fixed: [] },
    "weak-dispersion": { values: { M: 4 }, fixed: [] },
  },
  // n^M goes through log n, which the floor keeps finite at rest: 1e-9^3 is below any rounding.
  equations: `
    E_star = 1.5415
    E_h = 3
    E_n = 1
    n_M = exp(M * log(max(n, 1e-9)))
    R   = (1 - (1 - exp(-Re)) * n) / (1 - exp(-Re))
    E' = (-E + (E_star - n_M) * (1 - tanh(E - E_h)) * E^2 / 2) / tau_E
    n' = if(E < E_n, -n, R) / tau_n
  `,
});
