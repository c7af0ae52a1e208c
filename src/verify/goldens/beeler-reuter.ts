import type { Golden } from "./golden.js";

export const beelerReuter: Golden = {
  provenance:
    "Currents and gates of BeelerReuterModel.java (mkrapp/rde-solver, 750158e), calcium as in Myokit's beeler-1977.mmt (the Java file writes 10E-7 for 1e-7), integrated by scipy 1.17 LSODA at rtol 1e-10; steady state by Newton. Public texts differ by one slip each: Myokit has 333 for 20 in beta_x1, a Finitewave port the signs of alpha_d and the size of alpha_f; here the value that the others agree on.",
  rest: {
    states: {
      V: -84.57375612226087,
      m: 0.010981968723259537,
      h: 0.9877211754875841,
      j: 0.9748381389816491,
      d: 0.0029707246632078425,
      f: 0.9999813338936879,
      x1: 0.005628650570522105,
      Ca_i: 1.7820072156198062e-7,
    },
    tolerance: 1e-9,
  },
  rates: [
    {
      states: { V: -84.0, m: 0.01, h: 0.98, j: 0.97, d: 0.003, f: 0.99, x1: 0.005, Ca_i: 2e-7 },
      rates: {
        V: -0.09722083881444202,
        m: 0.1453206781368327,
        h: 0.0038175996894454067,
        j: 0.00011519693420680688,
        d: 1.4444854280398008e-5,
        f: 0.00018739267549987734,
        x1: 4.169089760033126e-6,
        Ca_i: -1.5827103913772546e-9,
      },
    },
    {
      states: { V: -60.0, m: 0.2, h: 0.8, j: 0.9, d: 0.01, f: 0.95, x1: 0.02, Ca_i: 3e-7 },
      rates: {
        V: 0.39412214509803634,
        m: -0.189332053570201,
        h: -0.05968500446486911,
        j: -0.015418053074236878,
        d: 0.0010223507633755789,
        f: 0.000740904296491957,
        x1: 8.833682585582627e-5,
        Ca_i: 8.243613164341207e-10,
      },
    },
    {
      states: { V: -47.0, m: 0.4, h: 0.5, j: 0.8, d: 0.05, f: 0.9, x1: 0.05, Ca_i: 1e-6 },
      rates: {
        V: 7.885374502374761,
        m: 2.0544485769342966,
        h: -0.10048718716704336,
        j: -0.04377739714188734,
        d: 0.0015291154799130587,
        f: 0.0010551683089161151,
        x1: 0.00019540256721111885,
        Ca_i: -4.397252325347609e-9,
      },
    },
    {
      states: { V: -23.0, m: 0.9, h: 0.1, j: 0.6, d: 0.3, f: 0.8, x1: 0.1, Ca_i: 3e-6 },
      rates: {
        V: 12.09130713801085,
        m: 0.32419212333970426,
        h: -0.08325758858742252,
        j: -0.12797088698340478,
        d: 0.0065321591833666735,
        f: -0.0028866227606279904,
        x1: 0.0006744207508677603,
        Ca_i: 2.6790849359346475e-8,
      },
    },
    {
      states: { V: 10.0, m: 0.99, h: 0.001, j: 0.2, d: 0.8, f: 0.5, x1: 0.3, Ca_i: 6e-6 },
      rates: {
        V: -2.298867763191241,
        m: 0.1706637143879829,
        h: -0.0015893801227174632,
        j: -0.05911355808612996,
        d: 0.009237745132784067,
        f: -0.0014450656723133054,
        x1: 0.0015632837538061993,
        Ca_i: -1.813261550846567e-7,
      },
    },
    {
      states: { V: 30.0, m: 0.999, h: 0.0001, j: 0.01, d: 0.95, f: 0.3, x1: 0.5, Ca_i: 5e-6 },
      rates: {
        V: -5.2478108981713545,
        m: -0.05507502718751561,
        h: -0.00016773542294535075,
        j: -0.00299392403873051,
        d: 0.0027185345907158143,
        f: -0.000586445409195621,
        x1: 0.0019518941881998117,
        Ca_i: -2.231394514939594e-7,
      },
    },
  ],
  beats: [
    {
      pacing: { strength_per_ms: 40, duration_ms: 1, period_ms: 500, beats: 2 },
      end_ms: 400,
      level: -73,
      duration_ms: 260.4972937,
      peak: 30.00882254,
      upstroke_per_ms: 148.2629088,
      trace: [
        [2, 28.17141737],
        [5, 23.1997237],
        [10, 12.95408048],
        [50, 11.16927631],
        [100, 5.695542732],
        [200, -23.78662692],
        [250, -62.26663188],
        [300, -82.32109843],
      ],
      fine_ms: 0.005,
      tolerance: {
        fine: { duration_ms: 0.0001, potential: 2e-5, upstroke: 0.0001 },
        own: { duration_ms: 0.05, potential: 0.6, upstroke: 0.04 },
      },
    },
  ],
  mutants: [
    {
      what: "beta_x1 of Myokit's file",
      from: "exp(-0.04 * (V + 20))",
      to: "exp(-0.04 * (V + 333))",
    },
    {
      what: "alpha_d of a Finitewave port",
      from: "exp(-0.01 * (V - 5))",
      to: "exp(0.01 * (V - 5))",
    },
    { what: "calcium of the Java file", from: "0.07 * (1e-7 - Ca_i)", to: "0.07 * (1e-6 - Ca_i)" },
    { what: "gates swapped in the slow current", from: "g_s * d * f", to: "g_s * d * h" },
  ],
};
