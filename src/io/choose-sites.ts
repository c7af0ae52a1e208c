import { fail } from "../core/errors.js";
import { createRandom } from "../core/random.js";

/**
 * A spread-out random choice of `count` of the `candidates` (node numbers): farthest-point sampling
 * from a random start cuts the candidates into `count` cells (each goes to its nearest centre, straight
 * distance), then one of each cell is drawn at random. Same seed, same choice; ascending order.
 * `points` [N * 3]. Errors: "bad-count".
 */
export function chooseSites(
  points: Float64Array,
  candidates: ArrayLike<number>,
  options: { count: number; seed: number },
): number[] {
  const { count, seed } = options;
  const total = candidates.length;
  if (!Number.isInteger(count) || count < 1 || count > total)
    fail({
      code: "bad-count",
      message: `Cannot choose ${count} of ${total} sites.`,
      path: "known",
      fix: `Choose a whole number from 1 to ${total}.`,
    });
  const random = createRandom(seed, "choose-sites");
  const cells = cutIntoCells(points, candidates, { count, first: random.integer(total) });
  return cells.map((cell) => cell[random.integer(cell.length)]).sort((a, b) => a - b);
}

function cutIntoCells(
  points: Float64Array,
  candidates: ArrayLike<number>,
  options: { count: number; first: number },
): number[][] {
  const nearest = new Float64Array(candidates.length).fill(Infinity);
  const owner = new Int32Array(candidates.length);
  let centre = options.first;
  for (let cell = 0; cell < options.count; cell++) {
    for (let i = 0; i < nearest.length; i++) {
      const distance = squaredDistance(points, candidates[i], candidates[centre]);
      // A centre belongs to its own cell even where two sites coincide.
      if (distance >= nearest[i] && i !== centre) continue;
      nearest[i] = i === centre ? -1 : distance;
      owner[i] = cell;
    }
    centre = nearest.indexOf(nearest.reduce((a, b) => Math.max(a, b), -Infinity));
  }
  const cells = Array.from({ length: options.count }, () => [] as number[]);
  for (let i = 0; i < owner.length; i++) cells[owner[i]].push(candidates[i]);
  return cells;
}

function squaredDistance(points: Float64Array, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < 3; k++) sum += (points[a * 3 + k] - points[b * 3 + k]) ** 2;
  return sum;
}
