import type { FirstStarts } from "../fit/context.js";
import { structuredFrom } from "./agents/situation.js";
import type { CatalogView, DiffusionView } from "./entries.js";
import {
  formKey,
  type Memory,
  type MemoryFeatures,
  memoryHash,
  type RememberedRun,
} from "./memory.js";

/** One entry of the catalog, as earlier patients speak for it. */
export interface RememberedForm {
  readonly name: string;
  readonly variant?: string;
  /** Prior probability; all reactions add up to 1, and all diffusions do. */
  readonly weight: number;
  /** Earlier patients whose best twin had it. */
  readonly wins: number;
}

export interface RememberedDiffusion extends RememberedForm {
  /** The same among patients whose error had a place in the tissue on the plain diffusion. */
  readonly weightIfStructured: number;
}

export interface RememberedRange {
  readonly name: string;
  readonly unit: string;
  /** Weighted by similarity. */
  readonly median: number;
  /** Smallest and largest end of their 90 % intervals. */
  readonly low: number;
  readonly high: number;
  /** Patients whose data identified it. */
  readonly patients: number;
}

/** A memory as it speaks of one case: plain data, the same for every agent, kept in the journal. */
export interface MemoryPrior {
  /** Of the memory that it was made from. */
  readonly hash: string;
  /** Earlier patients that count, and the sum of their similarities to this case. */
  readonly patients: number;
  readonly similarity: number;
  /** Most probable first. */
  readonly reactions: readonly RememberedForm[];
  readonly diffusions: readonly RememberedDiffusion[];
  /** Reaction parameters by form, "name" or "name/variant". */
  readonly parameters: Readonly<Record<string, readonly RememberedRange[]>>;
}

/** How much a difference takes from a similarity of 1. */
const unlike = {
  measure: 0.3,
  mesh: 0.7,
  fibres: 0.8,
  unknownStimuli: 0.7,
  arbitraryScale: 0.7,
} as const;
/** Noise and share count by their ratio: a factor of 10 leaves 0.56. */
const ratioPower = 0.25;
/** Less noise than this is the same as none. */
const leastNoise = 0.005;

/** 1 for cases that the features do not tell apart, towards 0 the less they have in common. */
export function similarity(a: MemoryFeatures, b: MemoryFeatures): number {
  const keys = Object.keys(unlike) as (keyof typeof unlike)[];
  const kinds = keys.reduce((s, key) => (a[key] === b[key] ? s : s * unlike[key]), 1);
  const ratio = (x: number, y: number) => (Math.min(x, y) / Math.max(x, y)) ** ratioPower;
  const noise = [a, b].map((features) => Math.max(leastNoise, features.noise));
  const shares = [a, b].map((features) => Math.max(1e-3, features.observedShare));
  return kinds * ratio(noise[0], noise[1]) * ratio(shares[0], shares[1]);
}

/** An earlier patient and how much it counts. */
interface Witness {
  readonly run: RememberedRun;
  readonly similarity: number;
}

export interface PriorRequest {
  readonly features: MemoryFeatures;
  /** The case itself is no earlier patient. */
  readonly caseHash: string;
  readonly catalog: CatalogView;
}

/**
 * Dirichlet-like: every patient counts by its similarity, a reaction by its posterior weight in that
 * patient, and one further patient is shared evenly by all entries, so that none is ruled out:
 *   p(k) = (1 / K + sum_i s_i w_ik) / (1 + sum_i s_i sum_k w_ik).
 */
export async function memoryPrior(memory: Memory, request: PriorRequest): Promise<MemoryPrior> {
  const witnesses = memory.runs
    .filter((run) => run.case !== request.caseHash)
    .map((run) => ({ run, similarity: similarity(run.features, request.features) }));
  const { catalog } = request;
  return {
    hash: await memoryHash(memory),
    patients: witnesses.length,
    similarity: witnesses.reduce((sum, one) => sum + one.similarity, 0),
    reactions: reactionPrior(catalog, witnesses),
    diffusions: diffusionPrior(catalog, witnesses),
    parameters: parameterRanges(catalog, witnesses),
  };
}

/** Every reaction, and every variant that is a model of its own (it fixes parameters). */
export const reactionForms = ({ reactions }: CatalogView): { name: string; variant?: string }[] =>
  reactions.flatMap(({ name, variants }) => [
    { name },
    ...Object.keys(variants)
      .filter((variant) => variants[variant].fixed.length > 0)
      .map((variant) => ({ name, variant })),
  ]);

/** Smoothed weights in the order of `keys`. */
function smoothed(
  keys: readonly string[],
  votes: readonly { readonly key: string; readonly weight: number }[],
): number[] {
  const counted = votes.filter(({ key }) => keys.includes(key));
  const total = 1 + counted.reduce((sum, vote) => sum + vote.weight, 0);
  return keys.map((key) => {
    const own = counted.filter((vote) => vote.key === key);
    return (1 / keys.length + own.reduce((sum, vote) => sum + vote.weight, 0)) / total;
  });
}

/** Heaviest first; the catalog's order breaks ties. */
const byWeight = <T extends { readonly weight: number }>(rows: readonly T[]): T[] =>
  rows
    .map((row, k) => ({ row, k }))
    .sort((a, b) => b.row.weight - a.row.weight || a.k - b.k)
    .map(({ row }) => row);

function reactionPrior(catalog: CatalogView, witnesses: readonly Witness[]): RememberedForm[] {
  const forms = reactionForms(catalog);
  const keys = forms.map(formKey);
  const votes = witnesses.flatMap(({ run, similarity: s }) =>
    run.reactions.map((form) => ({ key: heldBy(keys, form), weight: s * form.weight })),
  );
  const weights = smoothed(keys, votes);
  const won = witnesses.map(({ run }) => heldBy(keys, run.best.reaction));
  return byWeight(
    forms.map((form, k) => ({
      ...form,
      weight: weights[k],
      wins: won.filter((key) => key === keys[k]).length,
    })),
  );
}

/** A variant that only sets other starting values is its reaction. */
const heldBy = (keys: readonly string[], form: { name: string; variant?: string }): string =>
  keys.includes(formKey(form)) ? formKey(form) : form.name;

function diffusionPrior(
  { diffusions }: CatalogView,
  witnesses: readonly Witness[],
): RememberedDiffusion[] {
  const usable = diffusions.filter((view: DiffusionView) => !view.impossible);
  const keys = usable.map(({ name }) => name);
  const votes = (from: readonly Witness[]) =>
    from.map(({ run, similarity: s }) => ({ key: run.best.diffusion.name, weight: s }));
  const weights = smoothed(keys, votes(witnesses));
  const structured = smoothed(keys, votes(witnesses.filter(hasStructure)));
  return byWeight(
    keys.map((name, k) => ({
      name,
      weight: weights[k],
      weightIfStructured: structured[k],
      wins: witnesses.filter(({ run }) => run.best.diffusion.name === name).length,
    })),
  );
}

const hasStructure = ({ run }: Witness): boolean =>
  (run.features.residualStructure ?? 0) >= structuredFrom;

function parameterRanges(
  catalog: CatalogView,
  witnesses: readonly Witness[],
): MemoryPrior["parameters"] {
  const units = new Map(catalog.reactions.map((view) => [view.name, view.units]));
  const ranges = reactionForms(catalog).map((form) => {
    const key = formKey(form);
    const own = witnesses.filter(({ run }) => formKey(run.best.reaction) === key);
    return [key, rangesOf(own, units.get(form.name) ?? {})] as const;
  });
  return Object.fromEntries(ranges.filter(([, rows]) => rows.length > 0));
}

/** Names and units are the catalog's: a memory that somebody sends brings numbers, and no words. */
function rangesOf(
  witnesses: readonly Witness[],
  units: Readonly<Record<string, string>>,
): RememberedRange[] {
  const values = witnesses.flatMap(({ run, similarity: s }) =>
    run.parameters
      .filter(({ identified }) => identified === "identified")
      .map((parameter) => ({ ...parameter, weight: s })),
  );
  const rows = Object.entries(units).map(([parameter, unit]) => {
    const name = `reaction.${parameter}`;
    const own = values.filter((value) => value.name === name && value.unit === unit);
    return { name, unit, own };
  });
  return rows
    .filter(({ own }) => own.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, unit, own }) => ({
      name,
      unit,
      median: weightedMedian(own),
      low: Math.min(...own.map(({ value, low }) => low ?? value)),
      high: Math.max(...own.map(({ value, high }) => high ?? value)),
      patients: own.length,
    }));
}

/** Half of the weight lies on either side; between two values in the middle, their mean. */
export function weightedMedian(
  values: readonly { readonly value: number; readonly weight: number }[],
): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let below = 0;
  for (const [k, { value, weight }] of sorted.entries()) {
    below += weight;
    if (Math.abs(below - half) <= 1e-12 * half && k + 1 < sorted.length)
      return (value + sorted[k + 1].value) / 2;
    if (below > half) return value;
  }
  return sorted[sorted.length - 1].value;
}

/** Where the first start of a fit begins: the medians, by form. */
export const firstStarts = ({ parameters }: MemoryPrior): FirstStarts =>
  Object.fromEntries(
    Object.entries(parameters).map(([key, ranges]) => [
      key,
      Object.fromEntries(ranges.map(({ name, median }) => [name, median])),
    ]),
  );
