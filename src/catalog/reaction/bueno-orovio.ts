import { gate, param, potential } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";
import { parameterTable, transposed, variantsOf } from "../parameter-table.js";

const afterBeat = "Acts on the recovery after the beat: single beats do not identify it.";
const shape = "Place or slope of a switch: a fit keeps it.";
const kept = { fitted: false, note: shape };

/** The declared numbers are EPI. PB and TNNP imitate two larger models. */
const sets = parameterTable(`
                  endo    m       pb       tnnp
  u_u             1.56    1.61    1.45     1.58
  theta_v         0.3     0.3     0.35     0.3
  theta_w         0.13    0.13    0.13     0.015
  theta_v_minus   0.2     0.1     0.175    0.015
  theta_o         0.006   0.005   0.006    0.006
  tau_v1_minus    75      80      10       60
  tau_v2_minus    10      1.4506  1150     1150
  tau_v_plus      1.4506  1.4506  1.4506   1.4506
  tau_w1_minus    6       70      140      70
  tau_w2_minus    140     8       6.25     20
  k_w_minus       200     200     65       65
  u_w_minus       0.016   0.016   0.015    0.03
  tau_w_plus      280     280     326      280
  tau_fi          0.1     0.078   0.105    0.11
  tau_o1          470     410     400      6
  tau_o2          6       7       6        6
  tau_so1         40      91      30.0181  43
  tau_so2         1.2     0.8     0.9957   0.2
  k_so            2       2.1     2.0458   2
  u_so            0.65    0.6     0.65     0.65
  tau_s2          2       4       16       3
  tau_si          2.9013  3.3849  1.8875   2.8723
  tau_w_inf       0.0273  0.01    0.175    0.07
  w_inf_star      0.78    0.5     0.9      0.94
`);

/** Four variables fitted to human ventricle: the shape of the beat, restitution and conduction. */
export const buenoOrovio = reaction({
  name: "bueno-orovio",
  title: "Bueno-Orovio, Cherry and Fenton 2008",
  cite: "doi:10.1016/j.jtbi.2008.03.029",
  // mV = 85.7 u - 84 in the paper, u being 1.4 times the engine's.
  millivolts: { rest_mV: -84, amplitude_mV: 119.98 },
  onRequest: true,
  states: {
    // u peaks at 1.3 to 1.5 over a plateau near 1. Divided by 1.4, the level of activation 0.5 is
    // u = 0.7 (-24 mV): on the up-stroke, below the plateau, as in models that peak at 1.
    u: potential(0, [-0.5, 2], { amplitude: 1.4 }),
    v: gate(1),
    w: gate(1),
    // The published start is s = 0; s rests here, where it does nothing yet.
    s: gate(0.021553043080280776),
  },
  params: {
    tau_fi: param(0.11, "ms", [0.03, 0.6]),
    tau_o1: param(400, "ms", [2, 1000], { note: afterBeat }),
    tau_o2: param(6, "ms", [1, 30]),
    tau_so1: param(30.0181, "ms", [5, 200]),
    tau_so2: param(0.9957, "ms", [0.1, 5]),
    tau_si: param(1.8875, "ms", [0.5, 10]),
    tau_v1_minus: param(60, "ms", [1, 500], { note: afterBeat }),
    tau_v2_minus: param(1150, "ms", [1, 3000], { note: afterBeat }),
    tau_v_plus: param(1.4506, "ms", [0.3, 10]),
    tau_w1_minus: param(60, "ms", [1, 500], { note: afterBeat }),
    tau_w2_minus: param(15, "ms", [1, 500], { note: afterBeat }),
    tau_w_plus: param(200, "ms", [40, 1000]),
    tau_s1: param(2.7342, "ms", [0.5, 20]),
    tau_s2: param(16, "ms", [0.5, 60]),
    tau_w_inf: param(0.07, "1", [0.005, 0.5], kept),
    w_inf_star: param(0.94, "1", [0.2, 1], kept),
    u_u: param(1.55, "1", [1, 2]),
    theta_v: param(0.3, "1", [0.1, 0.6]),
    theta_w: param(0.13, "1", [0.01, 0.3], kept),
    theta_v_minus: param(0.006, "1", [0.001, 0.4], kept),
    theta_o: param(0.006, "1", [0.001, 0.1], kept),
    k_w_minus: param(65, "1", [10, 500], kept),
    u_w_minus: param(0.03, "1", [0.005, 0.1], kept),
    k_so: param(2.0458, "1", [0.5, 6], kept),
    u_so: param(0.65, "1", [0.3, 1], kept),
  },
  variants: variantsOf(transposed(sets)),
  equations: `
    u_o = 0
    k_s = 2.0994
    u_s = 0.9087
    v_inf = if(u < theta_v_minus, 1, 0)
    w_inf = if(u < theta_o, 1 - u / tau_w_inf, w_inf_star)
    tau_v_minus = if(u < theta_v_minus, tau_v1_minus, tau_v2_minus)
    tau_w_minus = tau_w1_minus + (tau_w2_minus - tau_w1_minus) * (1 + tanh(k_w_minus * (u - u_w_minus))) / 2
    tau_so = tau_so1 + (tau_so2 - tau_so1) * (1 + tanh(k_so * (u - u_so))) / 2
    tau_s = if(u < theta_w, tau_s1, tau_s2)
    tau_o = if(u < theta_o, tau_o1, tau_o2)
    J_fi = if(u < theta_v, 0, -v * (u - theta_v) * (u_u - u) / tau_fi)
    J_so = if(u < theta_w, (u - u_o) / tau_o, 1 / tau_so)
    J_si = if(u < theta_w, 0, -w * s / tau_si)
    u' = -(J_fi + J_so + J_si)
    v' = if(u < theta_v, (v_inf - v) / tau_v_minus, -v / tau_v_plus)
    w' = if(u < theta_w, (w_inf - w) / tau_w_minus, -w / tau_w_plus)
    s' = ((1 + tanh(k_s * (u - u_s))) / 2 - s) / tau_s
  `,
});
