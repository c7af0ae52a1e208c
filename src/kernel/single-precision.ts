/**
 * What printers in single precision compute exp, log and tanh from. Series go from the highest power
 * down.
 */

/** 1.5 * 2^23: adding it rounds to an integer that then sits in the low bits. */
export const magic = 12582912;

/** ln 2 in two parts, so that a small integer times the first is exact. */
export const ln2 = { high: 0.693359375, low: -2.1219444e-4 } as const;

/**
 * exp, relative error 1.2e-7 on the range, clamped outside.
 * x = k ln 2 + r; exp(r) by a polynomial of degree 7 (Cephes), k added into the exponent bits.
 */
export const exponential = {
  range: [-87, 88],
  series: [
    1.9875691e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5, 1, 1,
  ],
} as const;

/**
 * Natural logarithm, 2.4e-7 relative; the argument must be a positive normal number.
 * x = 2^e m with m in [sqrt(1/2), sqrt(2)) and f = m - 1: log(x) = f + f^2 P(f) + e ln 2, where P is
 * the series (Cephes).
 */
export const logarithm = {
  /** The bits of sqrt(1/2). */
  sqrtHalf: 0x3f3504f3,
  series: [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1, -0.5,
  ],
} as const;

/**
 * tanh, relative error 4.3e-7: x P(x^2) / Q(x^2), degrees 7 and 8, with the least largest relative
 * error up to the end; Q = x^8 + ..., so that both take about as long.
 */
export const hyperbolicTangent = {
  above: [46.7625999, 12173.9268, 535124.188, 4143970.75],
  /** Without the leading 1. */
  below: [981.249023, 98466.0547, 1916442.5, 4143971.5],
  /** Here the quotient rounds to exactly 1, where tanh is 1 - 3.9e-7; not above 1 before it. */
  end: 7.7247448,
} as const;
