import { median as middle } from "../src/core/median.js";

/** Errors on an empty list: no figure of a run that did not take place. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("There is no median of nothing.");
  return middle(values);
}

/** Norm of the difference over the norm of the reference. */
export function relativeError(values: ArrayLike<number>, reference: ArrayLike<number>): number {
  if (values.length !== reference.length)
    throw new Error(`${values.length} values stand against ${reference.length}.`);
  let [difference, size] = [0, 0];
  for (let k = 0; k < reference.length; k++) {
    difference += (values[k] - reference[k]) ** 2;
    size += reference[k] ** 2;
  }
  return Math.sqrt(difference / size);
}

export interface Repetitions {
  /** Calls that are thrown away: compilers warm up. */
  readonly warm: number;
  /** At least so many timed calls, and for at least so long. */
  readonly calls: number;
  readonly seconds: number;
}

/** Calls of seconds are repeated less: the other rounds come as well. */
const enough_s = 5;

/** Median time of one call, ms. */
export function medianTime(work: () => void, { warm, calls, seconds }: Repetitions): number {
  const began = performance.now();
  const isLong = () => performance.now() > began + 1e3 * enough_s;
  for (let k = 0; k < warm && !isLong(); k++) work();
  const times: number[] = [];
  const end = performance.now() + 1e3 * seconds;
  while (times.length === 0 || (!isLong() && (times.length < calls || performance.now() < end))) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** A contestant of a round: measures itself once; undefined where it cannot. */
export type Contestant = () => Promise<number | undefined>;

/**
 * Everybody in turn, round after round, so that a busy minute hits all alike.
 * Returns each contestant's measurements, in the order of the rounds.
 */
export async function interleave<K extends string>(
  contestants: Readonly<Record<K, Contestant>>,
  rounds: number,
): Promise<Record<K, number[]>> {
  const names = Object.keys(contestants) as K[];
  const results = Object.fromEntries(names.map((n) => [n, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++)
    for (const name of names) {
      const value = await contestants[name]();
      if (value !== undefined) results[name].push(value);
    }
  return results;
}

/** Median of the ratios within each round: what was busy then divides out. */
export const pairedRatio = (above: readonly number[], below: readonly number[]): number =>
  median(above.slice(0, below.length).map((value, k) => value / below[k]));
