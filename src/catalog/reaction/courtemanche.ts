import { concentration, gate, param, recovery, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const perCapacitance = (value: number) => param(value, "nS/pF", [value / 10, value * 5]);
const density = (value: number) => param(value, "pA/pF", [value / 10, value * 5]);

/**
 * Human atrial myocyte: 12 currents, calcium in cytosol, uptake and release compartments.
 * The stimulus enters the potential only: it is not counted as potassium.
 */
export const courtemanche = reaction({
  name: "courtemanche",
  title: "Courtemanche-Ramirez-Nattel 1998, human atrium",
  cite: "doi:10.1152/ajpheart.1998.275.1.H301",
  millivolts: { rest_mV: -81.18, amplitude_mV: 110 },
  numerics: { scheme: "rush-larsen", step_ms: 0.02 },
  // The published start is rounded and its concentrations drift at rest.
  restDrift_per_ms: 0.0002,
  onRequest: true,
  states: {
    V: voltage(-81.18),
    m: gate(0.002908),
    h: gate(0.9649),
    j: gate(0.9775),
    oa: gate(0.03043),
    oi: gate(0.9992),
    ua: gate(0.004966),
    ui: gate(0.9986),
    xr: gate(3.296e-5),
    xs: gate(0.01869),
    d: gate(1.367e-4),
    f: gate(0.9996),
    f_Ca: gate(0.7755),
    // Not gates: the release that u and v pass sets their own steady states.
    u: recovery(2.35e-112, [-0.01, 1.01]),
    v: recovery(1, [-0.01, 1.01]),
    w: gate(0.9992),
    Na_i: concentration(11.17, [1, 40]),
    K_i: concentration(139, [80, 200]),
    Ca_i: concentration(0.0001013, [0, 0.02]),
    Ca_up: concentration(1.488, [0, 20]),
    Ca_rel: concentration(1.488, [0, 20]),
  },
  params: {
    g_Na: perCapacitance(7.8),
    g_K1: perCapacitance(0.09),
    g_to: perCapacitance(0.1652),
    g_Kur: param(1, "1", [0, 5], {
      note: "Scales the voltage-dependent conductance of the paper.",
    }),
    g_Kr: perCapacitance(0.029411765),
    g_Ks: perCapacitance(0.12941176),
    g_CaL: perCapacitance(0.12375),
    I_NaK_max: density(0.59933874),
    I_NaCa_max: density(1600),
    I_pCa_max: density(0.275),
    g_bNa: perCapacitance(0.0006744375),
    g_bCa: perCapacitance(0.001131),
  },
  equations: `
    R = 8.3143                        # J / (K mol)
    T = 310                           # K
    F = 96.4867                       # C / mmol
    C_m = 100                         # pF
    V_cell = 20100                    # um^3
    V_i = 0.68 * V_cell
    V_up = 0.0552 * V_cell
    V_rel = 0.0048 * V_cell
    K_o = 5.4                         # mM
    Na_o = 140
    Ca_o = 1.8
    K_Q10 = 3

    E_Na = -R * T / F * log(Na_i / Na_o)
    E_K  = -R * T / F * log(K_i / K_o)
    E_Ca = -R * T / (2 * F) * log(Ca_i / Ca_o)

    # Fast sodium current; linexp(x) = x / (1 - exp(-x)) closes the gaps of the rates
    alpha_m = 3.2 * linexp(0.1 * (V + 47.13))
    beta_m = 0.08 * exp(-V / 11)
    m' = alpha_m * (1 - m) - beta_m * m
    alpha_h = if(V < -40, 0.135 * exp(-(V + 80) / 6.8), 0)
    beta_h = if(V < -40,
      3.56 * exp(0.079 * V) + 3.1e5 * exp(0.35 * V),
      1 / (0.13 * (1 + exp(-(V + 10.66) / 11.1))))
    h' = alpha_h * (1 - h) - beta_h * h
    alpha_j = if(V < -40,
      (-1.2714e5 * exp(0.2444 * V) - 3.474e-5 * exp(-0.04391 * V)) * (V + 37.78)
        / (1 + exp(0.311 * (V + 79.23))),
      0)
    beta_j = if(V < -40,
      0.1212 * exp(-0.01052 * V) / (1 + exp(-0.1378 * (V + 40.14))),
      0.3 * exp(-2.535e-7 * V) / (1 + exp(-0.1 * (V + 32))))
    j' = alpha_j * (1 - j) - beta_j * j
    I_Na = g_Na * m^3 * h * j * (V - E_Na)

    # Inward rectifier
    I_K1 = g_K1 * (V - E_K) / (1 + exp(0.07 * (V + 80)))

    # Transient outward and ultra-rapid delayed rectifier currents share their activation rates
    alpha_oa = 0.65 / (exp(-(V + 10) / 8.5) + exp(-(V - 30) / 59))
    beta_oa = 0.65 / (2.5 + exp((V + 82) / 17))
    tau_oa = 1 / (K_Q10 * (alpha_oa + beta_oa))
    oa_inf = 1 / (1 + exp(-(V + 20.47) / 17.54))
    oa' = (oa_inf - oa) / tau_oa
    alpha_oi = 1 / (18.53 + exp((V + 113.7) / 10.95))
    beta_oi = 1 / (35.56 + exp(-(V + 1.26) / 7.44))
    tau_oi = 1 / (K_Q10 * (alpha_oi + beta_oi))
    oi_inf = 1 / (1 + exp((V + 43.1) / 5.3))
    oi' = (oi_inf - oi) / tau_oi
    I_to = g_to * oa^3 * oi * (V - E_K)

    alpha_ua = alpha_oa
    beta_ua = beta_oa
    tau_ua = 1 / (K_Q10 * (alpha_ua + beta_ua))
    ua_inf = 1 / (1 + exp(-(V + 30.3) / 9.6))
    ua' = (ua_inf - ua) / tau_ua
    alpha_ui = 1 / (21 + exp(-(V - 185) / 28))
    beta_ui = exp((V - 158) / 16)
    tau_ui = 1 / (K_Q10 * (alpha_ui + beta_ui))
    ui_inf = 1 / (1 + exp((V - 99.45) / 27.48))
    ui' = (ui_inf - ui) / tau_ui
    I_Kur = g_Kur * (0.005 + 0.05 / (1 + exp(-(V - 15) / 13))) * ua^3 * ui * (V - E_K)

    # Rapid and slow delayed rectifier
    alpha_xr = 0.0003 * 5 * linexp((V + 14.1) / 5)
    beta_xr = 7.3898e-5 * 5.1237 * linexp(-(V - 3.3328) / 5.1237)
    tau_xr = 1 / (alpha_xr + beta_xr)
    xr_inf = 1 / (1 + exp(-(V + 14.1) / 6.5))
    xr' = (xr_inf - xr) / tau_xr
    I_Kr = g_Kr * xr * (V - E_K) / (1 + exp((V + 15) / 22.4))
    alpha_xs = 4e-5 * 17 * linexp((V - 19.9) / 17)
    beta_xs = 3.5e-5 * 9 * linexp(-(V - 19.9) / 9)
    tau_xs = 1 / (2 * (alpha_xs + beta_xs))
    xs_inf = 1 / sqrt(1 + exp(-(V - 19.9) / 12.7))
    xs' = (xs_inf - xs) / tau_xs
    I_Ks = g_Ks * xs^2 * (V - E_K)

    # L-type calcium current; (1 - exp(-z)) / (V + 10) = 1 / (6.24 linexp(z))
    z = (V + 10) / 6.24
    tau_d = 1 / (0.035 * 6.24 * linexp(z) * (1 + exp(-z)))
    d_inf = 1 / (1 + exp(-(V + 10) / 8))
    d' = (d_inf - d) / tau_d
    tau_f = 9 / (0.0197 * exp(-0.0337^2 * (V + 10)^2) + 0.02)
    f_inf = 1 / (1 + exp((V + 28) / 6.9))
    f' = (f_inf - f) / tau_f
    tau_f_Ca = 2
    f_Ca_inf = 1 / (1 + Ca_i / 0.00035)
    f_Ca' = (f_Ca_inf - f_Ca) / tau_f_Ca
    I_CaL = g_CaL * d * f * f_Ca * (V - 65)

    # Pumps, exchanger and background; out * in = exp((gamma - 1) V F / (R T))
    gamma = 0.35
    out = exp(gamma * V * F / (R * T))
    in = exp(-V * F / (R * T))
    sigma = (exp(Na_o / 67.3) - 1) / 7
    f_NaK = 1 / (1 + 0.1245 * exp(-0.1 * V * F / (R * T)) + 0.0365 * sigma * in)
    occupied = 10 / Na_i
    # (10 / Na_i)^1.5
    I_NaK = I_NaK_max * f_NaK / (1 + occupied * sqrt(occupied)) * K_o / (K_o + 1.5)
    k_sat = 0.1
    I_NaCa = (I_NaCa_max * (out * Na_i^3 * Ca_o - out * in * Na_o^3 * Ca_i)
      / ((87.5^3 + Na_o^3) * (1.38 + Ca_o) * (1 + k_sat * out * in)))
    I_pCa = I_pCa_max * Ca_i / (0.0005 + Ca_i)
    I_bNa = g_bNa * (V - E_Na)
    I_bCa = g_bCa * (V - E_Ca)

    # Calcium release: F_n in mmol/ms of a cell, from the release flux and the sarcolemmal currents
    J_rel = 30 * u^2 * v * w * (Ca_rel - Ca_i)
    F_n = 1e-12 * V_rel * J_rel - 5e-13 / F * (0.5 * I_CaL - 0.2 * I_NaCa) * C_m
    tau_u = 8
    u_inf = 1 / (1 + exp(-(F_n - 3.4175e-13) / 13.67e-16))
    u' = (u_inf - u) / tau_u
    tau_v = 1.91 + 2.09 * u_inf
    v_inf = 1 - 1 / (1 + exp(-(F_n - 6.835e-14) / 13.67e-16))
    v' = (v_inf - v) / tau_v
    # 6 (1 - exp(-y)) / ((1 + 0.3 exp(-y)) (V - 7.9))
    y = (V - 7.9) / 5
    tau_w = 6 / (5 * linexp(y) * (1 + 0.3 * exp(-y)))
    w_inf = 1 - 1 / (1 + exp(-(V - 40) / 17))
    w' = (w_inf - w) / tau_w
    J_tr = (Ca_up - Ca_rel) / 180
    J_up = 0.005 / (1 + 0.00092 / Ca_i)
    J_leak = 0.005 * Ca_up / 15

    Na_i' = (-3 * I_NaK - 3 * I_NaCa - I_bNa - I_Na) * C_m / (V_i * F)
    K_i' = (2 * I_NaK - I_K1 - I_to - I_Kur - I_Kr - I_Ks) * C_m / (V_i * F)
    # Free calcium among troponin and calmodulin, calsequestrin in the release compartment
    Ca_i' = (((2 * I_NaCa - I_pCa - I_CaL - I_bCa) * C_m / (2 * V_i * F)
      + (V_up * (J_leak - J_up) + J_rel * V_rel) / V_i)
      / (1 + 0.07 * 0.0005 / (Ca_i + 0.0005)^2 + 0.05 * 0.00238 / (Ca_i + 0.00238)^2))
    Ca_up' = J_up - J_leak - J_tr * V_rel / V_up
    Ca_rel' = (J_tr - J_rel) / (1 + 10 * 0.8 / (Ca_rel + 0.8)^2)
    V' = -(I_Na + I_K1 + I_to + I_Kur + I_Kr + I_Ks + I_CaL
      + I_NaK + I_NaCa + I_pCa + I_bNa + I_bCa)
  `,
});
