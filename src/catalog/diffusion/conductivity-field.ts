import { type Diffusion, linearFlux, type OptionRange, param } from "../../model/declare.js";

/** From a stiff field (few effective degrees of freedom) to one that resolves a scar. */
export const smoothnessOption: OptionRange = {
  values: [3e-4, 3e-5, 3e-6, 3e-7],
  default: 3e-6,
  meaning: "weight of the smoothness penalty on the logarithm of the conductivity",
};

/** ln(conductivity / D) per node: from conduction block (1/400) to 20 times the mean. */
export const logScale = (smoothness: number) => ({
  initial: 0,
  bounds: [-6, 3] as const,
  smoothness,
});

const offset = "The mean of log_scale and ln D are one direction: fit D first, with log_scale = 0.";

/** Finite elements with a learnt conductivity at every node: scars and border zones. */
export const conductivityField: Diffusion = {
  name: "conductivity-field",
  title: "Finite elements with a conductivity field",
  cite: "Sundnes et al. 2006, Computing the Electrical Activity in the Heart",
  physics: "symmetric-flux",
  operator: "p1",
  options: { smoothness: smoothnessOption },
  build: ({ smoothness }) => ({
    params: { D: param(0.3, "mm2/ms", [0.003, 10], { note: offset }) },
    fields: { log_scale: logScale(Number(smoothness)) },
    edge: "g = D * exp((log_scale_i + log_scale_j) / 2) * w",
    ...linearFlux,
  }),
};

/** The same with fibres: the field scales both directions alike. */
export const conductivityFieldFibre: Diffusion = {
  name: "conductivity-field-fibre",
  title: "Finite elements along and across the fibres with a conductivity field",
  cite: "Sundnes et al. 2006, Computing the Electrical Activity in the Heart",
  physics: "symmetric-flux",
  operator: "p1-fibre",
  needsFibres: true,
  options: { smoothness: smoothnessOption },
  build: ({ smoothness }) => ({
    params: {
      D_across: param(0.15, "mm2/ms", [0.003, 10], { note: offset.replace("ln D", "ln D_across") }),
      ratio: param(4, "1", [0.2, 25]),
    },
    fields: { log_scale: logScale(Number(smoothness)) },
    edge: "g = D_across * exp((log_scale_i + log_scale_j) / 2) * (w + (ratio - 1) * w_fibre)",
    ...linearFlux,
  }),
};
