/** Value and gradient of a function to be minimised. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface LbfgsOptions {
  readonly iterations: number;
  /** Pairs of steps and gradient changes that model the curvature. */
  readonly memory: number;
  /** Length of the very first step, in units of z. */
  readonly firstStep: number;
  /** Initial scaling of each coordinate (inverse curvature), [n]; 1 where absent. */
  readonly scaling?: Float64Array;
  readonly project: (z: Float64Array) => Float64Array;
  /** Called after every iteration; returning true stops. */
  readonly onIteration: (z: Float64Array, value: number) => Promise<boolean> | boolean;
}

/**
 * Limited-memory BFGS with a backtracking line search (Armijo), projected onto bounds
 * (Liu and Nocedal 1989, two-loop recursion).
 */
export async function lbfgs(
  evaluate: (z: Float64Array) => Promise<Evaluation>,
  start: Float64Array,
  options: LbfgsOptions,
): Promise<{ z: Float64Array; value: number; curve: number[] }> {
  let z = options.project(start);
  let current = await evaluate(z);
  const curve = [current.value];
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = [];
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    let direction = twoLoop(current.gradient, pairs, options.scaling);
    if (dot(direction, current.gradient) >= 0) {
      pairs.length = 0;
      direction = twoLoop(current.gradient, pairs, options.scaling);
    }
    const longest = direction.reduce((m, d) => Math.max(m, Math.abs(d)), 0);
    if (!(longest > 0)) break;
    let length = pairs.length === 0 ? options.firstStep / longest : Math.min(1, 1 / longest);
    const found = await search();
    if (!found) {
      if (pairs.length === 0) break;
      pairs.length = 0;
      continue;
    }
    remember(found);
    z = found.z;
    current = found.next;
    curve.push(current.value);
    if (await options.onIteration(z, current.value)) break;

    async function search() {
      for (let tries = 0; tries < 12; tries++, length *= 0.4) {
        const candidate = options.project(z.map((v, k) => v + length * direction[k]));
        const next = await evaluate(candidate);
        const moved = candidate.map((v, k) => v - z[k]);
        if (next.value <= current.value + 1e-4 * dot(moved, current.gradient))
          return { z: candidate, next, moved };
      }
      return undefined;
    }
  }
  return { z, value: current.value, curve };

  function remember({ moved, next }: { moved: Float64Array; next: Evaluation }): void {
    const y = next.gradient.map((g, k) => g - current.gradient[k]);
    const sy = dot(moved, y);
    if (sy <= 1e-12 * Math.sqrt(dot(moved, moved) * dot(y, y))) return;
    pairs.push({ s: moved, y, rho: 1 / sy });
    if (pairs.length > options.memory) pairs.shift();
  }
}

function twoLoop(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[],
  scaling: Float64Array | undefined,
): Float64Array {
  const q = gradient.map((g) => -g);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...pairs].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let k = 0; k < q.length; k++) q[k] -= alpha * y[k];
  }
  const last = pairs.at(-1);
  const scaledNorm = (v: Float64Array) => v.reduce((a, x, k) => a + (scaling?.[k] ?? 1) * x * x, 0);
  const gamma = last ? 1 / (last.rho * scaledNorm(last.y)) : 1;
  for (let k = 0; k < q.length; k++) q[k] *= gamma * (scaling?.[k] ?? 1);
  for (const { s, y, rho } of pairs) {
    const beta = rho * dot(y, q);
    const alpha = alphas.pop()!;
    for (let k = 0; k < q.length; k++) q[k] += (alpha - beta) * s[k];
  }
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}
