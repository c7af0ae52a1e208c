import { type Layout, pack, unpack } from "../twin/parameters.js";
import type { TwinValues } from "../twin/spec.js";
import { checkAbort, type Fitting, stepLimit_ms } from "./context.js";
import { levenbergMarquardt, type Quadratic } from "./levenberg-marquardt.js";
import type { Comparison } from "./normal-equations.js";
import type { Target } from "./targets.js";

/** No recording is better than 0.3 % of the amplitude, however well synthetic data are fitted. */
const leastVariance = 1e-5;
/** Iterations that a fit has to get below `hopeless`. */
const hopelessAfter = 4;
/** Distance in z of forward differences: large against float32, small against the curvature. */
const difference = 5e-4;

export interface ScalarFit {
  readonly values: TwinValues;
  /** Mean weighted squared residual. */
  readonly loss: number;
  /** Standard error of each free scalar in z, from the Gauss-Newton Hessian. */
  readonly errors: Readonly<Record<string, number>>;
  /** Second derivative of half the loss in each free scalar's z. */
  readonly curvature: Readonly<Record<string, number>>;
}

/**
 * Levenberg-Marquardt on the free scalars (fields and networks stay as they are). The Jacobian
 * comes from perturbed parameters in the lanes of the same simulation.
 */
export async function fitScalars(
  fitting: Fitting,
  start: TwinValues,
  options: {
    compare: Comparison;
    /** Name of its learning curve. */
    phase: string;
    targets: readonly Target[];
    iterations: number;
    goodEnough: number;
    leastGain: number;
    /** Free scalars that move; all where absent. */
    only?: (name: string) => boolean;
    /** A fit that is still above this after a few iterations is given up. */
    hopeless?: number;
  },
): Promise<ScalarFit> {
  const { compiled, context } = fitting;
  const { compare, phase, targets } = options;
  const layout = scalarLayout(compiled.layout, options.only);
  const valuesAt = (z: Float64Array) => unpack(layout, z, start);
  const spec = compiled.spec;
  // Scales of a robust loss at the last linearisation, by recording.
  let scales: readonly number[] = [];

  const quadratic = async (z: Float64Array): Promise<Quadratic> => {
    checkAbort(fitting);
    const base = valuesAt(z);
    const moved = layout.scalars.map((_, k) => inwardStep(layout, z, k));
    const sets = [base, ...moved.map(({ at }) => valuesAt(at))];
    const steps = moved.map(({ h }) => h);
    const limit_ms = stepLimit_ms(compiled, [base]);
    const parts = await context.executor.run<"normal-equations">(
      spec,
      targets.map(({ recording }) => ({
        kind: "normal-equations",
        recording: recording.id,
        sets,
        steps,
        options: { compare, limit_ms },
      })),
    );
    fitting.simulations += sets.length * targets.length;
    scales = parts.map(({ scale }) => scale);
    return sumQuadratics(parts, layout.scalars.length);
  };
  const costs = async (candidates: readonly Float64Array[]): Promise<number[]> => {
    const sets = candidates.map(valuesAt);
    const limit_ms = stepLimit_ms(compiled, sets);
    const parts = await context.executor.run<"costs">(
      spec,
      targets.map(({ recording }, k) => ({
        kind: "costs",
        recording: recording.id,
        sets,
        options: { compare, limit_ms, scale: scales[k] },
      })),
    );
    fitting.simulations += sets.length * targets.length;
    return sets.map((_, k) => parts.reduce((sum, p) => sum + p[k].cost, 0));
  };
  let iteration = 0;
  const result = await levenbergMarquardt(
    { quadratic, costs, project: (z) => projected(layout, z) },
    pack(layout, start),
    {
      iterations: options.iterations,
      goodEnough: options.goodEnough,
      leastGain: options.leastGain,
      onIteration: (_, loss) => {
        iteration++;
        context.onProgress?.({ phase, iteration, of: options.iterations, loss });
        return iteration >= hopelessAfter && loss > (options.hopeless ?? Infinity);
      },
    },
  );
  fitting.curves.push({ phase, train: result.curve, validation: [] });
  const values = valuesAt(result.z);
  const loss = result.cost / result.count;
  const variance = compare === "potential" ? Math.max(loss, leastVariance) : loss;
  const curvature = Object.fromEntries(
    layout.scalars.map(({ name }, k) => [
      name,
      result.jtj[k * layout.size + k] / Math.max(1, result.count),
    ]),
  );
  return { values, loss, errors: standardErrors(layout, result.jtj, variance), curvature };
}

/** The scalars alone; fields and networks are for the adjoint. */
export function scalarLayout(layout: Layout, only: (name: string) => boolean = () => true): Layout {
  const scalars = layout.scalars.filter(({ name }) => only(name));
  return { scalars, fields: [], network: 0, size: scalars.length };
}

/** A small move of one coordinate that stays inside the bounds. */
function inwardStep(layout: Layout, z: Float64Array, k: number) {
  const { parameter, transform } = layout.scalars[k];
  const top = transform === "log" ? Math.log(parameter.bounds[1]) : parameter.bounds[1];
  const size = transform === "log" ? difference : difference * Math.max(1, Math.abs(z[k]));
  const h = z[k] + size > top ? -size : size;
  const at = Float64Array.from(z);
  at[k] += h;
  return { at, h };
}

export function projected(layout: Layout, z: Float64Array): Float64Array {
  const out = Float64Array.from(z);
  layout.scalars.forEach(({ parameter, transform }, k) => {
    const [low, high] = parameter.bounds.map((b) => (transform === "log" ? Math.log(b) : b));
    out[k] = Math.min(high, Math.max(low, out[k]));
  });
  let at = layout.scalars.length;
  for (const { count, bounds } of layout.fields)
    for (const end = at + count; at < end; at++)
      out[at] = Math.min(bounds[1], Math.max(bounds[0], out[at]));
  return out;
}

function sumQuadratics(
  parts: readonly (Quadratic & { diverged: boolean })[],
  n: number,
): Quadratic {
  const total = { jtj: new Float64Array(n * n), jtr: new Float64Array(n), cost: 0, count: 0 };
  for (const part of parts) {
    part.jtj.forEach((v, k) => {
      total.jtj[k] += v;
    });
    part.jtr.forEach((v, k) => {
      total.jtr[k] += v;
    });
    total.cost += part.diverged ? Number.POSITIVE_INFINITY : part.cost;
    total.count += part.count;
  }
  return total;
}

/** Square roots of the diagonal of loss * (J'WJ)^-1; infinite where the data say nothing. */
function standardErrors(layout: Layout, jtj: Float64Array, loss: number): Record<string, number> {
  const n = layout.scalars.length;
  const inverse = invert(jtj, n);
  return Object.fromEntries(
    layout.scalars.map(({ name }, k) => [name, Math.sqrt(Math.max(0, loss * inverse[k * n + k]))]),
  );
}

/** Gauss-Jordan with a tiny ridge, so that directions without data get huge errors, not NaN. */
function invert(matrix: Float64Array, n: number): Float64Array {
  const a = Float64Array.from(matrix);
  const largest = Array.from({ length: n }, (_, k) => a[k * n + k]).reduce(
    (x, y) => Math.max(x, y),
    0,
  );
  const inverse = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    a[k * n + k] += 1e-12 * largest + 1e-300;
    inverse[k * n + k] = 1;
  }
  for (let p = 0; p < n; p++) {
    const pivot = a[p * n + p];
    for (let j = 0; j < n; j++) {
      a[p * n + j] /= pivot;
      inverse[p * n + j] /= pivot;
    }
    for (let i = 0; i < n; i++) {
      if (i === p) continue;
      const factor = a[i * n + p];
      for (let j = 0; j < n; j++) {
        a[i * n + j] -= factor * a[p * n + j];
        inverse[i * n + j] -= factor * inverse[p * n + j];
      }
    }
  }
  return inverse;
}
