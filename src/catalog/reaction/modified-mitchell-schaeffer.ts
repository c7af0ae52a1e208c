import { gate, param, potential } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const singleBeat = "Acts on the recovery after the beat: single beats do not identify it.";

/** Mitchell-Schaeffer made robust to pacemaker behaviour: a threshold, and no outward leak at rest. */
export const modifiedMitchellSchaeffer = reaction({
  name: "modified-mitchell-schaeffer",
  title: "Modified Mitchell-Schaeffer, Corrado and Niederer 2016",
  cite: "doi:10.1016/j.mbs.2016.08.010",
  millivolts: { rest_mV: -80, amplitude_mV: 100 },
  states: { u: potential(0), h: gate(1) },
  params: {
    tau_in: param(0.3, "ms", [0.02, 2]),
    tau_out: param(5, "ms", [0.2, 30]),
    tau_open: param(120, "ms", [5, 500], { note: singleBeat }),
    tau_close: param(150, "ms", [2, 500]),
    u_crit: param(0.13, "1", [0.02, 0.4]),
    u_gate: param(0.13, "1", [0.02, 0.4], { note: singleBeat }),
  },
  variants: {
    torchcor: { values: { tau_in: 0.1, tau_out: 9, tau_open: 100, tau_close: 120 }, fixed: [] },
  },
  equations: `
    J_in  =  h * u * (u - u_crit) * (1 - u) / tau_in
    J_out = -(1 - h) * u / tau_out
    u' = J_in + J_out
    h' = if(u < u_gate, (1 - h) / tau_open, -h / tau_close)
  `,
});
