import { type Golden, rateTable, traceAt } from "./golden.js";

const traceOf = traceAt([1, 10, 50, 100, 200, 250, 300, 400]);
/** What all beats share. */
const beat = {
  start: { E: 1.5 },
  end_ms: 700,
  level: 0.379,
  fine_ms: 0.02,
  step_ms: 0.1,
  tolerance: {
    fine: { duration_ms: 0.01, potential: 1e-6 },
    own: { duration_ms: 0.05, potential: 0.0001 },
  },
};

export const karma: Golden = {
  provenance:
    "The functions RD_f, RD_g and R of a public FEniCS script of Karma's model (E_h = 3, 1.5415, tau 2.5 and 250 ms), integrated by scipy 1.17 LSODA at rtol 1e-10, stopped at the switch. The duration at 10 % of the peak is the 262 ms of the project's reference table.",
  rest: { states: { E: 0.0, n: 0.0 }, tolerance: 1e-12 },
  rates: [
    { states: { E: 0.5, n: 0.2 }, rates: { E: -0.046881713141443716, n: -0.0008 } },
    { states: { E: 0.99, n: 0.9 }, rates: { E: 0.06338641612089378, n: -0.0036000000000000003 } },
    { states: { E: 1.01, n: 0.9 }, rates: { E: 0.07379107754775208, n: 0.002727906827477306 } },
    { states: { E: 2.9, n: 0.6 }, rates: { E: 1.6800384002151028, n: 0.003927906827477306 } },
    { states: { E: 3.78, n: 0.98 }, rates: { E: -0.793039986104295, n: 0.002407906827477306 } },
    { states: { E: 3.2, n: 0.0 }, rates: { E: 1.2538796930525398, n: 0.006327906827477306 } },
    ...rateTable({
      states: [
        { E: 0.99, n: 0.9 },
        { E: 3.78, n: 0.98 },
      ],
      names: ["E", "n"],
      rates: {
        "weak-restitution": [
          [0.06338641612089378, -0.0036000000000000003],
          [-0.793039986104295, 0.006245976330147193],
        ],
        "steep-restitution": [
          [0.06338641612089378, -0.0036000000000000003],
          [-0.793039986104295, 0.0013892432716052585],
        ],
        "weak-dispersion": [
          [-0.05500957317745128, -0.0036000000000000003],
          [-0.8975406857696803, 0.002407906827477306],
        ],
      },
    }),
  ],
  beats: [
    {
      ...beat,
      duration_ms: 262.3100727,
      peak: 3.788445936,
      trace: traceOf([
        2.856463182, 3.788445931, 3.788444324, 3.787778185, 3.6588157, 2.741121134, 1.361732502e-7,
        -1.083207394e-17,
      ]),
    },
    {
      ...beat,
      variant: "weak-restitution",
      duration_ms: 133.77383,
      peak: 3.788445935,
      trace: traceOf([
        2.856463181, 3.788445931, 3.788261372, 3.706233805, 1.378301923e-12, -1.169538457e-17,
        2.312044713e-19, -2.431897301e-19,
      ]),
    },
    {
      ...beat,
      variant: "steep-restitution",
      duration_ms: 364.8405156,
      peak: 3.788445936,
      trace: traceOf([
        2.856463182, 3.788445931, 3.788445657, 3.788330557, 3.768125092, 3.702393578, 3.510042557,
        3.869549703e-7,
      ]),
    },
    {
      ...beat,
      variant: "weak-dispersion",
      duration_ms: 266.4340693,
      peak: 3.788443347,
      trace: traceOf([
        2.856463181, 3.788440157, 3.785394818, 3.753430428, 3.42074697, 2.648548977, 6.954483892e-7,
        -1.902798444e-18,
      ]),
    },
  ],
  mutants: [
    { what: "E_h = E_n, as one public port has it", from: "E_h = 3", to: "E_h = 1" },
    {
      what: "n where its complement belongs",
      from: "if(E < E_n, -n, R)",
      to: "if(E < E_n, R, -n)",
    },
    { what: "the decay left out of n", from: "(1 - (1 - exp(-Re)) * n)", to: "1" },
  ],
};
