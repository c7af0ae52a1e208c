import type { Decision } from "./actions.js";
import {
  numbersIn,
  type RecordedFacts,
  type RecordedNumber,
  type UnrecordedSpan,
  unrecordedIn,
} from "./number-gate.js";
import type { Observation } from "./observation.js";

/** What an agent, or a file, wrote: digits in it are no results. */
const saidByOthers: ReadonlySet<string> = new Set([
  ...["thought", "actions", "unrecorded", "refused", "inputHashes", "hash"],
]);
/** Texts that the project wrote out of results. */
const writtenFromResults: ReadonlySet<string> = new Set(["reason", "detail"]);
/** Shares and weights, whatever stands beside them. */
const pure: ReadonlySet<string> = new Set(["relativeError", "weight", "similarity"]);
const squared: ReadonlySet<string> = new Set([
  ...["trainMisfit", "validationMisfit", "excess", "noiseFloor", "gap"],
]);

/** Everything that is recorded where this observation is: numbers, and names that hold digits. */
export function factsOf(observation: Observation): RecordedFacts {
  const { case: patient, catalog, candidates, budget, step } = observation;
  const timesOnly = patient.measure === "activation";
  const parameters = Math.max(0, ...candidates.map((view) => view.parameterCount));
  const variants = catalog.reactions.flatMap((entry) => Object.keys(entry.variants));
  const reactions = catalog.reactions.length + variants.length;
  const recordings = Object.values(patient.recordings).reduce((a, b) => a + b, 0);
  const names = namesOf(observation, variants);
  return {
    numbers: recordedNumbers(observation, (key) => (timesOnly && squared.has(key) ? "ms2" : "")),
    names: names.filter((name) => /\p{Nd}/u.test(name) && /\p{L}|^\d{4}$/u.test(name)),
    titleWords: new Set(names.flatMap((name) => name.toLowerCase().split(/[^\p{L}-]+/u))),
    candidates: candidates.length,
    step,
    counts: {
      ...{ reaction: reactions, model: reactions, variant: variants.length },
      ...{ diffusion: catalog.diffusions.length, structure: candidates.length },
      ...{ candidate: candidates.length, fit: candidates.length, try: candidates.length },
      ...{ evaluation: budget.evaluations + budget.evaluationsLeft, step, turn: step },
      ...{ recording: recordings, parameter: parameters, region: patient.mesh.regionTags.length },
    },
  };
}

const namesOf = (
  { case: patient, catalog }: Observation,
  variants: readonly string[],
): string[] => [
  ...catalog.reactions.flatMap((entry) => [entry.name, entry.title, ...entry.parameters]),
  ...variants,
  ...catalog.diffusions.flatMap((entry) => [
    ...[entry.name, entry.title, entry.operator, ...entry.parameters, ...entry.fields],
    ...Object.keys(entry.options),
  ]),
  ...[patient.name, ...patient.mesh.regionNames],
];

/** Every finite number in a value, with the unit that its key or its neighbour `unit` names. */
export function recordedNumbers(
  value: unknown,
  unitOf: (key: string) => string = () => "",
  unit = "",
): RecordedNumber[] {
  if (typeof value === "number") return Number.isFinite(value) ? [{ value, unit }] : [];
  if (Array.isArray(value))
    return [
      { value: value.length, unit: "" },
      ...value.flatMap((item) => recordedNumbers(item, unitOf, unit)),
    ];
  if (typeof value !== "object" || value === null) return [];
  const own = (value as { unit?: unknown }).unit;
  const shared = typeof own === "string" ? plainUnit(own) : unit;
  return Object.entries(value).flatMap(([key, item]) => {
    if (saidByOthers.has(key)) return [];
    if (writtenFromResults.has(key) && typeof item === "string") return numbersIn(item);
    return recordedNumbers(
      item,
      unitOf,
      pure.has(key) ? "" : keyUnit(key) || unitOf(key) || shared,
    );
  });
}

const plainUnit = (unit: string): string => (unit === "1" ? "" : unit);

function keyUnit(key: string): string {
  if (key.endsWith("_ms")) return "ms";
  if (key.endsWith("_mm")) return "mm";
  return key.startsWith("seconds") || key.endsWith("_s") ? "s" : "";
}

/** What of a decision is no recorded result; the settings it asks for stand beside it and count. */
export interface Ungrounded {
  /** Of the thought. */
  readonly unrecorded?: readonly UnrecordedSpan[];
  /** Of the reason to stop. */
  readonly unrecordedReason?: readonly UnrecordedSpan[];
}

export function gateDecision(
  { thought, actions }: Pick<Decision, "thought" | "actions">,
  observation: Observation,
): Ungrounded {
  const shown = factsOf(observation);
  const stop = actions.find((action) => action.action === "stop");
  const settings = recordedNumbers(actions.filter((action) => action !== stop));
  const facts = { ...shown, numbers: [...shown.numbers, ...settings] };
  const [unrecorded, unrecordedReason] = [thought, stop?.reason ?? ""].map((text) =>
    unrecordedIn(text, facts),
  );
  return {
    ...(unrecorded.length > 0 ? { unrecorded } : {}),
    ...(unrecordedReason.length > 0 ? { unrecordedReason } : {}),
  };
}
