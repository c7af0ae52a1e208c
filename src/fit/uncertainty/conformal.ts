/** Errors of held-out values, infinite where nothing was predicted, and the scale of each. */
export interface HeldOut {
  readonly errors: readonly number[];
  readonly scales: readonly number[];
}

export interface Conformal {
  /** Half-width of the interval in units of the scale; infinite where too little was held out, or too much of it missed. */
  readonly factor: number;
  /** Held-out values, and the groups (pacing sites) that they come from. */
  readonly values: number;
  readonly sites: number;
  /** Share of the held-out values where nothing was predicted: the twin is silent. */
  readonly silent: number;
  /** Share inside at each site with the factor of the others: lowest and highest; null for one site. */
  readonly acrossSites: readonly [number, number] | null;
}

/**
 * Split-conformal factor (Papadopoulos 2002; Lei et al. 2018): the ceil((n + 1) level)-th smallest
 * of |error| / scale. A further value that is exchangeable with these lies inside with probability
 * `level` or more, whatever the model. Nodes of one beat are not exchangeable with those of another,
 * and sites are few: the factor is that of the site that needs the largest, so that a further site
 * is no worse than it with probability S / (S + 1) of S exchangeable sites.
 */
export function conformal(sites: readonly HeldOut[], level = 0.9): Conformal {
  const ratios = sites
    .map(({ errors, scales }) => errors.map((e, k) => Math.abs(e) / scales[k]))
    .filter((own) => own.length > 0);
  const inside = (own: readonly number[], site: number): number => {
    const factor = factorOf(
      ratios.filter((_, k) => k !== site),
      level,
    );
    return own.filter((r) => Number.isFinite(r) && r <= factor).length / own.length;
  };
  const shares = ratios.length > 1 ? ratios.map(inside) : [];
  return {
    factor: factorOf(ratios, level),
    values: ratios.flat().length,
    sites: ratios.length,
    silent:
      ratios.flat().filter((r) => r === Number.POSITIVE_INFINITY).length /
      Math.max(1, ratios.flat().length),
    acrossSites: shares.length > 0 ? [Math.min(...shares), Math.max(...shares)] : null,
  };
}

/** All values together, and every site alone that has enough of its own. */
function factorOf(sites: readonly (readonly number[])[], level: number): number {
  const own = sites.flatMap((ratios) => quantile(ratios, level) ?? []);
  return Math.max(quantile(sites.flat(), level) ?? Number.POSITIVE_INFINITY, ...own);
}

/** Undefined for too few values. */
function quantile(ratios: readonly number[], level: number): number | undefined {
  const rank = Math.ceil((ratios.length + 1) * level);
  return Float64Array.from(ratios).sort()[rank - 1];
}
