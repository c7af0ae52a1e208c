import { concentration, gate, param, recovery, voltage } from "../../model/declare.js";
import { reaction } from "../../model/reaction-system.js";

const perCapacitance = (value: number) => param(value, "mS/uF", [value / 10, value * 5]);
const permeability = (value: number) => param(value, "cm/s", [value / 10, value * 5]);
const strength = (value: number) => param(value, "uA/uF", [value / 10, value * 5]);

/**
 * Human endocardial ventricular myocyte. CaMK phosphorylates a part of the channels; their states end
 * in p. The published start (gates at 0 and 1) is not near any beat: this one is the end of the 500th
 * beat from there at 1 Hz. The stimulus enters the potential only: it is not counted as potassium.
 */
export const oharaRudy = reaction({
  name: "ohara-rudy",
  title: "O'Hara-Virag-Varro-Rudy 2011, human ventricle (endocardial)",
  cite: "doi:10.1371/journal.pcbi.1002061",
  millivolts: { rest_mV: -88.0027, amplitude_mV: 125 },
  numerics: { scheme: "rush-larsen", step_ms: 0.01 },
  // A paced cell: the slow inactivation of calcium current and the CaMK trap go on recovering.
  restDrift_per_ms: 0.0005,
  onRequest: true,
  states: {
    V: voltage(-88.0027),
    CaMK_t: recovery(0.01251, [-0.01, 1.01]),
    Na_i: concentration(7.2614, [1, 40]),
    Na_ss: concentration(7.26149, [1, 40]),
    K_i: concentration(144.662, [80, 200]),
    K_ss: concentration(144.662, [80, 200]),
    Ca_i: concentration(8.5756e-5, [0, 0.02]),
    Ca_ss: concentration(8.46353e-5, [0, 1]),
    Ca_nsr: concentration(1.61893, [0, 20]),
    Ca_jsr: concentration(1.57268, [0, 20]),
    m: gate(0.0073436),
    hf: gate(0.698134),
    hs: gate(0.698117),
    j: gate(0.698022),
    hsp: gate(0.454982),
    jp: gate(0.697959),
    mL: gate(0.000188235),
    hL: gate(0.501438),
    hLp: gate(0.270041),
    a: gate(0.00100105),
    iF: gate(0.999554),
    iS: gate(0.591344),
    ap: gate(0.00051006),
    iFp: gate(0.999554),
    iSp: gate(0.644157),
    d: gate(2.34037e-9),
    ff: gate(1),
    fs: gate(0.911067),
    fcaf: gate(1),
    fcas: gate(0.999823),
    jca: gate(0.999977),
    ffp: gate(1),
    fcafp: gate(1),
    n: gate(0.00271299),
    xrf: gate(8.06905e-6),
    xrs: gate(0.450362),
    xs1: gate(0.269612),
    xs2: gate(0.000192831),
    xK1: gate(0.99676),
    J_relnp: recovery(2.50462e-7, [-1, 20]),
    J_relp: recovery(3.1292e-7, [-1, 20]),
  },
  params: {
    G_Na: perCapacitance(75),
    G_NaL: perCapacitance(0.0075),
    G_to: perCapacitance(0.02),
    P_Ca: permeability(0.0001),
    G_Kr: perCapacitance(0.046),
    G_Ks: perCapacitance(0.0034),
    G_K1: perCapacitance(0.1908),
    G_NCX: strength(0.0008),
    P_NaK: param(30, "mV/mM", [3, 150]),
    G_Kb: perCapacitance(0.003),
    P_Nab: permeability(3.75e-10),
    P_Cab: permeability(2.5e-8),
    G_pCa: perCapacitance(0.0005),
  },
  equations: `
    R = 8314                          # mJ / (K mol)
    T = 310                           # K
    F = 96485                         # C / mol
    K_o = 5.4                         # mM
    Na_o = 140
    Ca_o = 1.8
    # A cylinder of 0.01 by 0.0011 cm, ul and cm^2
    v_cell = 1000 * 3.14 * 0.0011^2 * 0.01
    A_cap = 2 * (2 * 3.14 * 0.0011^2 + 2 * 3.14 * 0.0011 * 0.01)
    v_myo = 0.68 * v_cell
    v_nsr = 0.0552 * v_cell
    v_jsr = 0.0048 * v_cell
    v_ss = 0.02 * v_cell

    # CaMK, and the share of channels that it has phosphorylated
    CaMK_b = 0.05 * (1 - CaMK_t) / (1 + 0.0015 / Ca_ss)
    CaMK_a = CaMK_b + CaMK_t
    CaMK_t' = 0.05 * CaMK_b * (CaMK_b + CaMK_t) - 0.00068 * CaMK_t
    p = CaMK_a / (CaMK_a + 0.15)

    E_Na = -R * T / F * log(Na_i / Na_o)
    E_K  = -R * T / F * log(K_i / K_o)
    E_Ks = -R * T / F * log((K_i + 0.01833 * Na_i) / (K_o + 0.01833 * Na_o))

    # Fast sodium current
    m_inf = 1 / (1 + exp(-(V + 39.57) / 9.871))
    tau_m = 1 / (6.765 * exp((V + 11.64) / 34.77) + 8.552 * exp(-(V + 77.42) / 5.955))
    m' = (m_inf - m) / tau_m
    h_inf = 1 / (1 + exp((V + 82.9) / 6.086))
    tau_hf = 1 / (1.432e-5 * exp(-(V + 1.196) / 6.285) + 6.149 * exp((V + 0.5096) / 20.27))
    tau_hs = 1 / (0.009794 * exp(-(V + 17.95) / 28.05) + 0.3343 * exp((V + 5.73) / 56.66))
    hf' = (h_inf - hf) / tau_hf
    hs' = (h_inf - hs) / tau_hs
    h = 0.99 * hf + 0.01 * hs
    j_inf = h_inf
    tau_j = 2.038 + 1 / (0.02136 * exp(-(V + 100.6) / 8.281) + 0.3052 * exp((V + 0.9941) / 38.45))
    j' = (j_inf - j) / tau_j
    hsp_inf = 1 / (1 + exp((V + 89.1) / 6.086))
    hsp' = (hsp_inf - hsp) / (3 * tau_hs)
    hp = 0.99 * hf + 0.01 * hsp
    jp' = (j_inf - jp) / (1.46 * tau_j)
    I_Na = G_Na * (V - E_Na) * m^3 * ((1 - p) * h * j + p * hp * jp)

    # Late sodium current
    mL_inf = 1 / (1 + exp(-(V + 42.85) / 5.264))
    mL' = (mL_inf - mL) / tau_m
    hL_inf = 1 / (1 + exp((V + 87.61) / 7.488))
    hL' = (hL_inf - hL) / 200
    hLp_inf = 1 / (1 + exp((V + 93.81) / 7.488))
    hLp' = (hLp_inf - hLp) / 600
    I_NaL = G_NaL * (V - E_Na) * mL * ((1 - p) * hL + p * hLp)

    # Transient outward current
    a_inf = 1 / (1 + exp(-(V - 14.34) / 14.82))
    tau_a = (1.0515 / (1 / (1.2089 * (1 + exp(-(V - 18.4099) / 29.3814)))
      + 3.5 / (1 + exp((V + 100) / 29.3814))))
    a' = (a_inf - a) / tau_a
    i_inf = 1 / (1 + exp((V + 43.94) / 5.711))
    tau_iF = 4.562 + 1 / (0.3933 * exp(-(V + 100) / 100) + 0.08004 * exp((V + 50) / 16.59))
    tau_iS = 23.62 + 1 / (0.001416 * exp(-(V + 96.52) / 59.05) + 1.78e-8 * exp((V + 114.1) / 8.079))
    iF' = (i_inf - iF) / tau_iF
    iS' = (i_inf - iS) / tau_iS
    A_iF = 1 / (1 + exp((V - 213.6) / 151.2))
    i = A_iF * iF + (1 - A_iF) * iS
    ap_inf = 1 / (1 + exp(-(V - 24.34) / 14.82))
    ap' = (ap_inf - ap) / tau_a
    develop = 1.354 + 1e-4 / (exp((V - 167.4) / 15.89) + exp(-(V - 12.23) / 0.2154))
    recover = 1 - 0.5 / (1 + exp((V + 70) / 20))
    iFp' = (i_inf - iFp) / (develop * recover * tau_iF)
    iSp' = (i_inf - iSp) / (develop * recover * tau_iS)
    ip = A_iF * iFp + (1 - A_iF) * iSp
    I_to = G_to * (V - E_K) * ((1 - p) * a * i + p * ap * ip)

    # L-type channel: calcium, sodium and potassium; linexp(x) = x / (1 - exp(-x)) at 0 mV
    d_inf = 1 / (1 + exp(-(V + 3.94) / 4.23))
    tau_d = 0.6 + 1 / (exp(-0.05 * (V + 6)) + exp(0.09 * (V + 14)))
    d' = (d_inf - d) / tau_d
    f_inf = 1 / (1 + exp((V + 19.58) / 3.696))
    tau_ff = 7 + 1 / (0.0045 * exp(-(V + 20) / 10) + 0.0045 * exp((V + 20) / 10))
    tau_fs = 1000 + 1 / (0.000035 * exp(-(V + 5) / 4) + 0.000035 * exp((V + 5) / 6))
    ff' = (f_inf - ff) / tau_ff
    fs' = (f_inf - fs) / tau_fs
    f = 0.6 * ff + 0.4 * fs
    fca_inf = f_inf
    tau_fcaf = 7 + 1 / (0.04 * exp(-(V - 4) / 7) + 0.04 * exp((V - 4) / 7))
    tau_fcas = 100 + 1 / (0.00012 * exp(-V / 3) + 0.00012 * exp(V / 7))
    fcaf' = (fca_inf - fcaf) / tau_fcaf
    fcas' = (fca_inf - fcas) / tau_fcas
    A_fcaf = 0.3 + 0.6 / (1 + exp((V - 10) / 10))
    fca = A_fcaf * fcaf + (1 - A_fcaf) * fcas
    jca' = (fca_inf - jca) / 75
    ffp' = (f_inf - ffp) / (2.5 * tau_ff)
    fp = 0.6 * ffp + 0.4 * fs
    fcafp' = (fca_inf - fcafp) / (2.5 * tau_fcaf)
    fcap = A_fcaf * fcafp + (1 - A_fcaf) * fcas
    # Calmodulin that has bound calcium switches from f to fca
    k_n = 1000
    alpha_n = 1 / (k_n / jca + (1 + 0.002 / Ca_ss)^4)
    n' = alpha_n * k_n - n * jca
    x = V * F / (R * T)
    Psi_Ca = 2 * F * linexp(-2 * x) * (Ca_ss * exp(2 * x) - 0.341 * Ca_o)
    Psi_CaNa = 0.75 * F * linexp(-x) * (Na_ss * exp(x) - Na_o)
    Psi_CaK = 0.75 * F * linexp(-x) * (K_ss * exp(x) - K_o)
    open = d * (f * (1 - n) + fca * n * jca)
    openp = d * (fp * (1 - n) + fcap * n * jca)
    phosphorylated = P_Ca * ((1 - p) * open + 1.1 * p * openp)
    I_CaL = phosphorylated * Psi_Ca
    I_CaNa = 0.00125 * phosphorylated * Psi_CaNa
    I_CaK = 0.0003574 * phosphorylated * Psi_CaK

    # Rapid and slow delayed rectifier
    xr_inf = 1 / (1 + exp(-(V + 8.337) / 6.789))
    tau_xrf = 12.98 + 1 / (0.3652 * exp((V - 31.66) / 3.869) + 4.123e-5 * exp(-(V - 47.78) / 20.38))
    tau_xrs = 1.865 + 1 / (0.06629 * exp((V - 34.7) / 7.355) + 1.128e-5 * exp(-(V - 29.74) / 25.94))
    xrf' = (xr_inf - xrf) / tau_xrf
    xrs' = (xr_inf - xrs) / tau_xrs
    A_xrf = 1 / (1 + exp((V + 54.81) / 38.21))
    xr = A_xrf * xrf + (1 - A_xrf) * xrs
    R_Kr = 1 / ((1 + exp((V + 55) / 75)) * (1 + exp((V - 10) / 30)))
    I_Kr = G_Kr * sqrt(K_o / 5.4) * xr * R_Kr * (V - E_K)
    xs1_inf = 1 / (1 + exp(-(V + 11.6) / 8.932))
    tau_xs1 = 817.3 + 1 / (2.326e-4 * exp((V + 48.28) / 17.8) + 0.001292 * exp(-(V + 210) / 230))
    xs1' = (xs1_inf - xs1) / tau_xs1
    xs2_inf = xs1_inf
    tau_xs2 = 1 / (0.01 * exp((V - 50) / 20) + 0.0193 * exp(-(V + 66.54) / 31))
    xs2' = (xs2_inf - xs2) / tau_xs2
    I_Ks = G_Ks * (1 + 0.6 / (1 + (3.8e-5 / Ca_i)^1.4)) * xs1 * xs2 * (V - E_Ks)

    # Inward rectifier
    xK1_inf = 1 / (1 + exp(-(V + 2.5538 * K_o + 144.59) / (1.5692 * K_o + 3.8115)))
    tau_xK1 = 122.2 / (exp(-(V + 127.2) / 20.36) + exp((V + 236.8) / 69.33))
    xK1' = (xK1_inf - xK1) / tau_xK1
    R_K1 = 1 / (1 + exp((V + 105.8 - 2.6 * K_o) / 9.493))
    I_K1 = G_K1 * sqrt(K_o) * xK1 * R_K1 * (V - E_K)

    # Exchanger: four states, once facing the cytosol (i) and once the subspace (s)
    h_Ca = exp(0.167 * x)
    h_Na = exp(0.5224 * x)
    h7 = 1 + Na_o / 88.12 * (1 + 1 / h_Na)
    h8 = Na_o / (88.12 * h_Na * h7)
    h9 = 1 / h7
    h10 = 12.5 + 1 + Na_o / 15 * (1 + Na_o / 5)
    h11 = Na_o^2 / (h10 * 15 * 5)
    h12 = 1 / h10
    k1 = h12 * Ca_o * 1.5e6
    k2 = 5000
    k3pp = h8 * 5000
    k3 = h9 * 60000 + k3pp
    k5 = 5000
    k8 = h8 * h11 * 60000

    h1_i = 1 + Na_i / 88.12 * (1 + h_Na)
    h2_i = Na_i * h_Na / (88.12 * h1_i)
    h3_i = 1 / h1_i
    h4_i = 1 + Na_i / 15 * (1 + Na_i / 5)
    h5_i = Na_i^2 / (h4_i * 15 * 5)
    h6_i = 1 / h4_i
    k4pp_i = h2_i * 5000
    k4_i = h3_i * 60000 / h_Ca + k4pp_i
    k6_i = h6_i * Ca_i * 1.5e6
    k7_i = h5_i * h2_i * 60000
    x1_i = k2 * k4_i * (k7_i + k6_i) + k5 * k7_i * (k2 + k3)
    x2_i = k1 * k7_i * (k4_i + k5) + k4_i * k6_i * (k1 + k8)
    x3_i = k1 * k3 * (k7_i + k6_i) + k8 * k6_i * (k2 + k3)
    x4_i = k2 * k8 * (k4_i + k5) + k3 * k5 * (k1 + k8)
    J_Na_i = 3 * (x4_i * k7_i - x1_i * k8) + x3_i * k4pp_i - x2_i * k3pp
    J_Ca_i = x2_i * k2 - x1_i * k1
    allo_i = 1 / (1 + (0.00015 / Ca_i)^2)
    I_NaCa_i = 0.8 * G_NCX * allo_i * (J_Na_i + 2 * J_Ca_i) / (x1_i + x2_i + x3_i + x4_i)

    h1_s = 1 + Na_ss / 88.12 * (1 + h_Na)
    h2_s = Na_ss * h_Na / (88.12 * h1_s)
    h3_s = 1 / h1_s
    h4_s = 1 + Na_ss / 15 * (1 + Na_ss / 5)
    h5_s = Na_ss^2 / (h4_s * 15 * 5)
    h6_s = 1 / h4_s
    k4pp_s = h2_s * 5000
    k4_s = h3_s * 60000 / h_Ca + k4pp_s
    k6_s = h6_s * Ca_ss * 1.5e6
    k7_s = h5_s * h2_s * 60000
    x1_s = k2 * k4_s * (k7_s + k6_s) + k5 * k7_s * (k2 + k3)
    x2_s = k1 * k7_s * (k4_s + k5) + k4_s * k6_s * (k1 + k8)
    x3_s = k1 * k3 * (k7_s + k6_s) + k8 * k6_s * (k2 + k3)
    x4_s = k2 * k8 * (k4_s + k5) + k3 * k5 * (k1 + k8)
    J_Na_s = 3 * (x4_s * k7_s - x1_s * k8) + x3_s * k4pp_s - x2_s * k3pp
    J_Ca_s = x2_s * k2 - x1_s * k1
    allo_s = 1 / (1 + (0.00015 / Ca_ss)^2)
    I_NaCa_ss = 0.2 * G_NCX * allo_s * (J_Na_s + 2 * J_Ca_s) / (x1_s + x2_s + x3_s + x4_s)

    # Sodium-potassium pump: four states
    K_Nai = 9.073 * exp(-0.155 * x / 3)
    K_Nao = 27.78 * exp((1 + 0.155) * x / 3)
    P = 4.2 / (1 + 1e-7 / 1.698e-7 + Na_i / 224 + K_i / 292)
    Na_in = (1 + Na_i / K_Nai)^3 + (1 + K_i / 0.5)^2 - 1
    Na_out = (1 + Na_o / K_Nao)^3 + (1 + K_o / 0.3582)^2 - 1
    MgATP = 9.8 / 1.698e-7
    alpha1 = 949.5 * (Na_i / K_Nai)^3 / Na_in
    beta1 = 182.4 * 0.05
    alpha2 = 687.2
    beta2 = 39.4 * (Na_o / K_Nao)^3 / Na_out
    alpha3 = 1899 * (K_o / 0.3582)^2 / Na_out
    beta3 = 79300 * P * 1e-7 / (1 + MgATP)
    alpha4 = 639 * MgATP / (1 + MgATP)
    beta4 = 40 * (K_i / 0.5)^2 / Na_in
    x1 = alpha4 * alpha1 * alpha2 + beta2 * beta4 * beta3 + alpha2 * beta4 * beta3 + beta3 * alpha1 * alpha2
    x2 = beta2 * beta1 * beta4 + alpha1 * alpha2 * alpha3 + alpha3 * beta1 * beta4 + alpha2 * alpha3 * beta4
    x3 = alpha2 * alpha3 * alpha4 + beta3 * beta2 * beta1 + beta2 * beta1 * alpha4 + alpha3 * alpha4 * beta1
    x4 = beta4 * beta3 * beta2 + alpha3 * alpha4 * alpha1 + beta2 * alpha4 * alpha1 + beta3 * beta2 * alpha1
    J_NaK_Na = 3 * (x1 * alpha3 - x2 * beta3)
    J_NaK_K = 2 * (x4 * beta1 - x3 * alpha1)
    I_NaK = P_NaK * (J_NaK_Na + J_NaK_K) / (x1 + x2 + x3 + x4)

    # Background currents and the calcium pump
    I_Kb = G_Kb * (V - E_K) / (1 + exp(-(V - 14.48) / 18.34))
    I_Nab = P_Nab * F * linexp(-x) * (Na_i * exp(x) - Na_o)
    I_Cab = P_Cab * 2 * F * linexp(-2 * x) * (Ca_i * exp(2 * x) - 0.341 * Ca_o)
    I_pCa = G_pCa * Ca_i / (0.0005 + Ca_i)

    # Calcium release, uptake and fluxes between compartments, mM/ms
    release = -I_CaL / (1 + (1.5 / Ca_jsr)^8)
    opening = 1 / (1 + 0.0123 / Ca_jsr)
    J_relnp' = (0.5 * 4.75 * release - J_relnp) / max(4.75 * opening, 0.001)
    J_relp' = (0.5 * 1.25 * 4.75 * release - J_relp) / max(1.25 * 4.75 * opening, 0.001)
    J_rel = (1 - p) * J_relnp + p * J_relp
    J_upnp = 0.004375 * Ca_i / (Ca_i + 0.00092)
    J_upp = 2.75 * 0.004375 * Ca_i / (Ca_i + 0.00092 - 0.00017)
    J_leak = 0.0039375 * Ca_nsr / 15
    J_up = (1 - p) * J_upnp + p * J_upp - J_leak
    J_tr = (Ca_nsr - Ca_jsr) / 100
    J_diffNa = (Na_ss - Na_i) / 2
    J_diffK = (K_ss - K_i) / 2
    J_diff = (Ca_ss - Ca_i) / 0.2

    Na_i' = (-(I_Na + I_NaL + 3 * I_NaCa_i + 3 * I_NaK + I_Nab) * A_cap / (F * v_myo)
      + J_diffNa * v_ss / v_myo)
    Na_ss' = -(I_CaNa + 3 * I_NaCa_ss) * A_cap / (F * v_ss) - J_diffNa
    K_i' = (-(I_to + I_Kr + I_Ks + I_K1 + I_Kb - 2 * I_NaK) * A_cap / (F * v_myo)
      + J_diffK * v_ss / v_myo)
    K_ss' = -I_CaK * A_cap / (F * v_ss) - J_diffK
    Ca_i' = ((-(I_pCa + I_Cab - 2 * I_NaCa_i) * A_cap / (2 * F * v_myo)
      - J_up * v_nsr / v_myo + J_diff * v_ss / v_myo)
      / (1 + 0.05 * 0.00238 / (0.00238 + Ca_i)^2 + 0.07 * 0.0005 / (0.0005 + Ca_i)^2))
    Ca_ss' = ((-(I_CaL - 2 * I_NaCa_ss) * A_cap / (2 * F * v_ss) + J_rel * v_jsr / v_ss - J_diff)
      / (1 + 0.047 * 0.00087 / (0.00087 + Ca_ss)^2 + 1.124 * 0.0087 / (0.0087 + Ca_ss)^2))
    Ca_nsr' = J_up - J_tr * v_jsr / v_nsr
    Ca_jsr' = (J_tr - J_rel) / (1 + 10 * 0.8 / (0.8 + Ca_jsr)^2)
    V' = -(I_Na + I_NaL + I_to + I_CaL + I_CaNa + I_CaK + I_Kr + I_Ks + I_K1 + I_NaCa_i + I_NaCa_ss
      + I_NaK + I_Nab + I_Cab + I_Kb + I_pCa)
  `,
});
