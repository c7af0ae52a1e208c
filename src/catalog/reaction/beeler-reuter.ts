import { concentration, gate, param, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/** Mammalian ventricle: four currents, six gates, calcium (in mol/L). */
export const beelerReuter = reaction({
  name: "beeler-reuter",
  title: "Beeler-Reuter 1977",
  cite: "doi:10.1113/jphysiol.1977.sp011853",
  // A beat peaks near 30 mV.
  millivolts: { rest_mV: -84.57375612226087, amplitude_mV: 115 },
  // m relaxes in 0.01 ms at rest: gates take exact steps, and the step keeps the up-stroke.
  numerics: { scheme: "rush-larsen-2", step_ms: 0.04 },
  onRequest: true,
  // The steady state; common starts differ by some 0.05 mV and 1e-3 in the gates, and move to it.
  states: {
    V: voltage(-84.57375612226087),
    m: gate(0.010981968723259537),
    h: gate(0.9877211754875841),
    j: gate(0.9748381389816491),
    d: gate(0.0029707246632078425),
    f: gate(0.9999813338936879),
    x1: gate(0.005628650570522105),
    Ca_i: concentration(1.7820072156198062e-7, [1e-9, 5e-5], "mol/L"),
  },
  params: {
    g_Na: param(4, "mS/cm2", [1, 16]),
    g_NaC: param(0.003, "mS/cm2", [0.0005, 0.01]),
    g_s: param(0.09, "mS/cm2", [0.02, 0.3]),
    g_K1: param(0.35, "uA/cm2", [0.1, 1]),
    g_x1: param(0.8, "uA/cm2", [0.2, 3]),
  },
  equations: `
    C_m  = 1
    E_Na = 50
    E_s  = -82.3 - 13.0287 * log(Ca_i)
    I_Na = (g_Na * m^3 * h * j + g_NaC) * (V - E_Na)
    I_s  = g_s * d * f * (V - E_s)
    I_x1 = g_x1 * x1 * (exp(0.04 * (V + 77)) - 1) / exp(0.04 * (V + 35))
    I_K1 = g_K1 * (4 * (exp(0.04 * (V + 85)) - 1) / (exp(0.08 * (V + 53)) + exp(0.04 * (V + 53)))
                   + 5 * linexp(0.04 * (V + 23)))

    a_m = 10 * linexp(0.1 * (V + 47))
    b_m = 40 * exp(-0.056 * (V + 72))
    a_h = 0.126 * exp(-0.25 * (V + 77))
    b_h = 1.7 / (exp(-0.082 * (V + 22.5)) + 1)
    a_j = 0.055 * exp(-0.25 * (V + 78)) / (exp(-0.2 * (V + 78)) + 1)
    b_j = 0.3 / (exp(-0.1 * (V + 32)) + 1)
    a_d = 0.095 * exp(-0.01 * (V - 5)) / (exp(-0.072 * (V - 5)) + 1)
    b_d = 0.07 * exp(-0.017 * (V + 44)) / (exp(0.05 * (V + 44)) + 1)
    a_f = 0.012 * exp(-0.008 * (V + 28)) / (exp(0.15 * (V + 28)) + 1)
    b_f = 0.0065 * exp(-0.02 * (V + 30)) / (exp(-0.2 * (V + 30)) + 1)
    a_x1 = 0.0005 * exp(0.083 * (V + 50)) / (exp(0.057 * (V + 50)) + 1)
    b_x1 = 0.0013 * exp(-0.06 * (V + 20)) / (exp(-0.04 * (V + 20)) + 1)

    V' = -(I_Na + I_s + I_x1 + I_K1) / C_m
    m' = a_m * (1 - m) - b_m * m
    h' = a_h * (1 - h) - b_h * h
    j' = a_j * (1 - j) - b_j * j
    d' = a_d * (1 - d) - b_d * d
    f' = a_f * (1 - f) - b_f * f
    x1' = a_x1 * (1 - x1) - b_x1 * x1
    Ca_i' = -1e-7 * I_s + 0.07 * (1e-7 - Ca_i)
  `,
});
