/** Absolute errors of held-out values and the scale that was predicted for each. */
export interface HeldOut {
  readonly errors: readonly number[];
  readonly scales: readonly number[];
}

export interface Conformal {
  /** Half-width of the interval in units of the scale; infinite where too little was held out. */
  readonly factor: number;
  /** Held-out values, and the groups (pacing sites) that they come from. */
  readonly values: number;
  readonly sites: number;
  /** Share inside at each site with the factor of the others: lowest and highest; null for one site. */
  readonly acrossSites: readonly [number, number] | null;
}

/**
 * Split-conformal factor (Papadopoulos 2002; Lei et al. 2018): the ceil((n + 1) level)-th smallest
 * of |error| / scale. A further value that is exchangeable with these lies inside with probability
 * `level` or a little more, whatever the model. Nodes of one beat are not exchangeable with those of
 * another, so the guarantee is for further nodes of the sites that were held out; between sites it
 * holds as well as the sites resemble each other, which `acrossSites` shows.
 */
export function conformal(sites: readonly HeldOut[], level = 0.9): Conformal {
  const ratios = sites.map(({ errors, scales }) => errors.map((e, k) => Math.abs(e) / scales[k]));
  const inside = (site: number): number => {
    const factor = quantile(ratios.filter((_, k) => k !== site).flat(), level);
    return ratios[site].filter((r) => r <= factor).length / ratios[site].length;
  };
  const used = [...ratios.keys()].filter((k) => ratios[k].length > 0);
  const shares = used.length > 1 ? used.map(inside) : [];
  const all = ratios.flat();
  return {
    factor: quantile(all, level),
    values: all.length,
    sites: used.length,
    acrossSites: shares.length > 0 ? [Math.min(...shares), Math.max(...shares)] : null,
  };
}

function quantile(ratios: readonly number[], level: number): number {
  const rank = Math.ceil((ratios.length + 1) * level);
  if (rank > ratios.length) return Number.POSITIVE_INFINITY;
  return Float64Array.from(ratios).sort()[rank - 1];
}
