import { median } from "../core/median.js";
import type { Random } from "../core/random.js";
import { initialValues } from "../twin/parameters.js";
import { cellStep_ms, simulateCell } from "../twin/single-cell.js";
import type { TwinValues } from "../twin/spec.js";
import { reactionParameters } from "../twin/stability.js";
import { type Fitting, stepLimit_ms } from "./context.js";
import type { Target } from "./targets.js";

/** Random starts lie within this factor of the published values (log-uniform). */
const startRange = 1.8;

/**
 * Where a fit begins: published or given values (the first start) or random ones around the
 * published, the time scale set by the duration of the action potential, the diffusion by the
 * activation times.
 */
export async function startingPoint(
  fitting: Fitting,
  start: number,
  sites: TwinValues["sites"] = {},
): Promise<TwinValues> {
  const { compiled, context, train } = fitting;
  const random = fitting.random.fork(`start-${start}`);
  const published = initialValues(
    compiled.declared,
    compiled.model,
    compiled.topology.nodes,
    context.seed,
  );
  const known = { ...published, sites };
  const drawn = start === 0 ? given(fitting, known) : perturbed(fitting, known, random);
  return scanDiffusion(fitting, withDuration(fitting, drawn, train), train);
}

/** Only what the fit may move: fixed parameters stay as published. */
function given({ compiled, context }: Fitting, values: TwinValues): TwinValues {
  const { name: reaction, variant } = compiled.spec.reaction;
  const known = context.starts?.[variant ? `${reaction}/${variant}` : reaction] ?? {};
  const scalars = { ...values.scalars };
  for (const { name, parameter } of compiled.layout.scalars)
    if (name.startsWith("reaction.") && Object.hasOwn(known, name))
      scalars[name] = clamp(known[name], parameter.bounds);
  return { ...values, scalars };
}

function perturbed({ compiled }: Fitting, values: TwinValues, random: Random): TwinValues {
  const scalars = { ...values.scalars };
  for (const { name, parameter } of compiled.layout.scalars) {
    if (!name.startsWith("reaction.")) continue;
    const factor = startRange ** (2 * random.uniform() - 1);
    scalars[name] = clamp(scalars[name] * factor, parameter.bounds);
  }
  return { ...values, scalars };
}

const clamp = (value: number, [low, high]: readonly [number, number]) =>
  Math.min(high, Math.max(low, value));

/** Stretches the reaction's times so that one cell's action potential lasts as long as measured. */
function withDuration({ compiled }: Fitting, values: TwinValues, targets: readonly Target[]) {
  const durations = targets.flatMap((t) =>
    Array.from(t.recovery_ms, (r, k) => r - t.activation_ms[k]).filter((d) => d > 0),
  );
  if (durations.length === 0) return values;
  const parameters = reactionParameters(values);
  const unit = parameters["time_scale"] ?? 1;
  const cell = simulateCell(compiled.system, parameters, {
    dt_ms: cellStep_ms(compiled.system, parameters),
    end_ms: 1000 * unit,
    start: 0.6,
    threshold: 0.5,
  });
  if (!(cell.duration_ms > 0)) return values;
  const factor = median(durations) / cell.duration_ms;
  const scalars = { ...values.scalars };
  for (const { name, parameter } of compiled.layout.scalars)
    if (name.startsWith("reaction.") && parameter.unit === "ms")
      scalars[name] = clamp(scalars[name] * factor, parameter.bounds);
  return { ...values, scalars };
}

/** Factors tried side by side, from coarse to fine. */
const scans = [
  [1 / 8, 1, 8],
  [1 / 3, 1 / 1.7, 1.7, 3],
  [1 / 1.5, 1 / 1.2, 1.2, 1.5],
];
/** The fastest lane sets the step of all: this one costs more than all others of a scan together. */
const farthest = 64;

/** Scales every diffusion rate until the activation times fit best; factors of a scan side by side. */
async function scanDiffusion(
  fitting: Fitting,
  start: TwinValues,
  targets: readonly Target[],
): Promise<TwinValues> {
  const { compiled, context } = fitting;
  const rates = compiled.layout.scalars.filter(
    ({ name, parameter }) => name.startsWith("diffusion.") && parameter.unit.endsWith("/ms"),
  );
  if (rates.length === 0) return start;
  const scaledBy = (values: TwinValues, factor: number): TwinValues => {
    const scalars = { ...values.scalars };
    for (const { name, parameter } of rates)
      scalars[name] = clamp(scalars[name] * factor, parameter.bounds);
    return { ...values, scalars };
  };
  const used = targets.slice(0, 2);
  let [best, lowest] = [start, Number.POSITIVE_INFINITY];
  const attempt = async (from: TwinValues, factors: readonly number[]): Promise<number[]> => {
    const sets = factors.map((f) => scaledBy(from, f));
    const limit_ms = stepLimit_ms(compiled, sets);
    const parts = await context.executor.run<"costs">(
      compiled.spec,
      used.map(({ recording }) => ({
        kind: "costs",
        recording: recording.id,
        sets,
        options: { compare: "activation", limit_ms },
      })),
    );
    fitting.simulations += sets.length * used.length;
    return sets.map((values, k) => {
      const cost = parts.reduce((sum, p) => sum + p[k].cost, 0);
      if (cost < lowest) [best, lowest] = [values, cost];
      return cost;
    });
  };
  const [coarse, ...finer] = scans;
  const [, once, eightfold] = await attempt(start, coarse);
  // Where eight times the rate is worse than the rate itself, more of it is not looked at.
  if (!(eightfold > once)) await attempt(start, [farthest]);
  for (const factors of finer) await attempt(best, factors);
  return best;
}
