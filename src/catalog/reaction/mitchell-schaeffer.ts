import { gate, param, potential } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const singleBeat = "Acts on the recovery after the beat: single beats do not identify it.";

/** Two-current ventricular membrane: one inward, one outward, one gate. */
export const mitchellSchaeffer = reaction({
  name: "mitchell-schaeffer",
  title: "Mitchell-Schaeffer 2003",
  cite: "doi:10.1016/S0092-8240(03)00041-7",
  millivolts: { rest_mV: -80, amplitude_mV: 100 },
  states: { u: potential(0), h: gate(1) },
  params: {
    tau_in: param(0.3, "ms", [0.02, 2]),
    tau_out: param(6, "ms", [0.2, 30]),
    tau_open: param(120, "ms", [5, 500], { note: singleBeat }),
    tau_close: param(150, "ms", [2, 500]),
    u_gate: param(0.13, "1", [0.02, 0.4], { note: singleBeat }),
  },
  equations: `
    J_in  =  h * u^2 * (1 - u) / tau_in
    J_out = -u / tau_out
    u' = J_in + J_out
    h' = if(u < u_gate, (1 - h) / tau_open, -h / tau_close)
  `,
});
