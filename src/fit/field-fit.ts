import type { CompiledTwin } from "../twin/compile.js";
import { type Layout, pack, unpack } from "../twin/parameters.js";
import type { TwinValues } from "../twin/spec.js";
import { checkAbort, type Fitting, groupsOfFour, stepLimit_ms } from "./context.js";
import type { GradientOptions } from "./field-gradient.js";
import { isUnknownBeat } from "./guide.js";
import { lbfgs } from "./lbfgs.js";
import { projected } from "./scalar-fit.js";
import type { Target } from "./targets.js";

/** Fields in log units and network weights move at most this far in the first step. */
const firstStep = 0.05;
const memory = 20;
/** Validation is looked at every so many iterations; so many looks without a gain end the fit. */
const validationEvery = 10;
/** A look that gains less than half a per cent is no gain. */
const leastGain = 0.995;
const patience = 2;
/** So many iterations that lower the loss by less than a thousandth together end the fit, too. */
const stall = { iterations: 5, leastGain: 0.999 } as const;
/**
 * Squared milliseconds per squared potential: weighs penalties where only times are fitted. Beats of
 * unknown origin leave errors of milliseconds that are not the tissue's, so that their fields need
 * more of it.
 */
const timeScale_ms2 = { given: 1e3, unknown: 3e4 } as const;

/**
 * L-BFGS with the adjoint on everything that is free: scalars, fields and network weights together.
 * The validation loss decides which iterate is kept (early stopping).
 */
export async function fitFields(
  fitting: Fitting,
  start: TwinValues,
  options: {
    targets: readonly Target[];
    iterations: number;
    /** Of the loss in each free scalar (ScalarFit), for scaling. */
    curvature?: Readonly<Record<string, number>>;
  },
): Promise<{ values: TwinValues; loss: number }> {
  const { compiled, context } = fitting;
  const { layout, spec } = compiled;
  const valuesAt = (z: Float64Array) => unpack(layout, z, start);
  const timesOnly = options.targets.every((t) => !t.potential);
  const unknown = timesOnly && options.targets.some(isUnknownBeat);
  // Scales of robust losses stay as they are from the first evaluation on: the loss is one function.
  const scales = new Map<readonly Target[], (readonly number[])[]>();
  const map = unknown ? { mapWeight: spec.fit.mapWeight } : {};
  const timeWeight = timesOnly ? 1 : spec.fit.timeWeight;
  const penalty = smoothnessPenalty(compiled, penaltyWeight(options.targets), unknown ? pull : 0);

  const lossAt = async (
    targets: readonly Target[],
    values: TwinValues,
    extra: Partial<GradientOptions> = {},
  ) => {
    const limit_ms = stepLimit_ms(compiled, [values]);
    const parts = await context.executor.run<"gradient">(
      spec,
      groupsOfFour(targets).map((group, g) => ({
        kind: "gradient",
        recordings: group.map(({ recording }) => recording.id),
        values,
        options: { limit_ms, timeWeight, timeScale_ms, scales: scales.get(targets)?.[g], ...extra },
      })),
    );
    if (!scales.has(targets) && !parts.some((part) => part.diverged))
      scales.set(
        targets,
        parts.map((part) => part.scales),
      );
    fitting.simulations += targets.length;
    const gradient = new Float64Array(layout.size);
    let value = 0;
    for (const part of parts) {
      value += part.loss / targets.length;
      part.gradient.forEach((g, k) => {
        gradient[k] += g / targets.length;
      });
    }
    return { value, gradient };
  };
  const evaluate = async (z: Float64Array) => {
    checkAbort(fitting);
    const data = await lossAt(options.targets, valuesAt(z), map);
    const extra = penalty(z);
    return {
      value: data.value + extra.value,
      gradient: data.gradient.map((g, k) => g + extra.gradient[k]),
    };
  };

  const validation: number[] = [];
  let best = { values: start, loss: Number.POSITIVE_INFINITY, look: 0 };
  const look = async (z: Float64Array): Promise<boolean> => {
    const values = valuesAt(z);
    const loss = (await lossAt(fitting.validation, values, { lossOnly: true })).value;
    validation.push(loss);
    if (loss < best.loss * leastGain) best = { values, loss, look: validation.length };
    return validation.length - best.look >= patience;
  };
  const watched = fitting.validation.length > 0;
  if (watched) await look(pack(layout, start));
  let iteration = 0;
  const losses: number[] = [];
  const result = await lbfgs(evaluate, pack(layout, start), {
    iterations: options.iterations,
    memory,
    firstStep,
    scaling: scalingOf(layout, options.curvature ?? {}),
    project: (z) => projected(layout, z),
    onIteration: async (z, loss) => {
      iteration++;
      context.onProgress?.({ phase: "fields", iteration, of: options.iterations, loss });
      losses.push(loss);
      if (loss > stall.leastGain * (losses.at(-1 - stall.iterations) ?? Infinity)) return true;
      return watched && iteration % validationEvery === 0 ? look(z) : false;
    },
  });
  if (watched) await look(result.z);
  fitting.curves.push({ phase: "fields", train: result.curve, validation });
  const values = watched ? best.values : valuesAt(result.z);
  return { values, loss: result.value };
}

/** Scale of the robust loss on the times of an unknown beat, ms: what such twins leave unexplained. */
const timeScale_ms = 1.5;
/** Pull of a field to its mean where an unknown beat says little, in units of its smoothness. */
const pull = 0.1;

/** Weight of penalties beside the data: 1 for potentials. */
export function penaltyWeight(targets: readonly Target[]): number {
  if (targets.some((t) => t.potential)) return 1;
  return targets.some(isUnknownBeat) ? timeScale_ms2.unknown : timeScale_ms2.given;
}

/**
 * Inverse curvature of each coordinate relative to a field's. A field that moves as one is a scalar
 * rate, so one node's curvature is about that rate's divided by the number of nodes; without this
 * the few stiff scalars would hold back thousands of soft nodes.
 */
function scalingOf(layout: Layout, curvature: Readonly<Record<string, number>>): Float64Array {
  const scaling = new Float64Array(layout.size).fill(1);
  const soft = Math.max(1, layout.size - layout.scalars.length);
  const rates = layout.scalars.map(({ name }) =>
    name.startsWith("diffusion.") ? (curvature[name] ?? 0) : 0,
  );
  const whole = rates.reduce((a, b) => Math.max(a, b), 0);
  if (!(whole > 0)) return scaling;
  layout.scalars.forEach(({ name }, k) => {
    scaling[k] = Math.min(1, whole / soft / Math.max(curvature[name] ?? whole, 1e-12 * whole));
  });
  return scaling;
}

/**
 * lambda / 2 * (sum over edges of (y_i - y_j)^2 + pull * sum over nodes of y_i^2) / N for every field, and
 * a weak pull of network weights to zero.
 */
function smoothnessPenalty(compiled: CompiledTwin, scale: number, pull: number) {
  const { layout, graph, spec } = compiled;
  const decay = 1e-6;
  return (z: Float64Array): { value: number; gradient: Float64Array } => {
    const gradient = new Float64Array(layout.size);
    let value = 0;
    let at = layout.scalars.length;
    for (const { count, smoothness } of layout.fields) {
      const lambda = (smoothness * spec.fit.smoothness * scale) / count;
      for (let e = 0; e < graph.lengths.length; e++) {
        const [i, j] = [at + graph.edges[2 * e], at + graph.edges[2 * e + 1]];
        const difference = z[i] - z[j];
        value += (lambda / 2) * difference * difference;
        gradient[i] += lambda * difference;
        gradient[j] -= lambda * difference;
      }
      for (let i = at; i < at + count; i++) {
        value += ((pull * lambda) / 2) * z[i] * z[i];
        gradient[i] += pull * lambda * z[i];
      }
      at += count;
    }
    for (let k = at; k < layout.size; k++) {
      value += (decay / 2) * scale * z[k] * z[k];
      gradient[k] += decay * scale * z[k];
    }
    return { value, gradient };
  };
}
