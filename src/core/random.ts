import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A stream of random numbers that is fully determined by its seed and the labels it was forked by. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** A new order of `items`; the input is left alone. */
  shuffle<T>(items: readonly T[]): T[];
  /** An independent stream; the same label always gives the same stream. */
  fork(label: string): Random;
}

export function createRandom(seed: number, label = ""): Random {
  const generator = xoroshiro128plus(hash(`${seed}/${label}`));
  const bits = (count: number) => generator.next() >>> (32 - count);
  const uniform = () => (bits(26) * 2 ** 27 + bits(27)) / 2 ** 53;
  const integer = (limit: number) => Math.floor(uniform() * limit);
  return {
    uniform,
    integer,
    // Box-Muller; 1 - uniform() lies in (0, 1], so the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffle: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [result[i], result[j]] = [result[j], result[i]];
      }
      return result;
    },
    fork: (name) => createRandom(seed, `${label}/${name}`),
  };
}

/** FNV-1a, then murmur3's finaliser: labels that differ in one letter give unrelated seeds. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
