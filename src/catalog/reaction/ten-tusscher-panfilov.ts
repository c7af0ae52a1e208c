import { concentration, gate, param, recovery, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const perCapacitance = (value: number) => param(value, "nS/pF", [value / 10, value * 5]);
const density = (value: number) => param(value, "pA/pF", [value / 10, value * 5]);
const layer = (value: number, unit: string, bounds: readonly [number, number]) =>
  param(value, unit, bounds, {
    fitted: false,
    note: "A measured property of the layer of the wall; the variants have the other layers.",
  });

/**
 * Human ventricular myocyte: 12 currents, calcium in cytosol, dyadic subspace and reticulum.
 * The stimulus enters the potential only: it is not counted as potassium.
 */
export const tenTusscherPanfilov = reaction({
  name: "ten-tusscher-panfilov",
  title: "ten Tusscher-Panfilov 2006, human ventricle (epicardial)",
  cite: "doi:10.1152/ajpheart.00109.2006",
  millivolts: { rest_mV: -85.23, amplitude_mV: 120 },
  numerics: { scheme: "rush-larsen", step_ms: 0.02 },
  // The published start is a paced cell before its next beat, rounded: m is 1e-4 off its steady
  // state and relaxes within 0.1 ms; calcium still sinks by 0.2 % per ms.
  restDrift_per_ms: 0.005,
  onRequest: true,
  states: {
    V: voltage(-85.23),
    xr1: gate(0.00621),
    xr2: gate(0.4712),
    xs: gate(0.0095),
    m: gate(0.00172),
    h: gate(0.7444),
    j: gate(0.7045),
    d: gate(3.373e-5),
    f: gate(0.7888),
    f2: gate(0.9755),
    fCass: gate(0.9953),
    s: gate(0.999998),
    r: gate(2.42e-8),
    Ca_i: concentration(0.000126, [0, 0.02]),
    R_bar: recovery(0.9073, [-0.01, 1.01]),
    Ca_SR: concentration(3.64, [0, 20]),
    Ca_SS: concentration(0.00036, [0, 20]),
    Na_i: concentration(8.604, [1, 40]),
    K_i: concentration(136.89, [80, 200]),
  },
  params: {
    g_Na: perCapacitance(14.838),
    g_K1: perCapacitance(5.405),
    g_to: perCapacitance(0.294),
    g_Kr: perCapacitance(0.153),
    g_Ks: perCapacitance(0.392),
    g_CaL: param(3.98e-5, "cm/(ms uF)", [4e-6, 2e-4]),
    k_NaCa: density(1000),
    P_NaK: density(2.724),
    g_pCa: density(0.1238),
    g_pK: perCapacitance(0.0146),
    g_bCa: perCapacitance(0.000592),
    g_bNa: perCapacitance(0.00029),
    s_half: layer(-20, "mV", [-40, 0]),
    s_slow: layer(85, "ms", [10, 2000]),
    s_centre: layer(-45, "mV", [-90, 0]),
    s_width: layer(320, "mV^2", [50, 5000]),
    s_step: layer(5, "ms", [0, 50]),
    s_fast: layer(3, "ms", [1, 50]),
  },
  variants: {
    endo: {
      values: {
        ...{ g_to: 0.073, s_half: -28, s_slow: 1000, s_centre: -67, s_width: 1000 },
        ...{ s_step: 0, s_fast: 8 },
      },
      fixed: [],
    },
    M: { values: { g_Ks: 0.098 }, fixed: [] },
  },
  equations: `
    R = 8314.472                      # mJ / (K mol)
    T = 310                           # K
    F = 96485.3415                    # C / mol
    C_m = 0.185                       # nF; with litres * 1e-9, mM and ms, pA/pF * C_m is in pA
    V_c = 0.016404                    # nl
    V_sr = 0.001094
    V_ss = 0.00005468
    K_o = 5.4                         # mM
    Na_o = 140
    Ca_o = 2

    p_KNa = 0.03
    E_Na = -R * T / F * log(Na_i / Na_o)
    E_K  = -R * T / F * log(K_i / K_o)
    E_Ks = -R * T / F * log((K_i + p_KNa * Na_i) / (K_o + p_KNa * Na_o))
    E_Ca = -0.5 * R * T / F * log(Ca_i / Ca_o)

    # Fast sodium current
    m_inf = 1 / (1 + exp((-56.86 - V) / 9.03))^2
    alpha_m = 1 / (1 + exp((-60 - V) / 5))
    beta_m = 0.1 / (1 + exp((V + 35) / 5)) + 0.1 / (1 + exp((V - 50) / 200))
    tau_m = alpha_m * beta_m
    m' = (m_inf - m) / tau_m
    h_inf = 1 / (1 + exp((V + 71.55) / 7.43))^2
    alpha_h = if(V < -40, 0.057 * exp(-(V + 80) / 6.8), 0)
    beta_h = if(V < -40,
      2.7 * exp(0.079 * V) + 3.1e5 * exp(0.3485 * V),
      0.77 / (0.13 * (1 + exp(-(V + 10.66) / 11.1))))
    tau_h = 1 / (alpha_h + beta_h)
    h' = (h_inf - h) / tau_h
    j_inf = h_inf
    alpha_j = if(V < -40,
      (-2.5428e4 * exp(0.2444 * V) - 6.948e-6 * exp(-0.04391 * V)) * (V + 37.78)
        / (1 + exp(0.311 * (V + 79.23))),
      0)
    beta_j = if(V < -40,
      0.02424 * exp(-0.01052 * V) / (1 + exp(-0.1378 * (V + 40.14))),
      0.6 * exp(0.057 * V) / (1 + exp(-0.1 * (V + 32))))
    tau_j = 1 / (alpha_j + beta_j)
    j' = (j_inf - j) / tau_j
    I_Na = g_Na * m^3 * h * j * (V - E_Na)

    # L-type calcium current: linexp(z) = z / (1 - exp(-z)) has no gap at 15 mV
    d_inf = 1 / (1 + exp((-8 - V) / 7.5))
    alpha_d = 1.4 / (1 + exp((-35 - V) / 13)) + 0.25
    beta_d = 1.4 / (1 + exp((V + 5) / 5))
    gamma_d = 1 / (1 + exp((50 - V) / 20))
    tau_d = alpha_d * beta_d + gamma_d
    d' = (d_inf - d) / tau_d
    f_inf = 1 / (1 + exp((V + 20) / 7))
    tau_f = (1102.5 * exp(-(V + 27)^2 / 225) + 200 / (1 + exp((13 - V) / 10))
      + 180 / (1 + exp((V + 30) / 10)) + 20)
    f' = (f_inf - f) / tau_f
    f2_inf = 0.67 / (1 + exp((V + 35) / 7)) + 0.33
    tau_f2 = (562 * exp(-(V + 27)^2 / 240) + 31 / (1 + exp((25 - V) / 10))
      + 80 / (1 + exp((V + 30) / 10)))
    f2' = (f2_inf - f2) / tau_f2
    subspace = 1 / (1 + (Ca_SS / 0.05)^2)
    fCass_inf = 0.6 * subspace + 0.4
    tau_fCass = 80 * subspace + 2
    fCass' = (fCass_inf - fCass) / tau_fCass
    z = 2 * (V - 15) * F / (R * T)
    I_CaL = g_CaL * d * f * f2 * fCass * 2 * F * linexp(-z) * (0.25 * Ca_SS * exp(z) - Ca_o)

    # Transient outward current
    r_inf = 1 / (1 + exp((20 - V) / 6))
    tau_r = 9.5 * exp(-(V + 40)^2 / 1800) + 0.8
    r' = (r_inf - r) / tau_r
    s_inf = 1 / (1 + exp((V - s_half) / 5))
    tau_s = s_slow * exp(-(V - s_centre)^2 / s_width) + s_step / (1 + exp((V - 20) / 5)) + s_fast
    s' = (s_inf - s) / tau_s
    I_to = g_to * r * s * (V - E_K)

    # Slow and rapid delayed rectifier
    xs_inf = 1 / (1 + exp((-5 - V) / 14))
    alpha_xs = 1400 / sqrt(1 + exp((5 - V) / 6))
    beta_xs = 1 / (1 + exp((V - 35) / 15))
    tau_xs = alpha_xs * beta_xs + 80
    xs' = (xs_inf - xs) / tau_xs
    I_Ks = g_Ks * xs^2 * (V - E_Ks)
    xr1_inf = 1 / (1 + exp((-26 - V) / 7))
    alpha_xr1 = 450 / (1 + exp((-45 - V) / 10))
    beta_xr1 = 6 / (1 + exp((V + 30) / 11.5))
    tau_xr1 = alpha_xr1 * beta_xr1
    xr1' = (xr1_inf - xr1) / tau_xr1
    xr2_inf = 1 / (1 + exp((V + 88) / 24))
    alpha_xr2 = 3 / (1 + exp((-60 - V) / 20))
    beta_xr2 = 1.12 / (1 + exp((V - 60) / 20))
    tau_xr2 = alpha_xr2 * beta_xr2
    xr2' = (xr2_inf - xr2) / tau_xr2
    I_Kr = g_Kr * sqrt(K_o / 5.4) * xr1 * xr2 * (V - E_K)

    # Inward rectifier
    alpha_K1 = 0.1 / (1 + exp(0.06 * (V - E_K - 200)))
    beta_K1 = ((3 * exp(0.0002 * (V - E_K + 100)) + exp(0.1 * (V - E_K - 10)))
      / (1 + exp(-0.5 * (V - E_K))))
    I_K1 = g_K1 * sqrt(K_o / 5.4) * alpha_K1 / (alpha_K1 + beta_K1) * (V - E_K)

    # Exchanger, pumps and background; out * in = exp((gamma - 1) V F / (R T))
    gamma = 0.35
    out = exp(gamma * V * F / (R * T))
    in = exp(-V * F / (R * T))
    k_sat = 0.1
    alpha = 2.5
    I_NaCa = (k_NaCa * (out * Na_i^3 * Ca_o - out * in * Na_o^3 * Ca_i * alpha)
      / ((87.5^3 + Na_o^3) * (1.38 + Ca_o) * (1 + k_sat * out * in)))
    I_NaK = (P_NaK * K_o / (K_o + 1) * Na_i
      / ((Na_i + 40) * (1 + 0.1245 * exp(-0.1 * V * F / (R * T)) + 0.0353 * in)))
    I_pCa = g_pCa * Ca_i / (Ca_i + 0.0005)
    I_pK = g_pK * (V - E_K) / (1 + exp((25 - V) / 5.98))
    I_bNa = g_bNa * (V - E_Na)
    I_bCa = g_bCa * (V - E_Ca)

    # Calcium handling, mM/ms
    k_casr = 2.5 - (2.5 - 1) / (1 + (1.5 / Ca_SR)^2)
    k1 = 0.15 / k_casr
    k2 = 0.045 * k_casr
    R_bar' = -k2 * Ca_SS * R_bar + 0.005 * (1 - R_bar)
    O = k1 * Ca_SS^2 * R_bar / (0.06 + k1 * Ca_SS^2)
    J_rel = 0.102 * O * (Ca_SR - Ca_SS)
    J_up = 0.006375 / (1 + 0.00025^2 / Ca_i^2)
    J_leak = 0.00036 * (Ca_SR - Ca_i)
    J_xfer = 0.0038 * (Ca_SS - Ca_i)
    # Free calcium among its buffers: d(free) = d(total) / (1 + Buf K / (free + K)^2)
    Ca_i' = ((J_xfer + (J_leak - J_up) * V_sr / V_c
      - (I_bCa + I_pCa - 2 * I_NaCa) * C_m / (2 * V_c * F))
      / (1 + 0.2 * 0.001 / (Ca_i + 0.001)^2))
    Ca_SR' = (J_up - J_rel - J_leak) / (1 + 10 * 0.3 / (Ca_SR + 0.3)^2)
    Ca_SS' = ((J_rel * V_sr / V_ss - J_xfer * V_c / V_ss - I_CaL * C_m / (2 * V_ss * F))
      / (1 + 0.4 * 0.00025 / (Ca_SS + 0.00025)^2))

    Na_i' = -(I_Na + I_bNa + 3 * I_NaK + 3 * I_NaCa) * C_m / (V_c * F)
    K_i' = -(I_K1 + I_to + I_Kr + I_Ks - 2 * I_NaK + I_pK) * C_m / (V_c * F)
    V' = -(I_Na + I_K1 + I_to + I_Kr + I_Ks + I_CaL + I_NaCa + I_NaK + I_pCa + I_pK + I_bNa + I_bCa)
  `,
});
