import { gate, param, potential } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";
import { parameterTable, variantsOf } from "../parameter-table.js";

const afterBeat = "Acts on the recovery after the beat: single beats do not identify it.";
const shape = "Place or slope of a switch: a fit keeps it.";

/**
 * The sets of 1998 (BR is the declared one), then those of Fenton, Cherry, Hastings and Evans 2002,
 * doi:10.1063/1.1504242, which calls tau_v1_minus the time below u_v; here, as in 1998, it is the
 * time above. Its sets 1 and 10 are MBR and GP with their u_v (one public code has a tenth of it in
 * both), its set 3 is BR. Sets 2 and 7 have no slow inward current: 1e9 ms makes it less than 1e-9
 * per ms, and what acts through it alone keeps the declared numbers.
 */
const sets = parameterTable(`
           tau_v_plus tau_v1_minus tau_v2_minus tau_w_plus tau_w_minus tau_d tau_0 tau_r tau_si k u_csi u_c u_v
  mbr       3.33  1000  19.2   667  11  0.25                 8.3   50     45     10  0.85  0.13  0.055
  mlr-i    10       18.2 18.2 1020  80  0.1724137931034483  12.5  130    127     10  0.85  0.13  0.04
  gp       10      333  40    1000  65  0.1149425287356322  12.5   25     22.22  10  0.85  0.13  0.025
  2002-1a   3.33  1000  19.6   667  11  0.41                 8.3   50     45     10  0.85  0.13  0.055
  2002-1b   3.33  1000  19.6   667  11  0.392                8.3   50     45     10  0.85  0.13  0.055
  2002-1c   3.33  1000  19.6   667  11  0.381                8.3   50     45     10  0.85  0.13  0.055
  2002-1d   3.33  1000  19.6   667  11  0.36                 8.3   50     45     10  0.85  0.13  0.055
  2002-1e   3.33  1000  19.6   667  11  0.25                 8.3   50     45     10  0.85  0.13  0.055
  2002-2   10       10  10     870  41  0.25                10    190    1e9     10  0.85  0.13  0.04
  2002-3    3.33  1250  19.6   870  41  0.25                12.5   33.33  29     10  0.85  0.13  0.04
  2002-4a   3.33     5  15.6   350  80  0.407                9     34     26.5   15  0.45  0.15  0.04
  2002-4b   3.33     5  15.6   350  80  0.405                9     34     26.5   15  0.45  0.15  0.04
  2002-4c   3.33     5  15.6   350  80  0.4                  9     34     26.5   15  0.45  0.15  0.04
  2002-5    3.33     2  12    1000 100  0.362                5     33.33  29     15  0.7   0.13  0.04
  2002-6    3.33     8   9     250  60  0.395                9     33.33  29     15  0.5   0.13  0.04
  2002-7   10        7   7     870  41  0.25                12    100    1e9     10  0.85  0.13  0.04
  2002-8   13.03  1250  19.6   800  40  0.45                12.5   33.25  29     10  0.85  0.13  0.04
  2002-9    3.33     2  15     670  61  0.25                12.5   28     29     10  0.45  0.13  0.05
  2002-10  10      333  40    1000  65  0.115               12.5   25     22.22  10  0.85  0.13  0.025
`);
const noSlowInward = ["tau_si", "tau_w_plus", "tau_w_minus", "k", "u_csi", "u_v"];

/** Three currents and two gates that take on the restitution of larger models. */
export const fentonKarma = reaction({
  name: "fenton-karma",
  title: "Fenton-Karma 1998",
  cite: "doi:10.1063/1.166311",
  millivolts: { rest_mV: -85, amplitude_mV: 100 },
  onRequest: true,
  // Published rest. The tail of tanh lifts u by 1.4e-9 per ms there, to 2e-8 in the end.
  restDrift_per_ms: 2e-9,
  states: { u: potential(0), v: gate(1), w: gate(1) },
  params: {
    tau_d: param(0.25, "ms", [0.05, 2]),
    tau_r: param(33.33, "ms", [5, 400]),
    tau_si: param(29, "ms", [5, 400]),
    tau_0: param(12.5, "ms", [1, 60]),
    tau_v_plus: param(3.33, "ms", [0.5, 30]),
    tau_v1_minus: param(1250, "ms", [1, 3000], { note: afterBeat }),
    tau_v2_minus: param(19.6, "ms", [1, 300], { note: afterBeat }),
    tau_w_plus: param(870, "ms", [50, 3000]),
    tau_w_minus: param(41, "ms", [2, 500], { note: afterBeat }),
    u_c: param(0.13, "1", [0.02, 0.4]),
    u_v: param(0.04, "1", [0.001, 0.4], { fitted: false, note: afterBeat }),
    u_csi: param(0.85, "1", [0.1, 1], { fitted: false, note: shape }),
    k: param(10, "1", [2, 40], { fitted: false, note: shape }),
  },
  variants: variantsOf(sets, { "mlr-i": ["u_v"], "2002-2": noSlowInward, "2002-7": noSlowInward }),
  equations: `
    tau_v_minus = if(u < u_v, tau_v2_minus, tau_v1_minus)
    J_fi = if(u < u_c, 0, -v * (u - u_c) * (1 - u) / tau_d)
    J_so = if(u < u_c, u / tau_0, 1 / tau_r)
    J_si = -w * (1 + tanh(k * (u - u_csi))) / (2 * tau_si)
    u' = -(J_fi + J_so + J_si)
    v' = if(u < u_c, (1 - v) / tau_v_minus, -v / tau_v_plus)
    w' = if(u < u_c, (1 - w) / tau_w_minus, -w / tau_w_plus)
  `,
});
