import { concentration, gate, param, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/** Guinea pig ventricle: six currents, six gates, calcium (in mM). */
export const luoRudy = reaction({
  name: "luo-rudy",
  title: "Luo-Rudy 1991 (phase I)",
  cite: "doi:10.1161/01.RES.68.6.1501",
  // A beat peaks near 45 mV.
  millivolts: { rest_mV: -84.54776140677127, amplitude_mV: 130 },
  // m relaxes in 0.006 ms at rest: gates take exact steps, and the step keeps the up-stroke.
  numerics: { scheme: "rush-larsen-2", step_ms: 0.025 },
  onRequest: true,
  // The steady state; common starts are -83.85 to -84.38 mV and Ca_i = 0.0002, and move to it.
  states: {
    V: voltage(-84.54776140677127),
    m: gate(0.001666272020816093),
    h: gate(0.9833050118373275),
    j: gate(0.9895235814223661),
    d: gate(0.0029772532295988608),
    f: gate(0.9999812424374186),
    X: gate(0.0056430484724879345),
    Ca_i: concentration(0.00017835856082212218, [1e-6, 0.05]),
  },
  params: {
    g_Na: param(23, "mS/cm2", [5, 60]),
    g_si: param(0.09, "mS/cm2", [0.02, 0.3]),
    g_K: param(0.282, "mS/cm2", [0.05, 1]),
    g_K1: param(0.6047, "mS/cm2", [0.2, 2]),
    g_Kp: param(0.0183, "mS/cm2", [0.003, 0.08]),
    g_b: param(0.03921, "mS/cm2", [0.01, 0.1]),
  },
  equations: `
    C_m = 1
    RT_F = 8314 * 310 / 96484.6
    Na_o = 140
    Na_i = 18
    K_o  = 5.4
    K_i  = 145
    PR_NaK = 0.01833
    E_Na = RT_F * log(Na_o / Na_i)
    E_K  = RT_F * log((K_o + PR_NaK * Na_o) / (K_i + PR_NaK * Na_i))
    E_K1 = RT_F * log(K_o / K_i)
    E_si = 7.7 - 13.0287 * log(Ca_i)
    E_b  = -59.87

    # 2.837 (exp(0.04 (V + 77)) - 1) / ((V + 77) exp(0.04 (V + 35))): rectification of I_K
    X_i  = if(V > -100, 2.837 * 0.04 * exp(0.04 * 42) / linexp(0.04 * (V + 77)), 1)
    a_K1 = 1.02 / (1 + exp(0.2385 * (V - E_K1 - 59.215)))
    b_K1 = ((0.49124 * exp(0.08032 * (V - E_K1 + 5.476)) + exp(0.06175 * (V - E_K1 - 594.31)))
            / (1 + exp(-0.5143 * (V - E_K1 + 4.753))))
    K_p  = 1 / (1 + exp((7.488 - V) / 5.98))

    I_Na = g_Na * m^3 * h * j * (V - E_Na)
    I_si = g_si * d * f * (V - E_si)
    I_K  = g_K * sqrt(K_o / 5.4) * X * X_i * (V - E_K)
    I_K1 = g_K1 * sqrt(K_o / 5.4) * a_K1 / (a_K1 + b_K1) * (V - E_K1)
    I_Kp = g_Kp * K_p * (V - E_K1)
    I_b  = g_b * (V - E_b)

    a_m = 3.2 * linexp(0.1 * (V + 47.13))
    b_m = 0.08 * exp(-V / 11)
    a_h = if(V < -40, 0.135 * exp(-(80 + V) / 6.8), 0)
    b_h = if(V < -40, 3.56 * exp(0.079 * V) + 3.1e5 * exp(0.35 * V), 1 / (0.13 * (1 + exp(-(V + 10.66) / 11.1))))
    a_j = if(V < -40, (-1.2714e5 * exp(0.2444 * V) - 3.474e-5 * exp(-0.04391 * V))
                      * (V + 37.78) / (1 + exp(0.311 * (V + 79.23))), 0)
    b_j = if(V < -40, 0.1212 * exp(-0.01052 * V) / (1 + exp(-0.1378 * (V + 40.14))),
                      0.3 * exp(-2.535e-7 * V) / (1 + exp(-0.1 * (V + 32))))
    a_d = 0.095 * exp(-0.01 * (V - 5)) / (1 + exp(-0.072 * (V - 5)))
    b_d = 0.07 * exp(-0.017 * (V + 44)) / (1 + exp(0.05 * (V + 44)))
    a_f = 0.012 * exp(-0.008 * (V + 28)) / (1 + exp(0.15 * (V + 28)))
    b_f = 0.0065 * exp(-0.02 * (V + 30)) / (1 + exp(-0.2 * (V + 30)))
    a_X = 0.0005 * exp(0.083 * (V + 50)) / (1 + exp(0.057 * (V + 50)))
    b_X = 0.0013 * exp(-0.06 * (V + 20)) / (1 + exp(-0.04 * (V + 20)))

    V' = -(I_Na + I_si + I_K + I_K1 + I_Kp + I_b) / C_m
    m' = a_m * (1 - m) - b_m * m
    h' = a_h * (1 - h) - b_h * h
    j' = a_j * (1 - j) - b_j * j
    d' = a_d * (1 - d) - b_d * d
    f' = a_f * (1 - f) - b_f * f
    X' = a_X * (1 - X) - b_X * X
    Ca_i' = -1e-4 * I_si + 0.07 * (1e-4 - Ca_i)
  `,
});
