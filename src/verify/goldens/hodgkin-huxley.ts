import type { Golden } from "./golden.js";

export const hodgkinHuxley: Golden = {
  provenance:
    "Equations 26 and 7-24 and table 3 of the paper in its own sign convention, by hand in Python, scipy 1.17 LSODA at rtol 1e-12, rest by Newton; the rates agree with hodgkin_huxley_squid_axon_model_1952_modified.cellml of Chaste/cellml (8c9c042), 15 mV lower, once the sign in the exponent of its beta_n is mended. The paper's spike is about 100 mV high.",
  rest: {
    states: {
      V: -59.99637933119206,
      m: 0.05295508681300814,
      h: 0.5959941247398638,
      n: 0.31773239976086576,
    },
    tolerance: 1e-9,
  },
  rates: [
    {
      states: {
        V: -90,
        m: 0.01,
        h: 0.9,
        n: 0.2,
      },
      rates: {
        V: 13.23636,
        m: -0.18943581759635952,
        h: 0.02914646265139515,
        n: -0.03040443004904734,
      },
    },
    {
      states: {
        V: -60,
        m: 0.05,
        h: 0.6,
        n: 0.32,
      },
      rates: {
        V: -0.31094832000000006,
        m: 0.012385538355398518,
        h: -0.0004555239065400646,
        n: -0.00042558393288580354,
      },
    },
    {
      states: {
        V: -50,
        m: 0.2,
        h: 0.5,
        n: 0.35,
      },
      rates: {
        V: 38.69895000000002,
        m: -0.11434243644330427,
        h: -0.0383728879211166,
        n: 0.02639076051192396,
      },
    },
    {
      states: {
        V: -49.99,
        m: 0.2,
        h: 0.5,
        n: 0.35,
      },
      rates: {
        V: 38.685747750000026,
        m: -0.1138735732205946,
        h: -0.03843601634109635,
        n: 0.0264280917819079,
      },
    },
    {
      states: {
        V: -35,
        m: 0.4,
        h: 0.4,
        n: 0.4,
      },
      rates: {
        V: 238.06470000000007,
        m: 0.20103646595632602,
        h: -0.1389830660511302,
        n: 0.07926874106366605,
      },
    },
    {
      states: {
        V: -20,
        m: 0.7,
        h: 0.3,
        n: 0.5,
      },
      rates: {
        V: 800.2838999999998,
        m: 0.2758171475336824,
        h: -0.21268614471040745,
        n: 0.11995118824164881,
      },
    },
    {
      states: {
        V: 20,
        m: 0.95,
        h: 0.15,
        n: 0.6,
      },
      rates: {
        V: 90.09495000000004,
        m: 0.23150268582404843,
        h: -0.1479062918474776,
        n: 0.25266460190304396,
      },
    },
    {
      states: {
        V: 45,
        m: 0.99,
        h: 0.1,
        n: 0.75,
      },
      rates: {
        V: -1244.583345,
        m: 0.06843077922458735,
        h: -0.09961412847715923,
        n: 0.2122853084470011,
      },
    },
  ],
  beats: [
    {
      pacing: { strength_per_ms: 20, duration_ms: 0.5, period_ms: 30, beats: 1 },
      end_ms: 30,
      level: -50,
      duration_ms: 3.24161047934937,
      peak: 44.316938660770354,
      upstroke_per_ms: 299.2631778618976,
      trace: [
        [1, -49.28144394846953],
        [3, 5.83332458228613],
        [4, -41.471433882548375],
        [6, -70.73778262130479],
        [8, -69.27360484963754],
        [12, -64.90865238531454],
      ],
      fine_ms: 0.005,
      tolerance: {
        fine: { duration_ms: 1e-5, potential: 0.002, upstroke: 0.0005 },
        own: { duration_ms: 0.001, potential: 0.06, upstroke: 0.0025 },
      },
    },
    {
      pacing: { strength_per_ms: 20, duration_ms: 0.5, period_ms: 30, beats: 3 },
      end_ms: 30,
      level: -50,
      duration_ms: 3.2391489937752262,
      peak: 44.25431343237382,
      upstroke_per_ms: 298.61626448623105,
      trace: [
        [1, -49.530766635447705],
        [3, 7.448275262933131],
        [4, -39.68831399416564],
        [6, -70.75473070611113],
        [8, -69.30183800003518],
        [12, -64.94319684919516],
      ],
      fine_ms: 0.005,
      tolerance: {
        fine: { duration_ms: 1e-5, potential: 0.002, upstroke: 0.0005 },
        own: { duration_ms: 0.001, potential: 0.06, upstroke: 0.0025 },
      },
    },
  ],
  mutants: [
    {
      what: "beta_n as the CellML file has it",
      from: "exp(-(V + 60) / 80)",
      to: "exp((V + 60) / 80)",
    },
    { what: "n cubed", from: "n^4", to: "n^3" },
    { what: "m and h swapped", from: "m^3 * h", to: "h^3 * m" },
  ],
};
