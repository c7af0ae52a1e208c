import { z } from "zod";
import { fail } from "../core/errors.js";
import type { ParameterReport } from "../fit/candidate.js";
import { plainDiffusion } from "./agents/situation.js";
import { bestOf, type Candidate, ranked } from "./archive.js";
import { hashOf } from "./canonical.js";
import type { CaseSummary } from "./case-summary.js";
import type { CatalogView } from "./entries.js";
import { plainParse } from "./plain-parse.js";

const share = z.number().min(0).max(1);
/** Names reach the prompt of a language model: nothing that could be a sentence. */
const word = z
  .string()
  .max(80)
  .regex(/^[\w][\w./:+-]*$/, "no name of a catalog");
const unit = z
  .string()
  .max(40)
  .regex(/^[\w^*/.()%\u00b5\u00b2\u00b3 -]*$/, "no unit");
const hash = z.string().regex(/^[0-9a-f]{64}$/, "no SHA-256 in hex");
const form = { name: word, variant: word.optional() };

const featuresSchema = z.strictObject({
  measure: z.enum(["potential", "activation"]),
  mesh: z.enum(["cable", "surface", "volume"]),
  fibres: z.boolean(),
  unknownStimuli: z.boolean(),
  arbitraryScale: z.boolean(),
  observedShare: share,
  noise: z.number().min(0),
  residualStructure: z.number().min(-1).max(1).nullable(),
});

const rememberedSchema = z.strictObject({
  case: hash,
  run: hash,
  features: featuresSchema,
  best: z.strictObject({
    reaction: z.strictObject(form),
    diffusion: z.strictObject({
      name: word,
      options: z.record(word, z.union([z.number(), word, z.boolean()])),
    }),
    excess: z.number(),
    noiseFloor: z.number().min(0),
    evaluations: z.number().int().min(1),
  }),
  reactions: z.array(z.strictObject({ ...form, weight: share })).max(200),
  parameters: z
    .array(
      z.strictObject({
        name: word,
        unit,
        value: z.number(),
        low: z.number().nullable(),
        high: z.number().nullable(),
        identified: z.enum(["identified", "weak"]),
      }),
    )
    .max(500),
});

const memorySchema = z.strictObject({
  format: z.literal("leads-memory"),
  version: z.literal(1),
  runs: z.array(rememberedSchema).max(100_000),
});

/**
 * What a memory compares cases by. `noise`: standard deviation over amplitude (ms for times);
 * `residualStructure`: spatial correlation of the error that the plain diffusion left to the
 * reaction that won, null where nothing was fitted yet.
 */
export type MemoryFeatures = z.infer<typeof featuresSchema>;
/** One earlier patient: hashes, features and fitted numbers; no name, no recording, no mesh. */
export type RememberedRun = z.infer<typeof rememberedSchema>;
export type Memory = z.infer<typeof memorySchema>;

export const emptyMemory: Memory = { format: "leads-memory", version: 1, runs: [] };

export const memoryHash = (memory: Memory): Promise<string> => hashOf(memory);

/** Errors: "malformed" with the first things that are wrong; "newer-format". */
export function parseMemory(text: string, path: string): Memory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return broken(path, `it is not JSON (${(cause as Error).message})`);
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === emptyMemory.format && typeof version === "number" && version > 1)
    fail({
      code: "newer-format",
      path,
      message: `${path} is a memory of version ${version}; this version reads version 1.`,
      fix: "Use the version of leads that wrote it, or a newer one.",
    });
  const parsed = plainParse(memorySchema, value, "memory");
  return parsed.ok ? parsed.value : broken(path, parsed.reason);
}

const broken = (path: string, reason: string): never =>
  fail({
    code: "malformed",
    path,
    message: `${path} is not a memory: ${reason}.`,
    fix: "Name a file that leads memory add wrote.",
  });

export const formKey = ({ name, variant }: { name: string; variant?: string }): string =>
  variant ? `${name}/${variant}` : name;

export function featuresOf(
  summary: CaseSummary,
  noise: number,
  residualStructure: number | null = null,
): MemoryFeatures {
  const { measure, mesh, unknownStimuli, arbitraryScale, observedShare } = summary;
  return {
    measure,
    mesh: (["cable", "surface", "volume"] as const)[mesh.dimension - 1],
    fibres: mesh.hasFibres,
    ...{ unknownStimuli, arbitraryScale },
    observedShare: observedShare[0],
    noise,
    residualStructure,
  };
}

export interface FinishedRun {
  readonly summary: CaseSummary;
  readonly catalog: CatalogView;
  readonly caseHash: string;
  /** Head of its journal. */
  readonly fingerprint: string;
  readonly archive: readonly Candidate[];
  /** Posterior weights by reaction. */
  readonly posterior: Readonly<Record<string, number>>;
}

/** What is worth remembering of a run. Errors: "no-candidates". */
export function remember(run: FinishedRun): RememberedRun {
  const best = bestOf(run.archive);
  if (!best)
    return fail({
      code: "no-candidates",
      message: "Nothing was fitted in this run, so there is nothing to remember.",
      fix: "Leave it out.",
    });
  const { spec, excess, noiseFloor, parameters } = best.result;
  return {
    case: run.caseHash,
    run: run.fingerprint,
    features: featuresOf(run.summary, Math.sqrt(noiseFloor), structureOf(run, best)),
    best: {
      ...{ reaction: spec.reaction, diffusion: spec.diffusion, excess, noiseFloor },
      evaluations: run.archive.length,
    },
    reactions: weightsOf(run, best),
    parameters: parameters.flatMap(rememberedParameter),
  };
}

/** The error of the winning reaction on the plain diffusion: does it have a place in the tissue? */
function structureOf({ summary, catalog, archive }: FinishedRun, best: Candidate): number | null {
  const plain = plainDiffusion({ catalog, case: summary });
  const wanted = formKey(best.result.spec.reaction);
  const fits = ranked(archive).filter(
    ({ result: { spec } }) =>
      spec.diffusion.name === plain?.name && formKey(spec.reaction) === wanted,
  );
  return fits[0]?.result.errors.spatialCorrelation ?? null;
}

/** Weights of the forms that represent their reactions: the best fit of each. */
function weightsOf({ archive, posterior }: FinishedRun, best: Candidate) {
  const forms = new Map(
    [...ranked(archive)]
      .reverse()
      .map(({ result }) => [result.spec.reaction.name, result.spec.reaction]),
  );
  const weighed = [...forms.values()].flatMap((reaction) => {
    const weight = posterior[reaction.name];
    return weight === undefined ? [] : [{ ...reaction, weight: Math.min(1, weight) }];
  });
  const { reaction } = best.result.spec;
  return weighed.length > 0
    ? weighed.sort((a, b) => b.weight - a.weight)
    : [{ ...reaction, weight: 1 }];
}

/** Two-sided 90 % of a normal distribution. */
const z90 = 1.645;

function rememberedParameter(report: ParameterReport): RememberedRun["parameters"] {
  const { name, unit, value, bounds, identified, relativeError, atBound } = report;
  if (identified === "fixed") return [];
  const known = relativeError !== null && Number.isFinite(relativeError);
  const end = (sign: number) => {
    const step = sign * z90 * (relativeError ?? 0);
    // Positive parameters are fitted in their logarithm, and so is their error.
    const moved = bounds[0] > 0 ? value * Math.exp(step) : value + step;
    return known ? Math.min(bounds[1], Math.max(bounds[0], moved)) : null;
  };
  // A value at its bound says where the bound is.
  const trusted = identified === "identified" && !atBound ? "identified" : "weak";
  return [{ name, unit, value, low: end(-1), high: end(1), identified: trusted }];
}

/** With another run; a case counts once, with its latest run. */
export const withRun = (memory: Memory, run: RememberedRun): Memory => ({
  ...memory,
  runs: [...memory.runs.filter((other) => other.case !== run.case), run],
});
