import { gate, param, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

/**
 * Squid giant axon at 6.3 degrees Celsius. V is the inside potential; the paper counts it from rest
 * and with the opposite sign. The start is the steady state of the paper's numbers, whose leak
 * potential is rounded.
 */
export const hodgkinHuxley = reaction({
  name: "hodgkin-huxley",
  title: "Hodgkin-Huxley 1952, squid axon",
  cite: "doi:10.1113/jphysiol.1952.sp004764",
  millivolts: { rest_mV: -59.99637933119206, amplitude_mV: 105 },
  numerics: { scheme: "rush-larsen-2", step_ms: 0.01 },
  onRequest: true,
  states: {
    V: voltage(-59.99637933119206),
    m: gate(0.05295508681300814),
    h: gate(0.5959941247398638),
    n: gate(0.31773239976086576),
  },
  params: {
    g_Na: param(120, "mS/cm^2", [20, 400]),
    g_K: param(36, "mS/cm^2", [5, 150]),
    g_L: param(0.3, "mS/cm^2", [0.03, 2]),
    E_Na: param(55, "mV", [20, 90]),
    E_K: param(-72, "mV", [-100, -60]),
    E_L: param(-49.387, "mV", [-70, -30]),
  },
  equations: `
    alpha_m = linexp((V + 35) / 10)
    beta_m = 4 * exp(-(V + 60) / 18)
    m' = alpha_m * (1 - m) - beta_m * m
    alpha_h = 0.07 * exp(-(V + 60) / 20)
    beta_h = 1 / (1 + exp(-(V + 30) / 10))
    h' = alpha_h * (1 - h) - beta_h * h
    alpha_n = 0.1 * linexp((V + 50) / 10)
    beta_n = 0.125 * exp(-(V + 60) / 80)
    n' = alpha_n * (1 - n) - beta_n * n
    I_Na = g_Na * m^3 * h * (V - E_Na)
    I_K = g_K * n^4 * (V - E_K)
    I_L = g_L * (V - E_L)
    C_m = 1                           # uF/cm^2
    V' = -(I_Na + I_K + I_L) / C_m
  `,
});
