import { gate, param, potential, type Reaction } from "../model/declare.js";
import { reaction } from "../model/reaction-system.js";

const shared = { cite: "docs/verification.md", millivolts: { rest_mV: -80, amplitude_mV: 100 } };

/** u' = -rate u: no reaction at all at its default, rate = 0. */
export const linearDecay = reaction({
  ...shared,
  name: "linear-decay",
  title: "Linear decay",
  states: { u: potential(0) },
  params: { rate: param(0, "1/ms", [0, 10]) },
  equations: "u' = -rate * u",
});

/**
 * The bistable cubic (Nagumo, Zeldovich and Frank-Kamenetsky): with u' = D u_xx + k u (1 - u) (u - a)
 * the front u = 1 / (1 + exp((x - c t) / sqrt(2 D / k))) is exact, c = sqrt(D k / 2) (1 - 2 a).
 */
export const bistable = reaction({
  ...shared,
  name: "bistable-cubic",
  title: "Bistable cubic",
  states: { u: potential(0) },
  params: { k: param(2, "1/ms", [0.01, 100]), a: param(0.1, "1", [0.01, 0.49]) },
  equations: "u' = k * u * (1 - u) * (u - a)",
});

/**
 * A manufactured solution: u = shape(x) v(t) with v' = -mu v, v(0) = 1, and
 * div D grad shape = -kappa (shape - level). The source makes it exact for a cubic reaction; it
 * needs neither clock nor position, since v and the nodal parameter `shape` carry both. Not checked
 * by reaction(...): it starts in motion on purpose.
 */
export const manufactured: Reaction = {
  ...shared,
  name: "manufactured",
  title: "Manufactured solution",
  states: { u: potential(0), v: gate(1) },
  params: {
    k: param(1, "1/ms", [0, 10]),
    a: param(0.2, "1", [0.01, 0.49]),
    mu: param(0.2, "1/ms", [0.01, 1]),
    kappa: param(1, "1/ms", [0, 1000]),
    level: param(0.6, "1", [0.1, 1]),
    shape: param(1, "1", [0.01, 1]),
  },
  equations: `
    exact = shape * v
    u' = (k * u * (1 - u) * (u - a) - k * exact * (1 - exact) * (exact - a)
      - mu * exact + kappa * (shape - level) * v)
    v' = -mu * v
  `,
};
