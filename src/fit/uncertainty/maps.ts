import type { Random } from "../../core/random.js";
import { nodeCount } from "../../mesh/mesh.js";
import type { TwinValues } from "../../twin/spec.js";
import { hasSoundConductances } from "../../twin/tensor-check.js";
import { type Fitting, stepLimit_ms } from "../context.js";
import { robustScale } from "../losses.js";
import { backward } from "../matrix.js";
import type { Target } from "../targets.js";
import { type Conformal, conformal, type HeldOut } from "./conformal.js";
import { directionsOf } from "./directions.js";
import type { Spread } from "./effective.js";
import type { ParameterUncertainty } from "./parameters.js";
import { normal95 } from "./student.js";

/** Twins drawn from the parameters' distribution: four simulations of four lanes. */
export const drawCount = 16;
/** Simulated times are not better than this, ms: the scale of an interval is never zero. */
const leastScale_ms = 0.02;

export interface MapInterval {
  readonly recording: string;
  /** [N] the twin's activation times as they would be measured, ms; NaN = silent. */
  readonly prediction_ms: Float64Array;
  /** [N] half-width of the 90 % interval, ms; NaN where the twin is silent. */
  readonly half_ms: Float64Array;
  /** [N] standard deviation over the draws: what the parameters alone leave open, ms. */
  readonly spread_ms: Float64Array;
}

export interface MapUncertainty {
  readonly conformal: Conformal;
  /** Error of the training times, ms: what the twin leaves unexplained everywhere. */
  readonly floor_ms: number;
  /** Draws whose fields had to be taken less far than drawn, of `drawCount`. */
  readonly flattenedDraws: number;
  readonly maps: readonly MapInterval[];
}

export interface Draws {
  readonly twins: readonly TwinValues[];
  /** Twins whose fields had to be taken less far than drawn. */
  readonly flattened: number;
}

/**
 * Twins round the fitted one, scattered as its parameters are; deterministic for the same random
 * stream. Where few data hold a field, a draw may be steeper than the mesh can carry: its fields are
 * then taken half as far, and again, so that the spread of such draws is too small.
 */
export function drawTwins(
  { compiled }: Pick<Fitting, "compiled">,
  twin: TwinValues,
  spread: Pick<Spread, "variance" | "factor" | "independent" | "deviation">,
  random: Random,
): Draws {
  const { size, scalars, low, high, valuesAt } = directionsOf(compiled, twin);
  const inflation = spread.deviation.map((sd, k) => sd / spread.independent[k]);
  const common = inflation.reduce((a, b) => a + b, 0) / Math.max(1, inflation.length);
  const scale = Math.sqrt(spread.variance);
  let flattened = 0;
  const twins = Array.from({ length: drawCount }, () => {
    const white = Float64Array.from({ length: size }, () => scale * random.normal());
    // Covariance variance * H^-1 = (sd L'^-1) (sd L'^-1)', each coordinate by its own inflation.
    const q = backward(spread.factor, white).map((v, k) => v * (inflation[k] ?? common));
    const inside = q.map((v, k) => Math.min(high[k], Math.max(low[k], v)));
    const drawn = valuesAt(inside);
    const values = flatEnough(compiled, drawn, (part) =>
      valuesAt(inside.map((v, k) => (k < scalars.length ? v : part * v))),
    );
    if (values !== drawn) flattened++;
    return values;
  });
  return { twins, flattened };
}

/** `drawn`, or the first of 1/2, 1/4, ... of its fields that the mesh can carry. */
function flatEnough(
  compiled: Fitting["compiled"],
  drawn: TwinValues,
  reduced: (part: number) => TwinValues,
): TwinValues {
  let values = drawn;
  for (let part = 0.5; part > 1e-3 && !hasSoundConductances(compiled, values); part /= 2)
    values = reduced(part);
  return values;
}

/**
 * 90 % intervals of measured activation times at every node. Their shape is that of the draws and of
 * what training leaves unexplained, their size the conformal factor of the validation recordings; none
 * is narrower than 1.645 standard deviations of the draws that activate there.
 */
export async function mapUncertainty(
  fitting: Fitting,
  twin: TwinValues,
  { spread }: Pick<ParameterUncertainty, "spread">,
  shown: readonly Target[],
): Promise<MapUncertainty> {
  const { twins, flattened } = drawTwins(fitting, twin, spread, fitting.random.fork("draws"));
  const sets = [twin, ...twins];
  const { validation } = fitting;
  const floor_ms = await unexplained_ms(fitting, twin);
  const heldOut = (await mapsOf(fitting, validation, sets)).map((maps, k): HeldOut => {
    const scatter_ms = spreadOver(maps.slice(1));
    const found = errorsAt(validation[k], maps[0]);
    return {
      errors: found.map(({ error }) => error),
      scales: found.map(({ node }) => Math.hypot(scatter_ms[node], floor_ms)),
    };
  });
  const calibration = conformal(heldOut);
  const maps = (await mapsOf(fitting, shown, sets)).map((all, k): MapInterval => {
    const spread_ms = spreadOver(all.slice(1));
    const [prediction_ms] = all;
    const half_ms = prediction_ms.map((t, i) =>
      Number.isNaN(t)
        ? Number.NaN
        : Math.max(
            calibration.factor * Math.hypot(spread_ms[i], floor_ms),
            normal95 * spread_ms[i],
          ),
    );
    return { recording: shown[k].recording.id, prediction_ms, half_ms, spread_ms };
  });
  return { conformal: calibration, floor_ms, flattenedDraws: flattened, maps };
}

/** Robust standard deviation of the training times about the twin where it is not silent, ms. */
export async function unexplained_ms(fitting: Fitting, twin: TwinValues): Promise<number> {
  const maps = await mapsOf(fitting, fitting.train, [twin]);
  const errors = fitting.train.flatMap((target, k) => errorsAt(target, maps[k][0]));
  return Math.max(
    leastScale_ms,
    robustScale(errors.map(({ error }) => error).filter(Number.isFinite)),
  );
}

async function mapsOf(
  { compiled, context }: Fitting,
  targets: readonly Target[],
  sets: readonly TwinValues[],
): Promise<(readonly Float64Array[])[]> {
  const limit_ms = stepLimit_ms(compiled, sets);
  const nodes = nodeCount(context.data.mesh);
  return context.executor.run<"measured-maps">(
    compiled.spec,
    targets.map(({ recording }) => ({
      kind: "measured-maps",
      recording: recording.id,
      sets,
      options: { limit_ms, nodes },
    })),
  );
}

/**
 * Errors at nodes with a measured time that are not lifted by the stimulus itself; infinite where
 * the twin is silent. Nodes that were measured silent have no time to compare.
 */
export function errorsAt(
  { timeNodes, activation_ms, recording }: Target,
  map: Float64Array,
): { node: number; error: number }[] {
  const { stimuli } = recording;
  const lifted = new Set(
    stimuli.kind === "given"
      ? stimuli.stimuli.flatMap((s) => (s.kind === "initial" ? [...s.nodes] : []))
      : [],
  );
  return Array.from(timeNodes, (node, k) => ({ node, measured: activation_ms[k] }))
    .filter(({ node, measured }) => Number.isFinite(measured) && !lifted.has(node))
    .map(({ node, measured }) => {
      const error = map[node] - measured;
      return { node, error: Number.isFinite(error) ? error : Number.POSITIVE_INFINITY };
    });
}

/** Standard deviation over maps at every node, silent ones left out. */
function spreadOver(maps: readonly Float64Array[]): Float64Array {
  return maps[0].map((_, node) => {
    const times = maps.map((map) => map[node]).filter((t) => !Number.isNaN(t));
    if (times.length < 2) return 0;
    const mean = times.reduce((a, b) => a + b, 0) / times.length;
    return Math.sqrt(times.reduce((s, t) => s + (t - mean) ** 2, 0) / (times.length - 1));
  });
}
