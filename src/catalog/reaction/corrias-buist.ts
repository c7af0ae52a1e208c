import { concentration, gate, param, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const conductance = (value: number) => param(value, "nS", [value / 10, value * 5]);

/**
 * Gastric smooth muscle cell. It does not fire by itself: interstitial cells of Cajal depolarise it
 * for seconds (1 mV/ms through 1.3 nS in the paper), and its response is the slow wave's plateau.
 * Rest is the steady state: the published start, -69.8 mV, falls towards it between slow waves.
 * Valid below 25 mV, where the time constant of sodium activation ends.
 */
export const corriasBuist = reaction({
  name: "corrias-buist",
  title: "Corrias-Buist 2007, gastric smooth muscle",
  cite: "Ann Biomed Eng 35:1595-1607, pmid:17486452",
  millivolts: { rest_mV: -74.85499597439689, amplitude_mV: 36 },
  numerics: { scheme: "rush-larsen", step_ms: 0.1 },
  onRequest: true,
  states: {
    V: voltage(-74.85499597439689, [-100, 25]),
    d_CaL: gate(1.4345610254430113e-6),
    f_CaL: gate(0.9728595114874663),
    fCa_CaL: gate(0.9999999703296623),
    d_LVA: gate(0.012811787798795986),
    f_LVA: gate(0.9997832237399701),
    d_Na: gate(0.0030090293511913693),
    f_Na: gate(0.2595450170913393),
    m_ns: gate(0.07636801163349914),
    xr1: gate(6.971682245654145e-5),
    xr2: gate(0.874905116705984),
    xa1: gate(0.0021916958643808785),
    xa2: gate(0.8474931311865134),
    Ca_i: concentration(6.433615432251001e-5, [0, 0.02]),
  },
  params: {
    g_CaL: conductance(65),
    g_LVA: conductance(0.18),
    g_Na: conductance(3),
    g_Kr: conductance(35),
    g_KA: conductance(9),
    g_BK: conductance(45.7),
    g_Kb: conductance(0.0144),
    g_ns: conductance(50),
    J_extrusion: param(0.31705, "mM^-0.34/ms", [0.03, 1.5]),
  },
  equations: `
    C_m = 77                          # pF
    RToF = 26.7137                    # mV
    F = 96484.6                       # C / mol
    Vol = 3.5                         # pl
    T = 310                           # K; rates and conductances were measured at 297 K
    T_Ca = 2.1^((T - 297) / 10)
    T_Na = 2.45^((T - 297) / 10)
    T_K = 1.5^((T - 297) / 10)
    E_K = RToF * log(7 / 164)
    E_Na = RToF * log(137 / 10)
    E_ns = -28
    E_Ca = -0.5 * RToF * log(Ca_i / 2.5)
    ACh = 1e-5                        # mM

    d_CaL_inf = 1 / (1 + exp(-(V + 17) / 4.3))
    d_CaL' = (d_CaL_inf - d_CaL) / (0.47 * T_Ca)
    f_CaL_inf = 1 / (1 + exp((V + 43) / 8.9))
    f_CaL' = (f_CaL_inf - f_CaL) / (86 * T_Ca)
    fCa_CaL_inf = 1 - 1 / (1 + exp(-(Ca_i - 0.9e-4 - 2.014e-4) / 1.31e-5))
    fCa_CaL' = (fCa_CaL_inf - fCa_CaL) / (2 * T_Ca)
    I_CaL = g_CaL * d_CaL * f_CaL * fCa_CaL * (V - E_Ca)

    d_LVA_inf = 1 / (1 + exp(-(V + 27.5) / 10.9))
    d_LVA' = (d_LVA_inf - d_LVA) / (3 * T_Ca)
    f_LVA_inf = 1 / (1 + exp((V + 15.8) / 7))
    f_LVA' = (f_LVA_inf - f_LVA) / (7.58 * exp(0.00817 * V) * T_Ca)
    I_LVA = g_LVA * d_LVA * f_LVA * (V - E_Ca)

    d_Na_inf = 1 / (1 + exp(-(V + 47) / 4.8))
    d_Na' = (d_Na_inf - d_Na) / ((0.44 - 0.017 * V) * T_Na)
    f_Na_inf = 1 / (1 + exp((V + 78) / 3))
    f_Na' = (f_Na_inf - f_Na) / ((5.5 - 0.25 * V) * T_Na)
    I_Na = g_Na * d_Na * f_Na * (V - E_Na)

    xr1_inf = 1 / (1 + exp(-(V + 27) / 5))
    xr1' = (xr1_inf - xr1) / (80 * T_K)
    xr2_inf = 0.2 + 0.8 / (1 + exp((V + 58) / 10))
    xr2' = (xr2_inf - xr2) / ((-707 + 1481 * exp((V + 36) / 95)) * T_K)
    I_Kr = g_Kr * xr1 * xr2 * (V - E_K)

    xa1_inf = 1 / (1 + exp(-(V + 26.5) / 7.9))
    xa1' = (xa1_inf - xa1) / ((31.8 + 175 * exp(-0.5 * ((V + 44.4) / 22.3)^2)) * T_K)
    xa2_inf = 0.1 + 0.9 / (1 + exp((V + 65) / 6.2))
    xa2' = (xa2_inf - xa2) / (90 * T_K)
    I_KA = g_KA * xa1 * xa2 * (V - E_K)

    # Calcium-activated: 1 / (1 + exp(-V / 17 - 2 log(Ca_i / 0.001)))
    P_BK = 1 / (1 + exp(-V / 17) / (Ca_i / 0.001)^2)
    I_BK = (g_BK + 1.1 * (T - 297)) * P_BK * (V - E_K)
    I_Kb = g_Kb * (V - E_K)

    m_ns_inf = 1 / (1 + exp(-(V + 25) / 20))
    m_ns' = (m_ns_inf - m_ns) * (1 + exp(-(V + 66) / 26)) / 150
    I_ns = g_ns * m_ns / (1 + 0.01 / ACh) / (1 + (0.0002 / Ca_i)^4) * (V - E_ns)

    J_Ca = J_extrusion * Ca_i^1.34
    # pA for nS mV and mM; pl mM / ms * C / mol
    I_extrusion = 2 * F * Vol * J_Ca
    Ca_i' = -(I_CaL + I_LVA) / (2 * F * Vol) - J_Ca
    V' = -(I_Na + I_CaL + I_LVA + I_Kr + I_KA + I_BK + I_Kb + I_ns + I_extrusion) / C_m
  `,
});
