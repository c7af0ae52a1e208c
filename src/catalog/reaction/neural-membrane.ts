import { type Parameter, param, potential, recovery } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/** One hidden unit: its weight in the output, its weights on u and v, its bias. */
type Unit = readonly [out: number, u: number, v: number, bias: number];

/**
 * Where a fit begins: least squares on u' = 8 u (1 - u) (u - 0.15) - 3 v, v' = 0.05 (u - v) over
 * the (u, v) of an action potential. Random weights neither rest, fire nor conduct, and a gradient
 * through a heart that never activates leads nowhere.
 */
const start: Readonly<Record<"u" | "v", readonly Unit[]>> = {
  u: [
    [6.066, -2.325, -0.092, -1.216],
    [4.346, -0.11, -0.499, 0.212],
    [3.39, 1.19, -0.248, -0.355],
    [4.29, -2.756, -0.119, 3.335],
  ],
  v: [
    [0.0317, 1, -0.5, 0.2],
    [-0.0242, 0.6, 0.8, -0.3],
    [-0.0397, -0.4, 1, 0.3],
    [0.0254, 1.2, 0.4, -0.6],
  ],
};
const weightBounds = [-20, 20] as const;

/** Names of a unit's numbers: "u2_out", "u2_u", "u2_v", "u2_bias". */
const named = (state: string, index: number, unit: Unit): [string, Parameter][] =>
  (["out", "u", "v", "bias"] as const).map((part, k) => [
    `${state}${index + 1}_${part}`,
    param(unit[k], "1", weightBounds),
  ]);

/** out * (tanh(w u + w v + bias) - tanh(bias)): exactly 0 at u = v = 0, whatever the weights. */
const term = (state: string, index: number): string => {
  const p = `${state}${index + 1}`;
  return `${p}_out * (tanh(${p}_u * u + ${p}_v * v + ${p}_bias) - tanh(${p}_bias))`;
};

const rate = (state: "u" | "v"): string =>
  `${state}' = ${start[state].map((_, index) => term(state, index)).join(" + ")}`;

const weights = (["u", "v"] as const).flatMap((state) =>
  start[state].flatMap((unit, index) => named(state, index, unit)),
);

/**
 * The all-neural control: both rates are small tanh networks, with no physiology but a rest. Every
 * weight is a parameter, fitted like those of any membrane.
 */
export const neuralMembrane = reaction({
  name: "neural-membrane",
  title: "Tanh networks as membrane",
  cite: "arXiv:2606.18154",
  onRequest: true,
  timeScale: param(20, "ms", [0.5, 100]),
  millivolts: { rest_mV: -80, amplitude_mV: 100 },
  states: { u: potential(0), v: recovery(0, [-2, 4]) },
  params: Object.fromEntries(weights),
  equations: (["u", "v"] as const).map(rate).join("\n"),
});
