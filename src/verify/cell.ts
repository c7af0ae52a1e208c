import { cable } from "../mesh/structured.js";
import type { Reaction, State } from "../model/declare.js";
import { evaluate } from "../model/graph.js";
import { reactionSystem } from "../model/reaction-system.js";
import { lanePotential } from "../twin/simulate.js";
import type { Catalog } from "../twin/spec.js";
import type { BeatGolden, RateGolden } from "./goldens/golden.js";
import { compileProblem, solve } from "./problem.js";

/** Largest error of an entry's rates in units of the golden's tolerance; below 1 is accepted. */
export function rateError(entry: Reaction, golden: RateGolden): number {
  const system = reactionSystem(entry);
  const published = Object.entries(system.parameters).map(([name, p]) => [name, p.value]);
  const states = system.stateNames.map((name, k) => {
    const { offset, scale } = system.stored[k];
    return [name, (golden.states[name] - offset) / scale];
  });
  const rates = evaluate(system.rates, {
    ...Object.fromEntries(published),
    ...(golden.variant ? entry.variants?.[golden.variant].values : {}),
    ...Object.fromEntries(states),
  });
  const errors = Object.entries(golden.rates).map(([name, exact]) => {
    const k = system.stateNames.indexOf(name);
    const { scale } = system.stored[k];
    // Small amounts have small rates: the floor goes with the amount.
    const floor = 1e-6 * Math.min(1, Math.abs(scale));
    return Math.abs(rates[k] * scale - exact) / Math.max(floor, Math.abs(exact));
  });
  return Math.max(...errors) / (golden.tolerance ?? 1e-9);
}

/** The potential of a cell in the entry's unit, one value a step; the last beat alone. */
export interface CellBeat {
  readonly dt_ms: number;
  readonly potential: readonly number[];
}

/** One cell, as two equal neighbours, through the kernels of every simulation, in float64. */
export function runBeat(catalog: Catalog, entry: Reaction, beat: BeatGolden): CellBeat {
  const [first] = Object.keys(entry.states);
  const { offset, scale } = reactionSystem(entry).stored[0];
  const { beats = 1, period_ms = 0 } = beat.pacing ?? {};
  const end_ms = (beats - 1) * period_ms + beat.end_ms;
  const intervals = Math.round(end_ms / beat.fine_ms);
  const problem = compileProblem({
    catalog,
    reaction: { ...entry, states: startedAt(entry.states, first, beat.start) },
    diffusion: "finite-difference",
    mesh: cable({ length_mm: 1, spacing_mm: 1 }),
    numerics: { scheme: beat.fineScheme ?? "rk4" },
    reactionValues: {
      ...(beat.variant ? entry.variants?.[beat.variant].values : {}),
      ...beat.parameters,
    },
  });
  const lift = beat.start?.[first];
  const simulation = solve(problem, {
    end_ms: intervals * beat.fine_ms,
    dt_ms: beat.fine_ms,
    intervals,
    ...(lift !== undefined && { start: [0, 1].map(() => (lift - offset) / scale) }),
    stimuli: pulses(beat, scale),
  });
  const all = lanePotential(simulation, 0);
  const from = Math.round(((beats - 1) * period_ms) / beat.fine_ms);
  const potential = Array.from(
    { length: intervals + 1 - from },
    (_, k) => offset + scale * all[2 * (from + k)],
  );
  return { dt_ms: beat.fine_ms, potential };
}

/** Other states than the potential start where the golden says. */
function startedAt(
  states: Reaction["states"],
  potential: string,
  start: BeatGolden["start"] = {},
): Reaction["states"] {
  const moved = Object.entries(start).filter(([name]) => name !== potential);
  const changed = moved.map(([name, rest]): [string, State] => [name, { ...states[name], rest }]);
  return { ...states, ...Object.fromEntries(changed) };
}

const pulses = ({ pacing }: BeatGolden, scale: number) =>
  Array.from({ length: pacing?.beats ?? 0 }, (_, k) => ({
    kind: "current" as const,
    nodes: [0, 1],
    start_ms: k * (pacing?.period_ms ?? 0),
    duration_ms: pacing?.duration_ms ?? 0,
    strength_per_ms: (pacing?.strength_per_ms ?? 0) / scale,
  }));

/** Duration between the crossings of the level, ms, and peak, in the entry's unit. */
export function beatFigures({ dt_ms, potential: v }: CellBeat, level: number) {
  const crossing = (k: number) => (k - 1 + (level - v[k - 1]) / (v[k] - v[k - 1])) * dt_ms;
  const rise = v.findIndex((x) => x >= level);
  const fall = v.findIndex((x, k) => k > rise && x < level);
  const starts = rise === 0 ? 0 : crossing(rise);
  return {
    duration_ms: rise < 0 || fall < 0 ? Number.NaN : crossing(fall) - starts,
    peak: v.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY),
  };
}
