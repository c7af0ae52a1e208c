import type { Case } from "../src/case/case.js";
import { syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { judgeTwin, posteriorOf } from "../src/cli/scoring.js";
import { fail } from "../src/core/errors.js";
import type { CandidateResult } from "../src/fit/candidate.js";
import { createFitting, fitCandidate } from "../src/fit/fit-candidate.js";
import { type Rival, rivalOf } from "../src/fit/next-site.js";
import { unexplained_ms } from "../src/fit/uncertainty/maps.js";
import { compileTwin } from "../src/twin/compile.js";
import { defaultSpec, type TwinSpec } from "../src/twin/spec.js";
import {
  caseWith,
  createHeart,
  type DesignOptions,
  executorFor,
  firstRanked,
  followBoth,
  type Heart,
  type HeartOptions,
  mean,
  reachedBy,
} from "./next-site-heart.js";

interface Structure {
  readonly name: string;
  readonly spec: TwinSpec;
  /** What a heart of this structure is made with; absent: no heart has it, it is but a rival. */
  readonly heart?: Partial<HeartOptions>;
}

const structure = (reaction: string, diffusion: string) => ({
  ...defaultSpec,
  reaction: { name: reaction },
  diffusion: { name: diffusion, options: {} },
  fit: { ...defaultSpec.fit, starts: 3 },
});

const ofReaction = (name: string): Structure => ({
  name,
  spec: structure(name, "finite-element"),
  heart: { reaction: { name } },
});

/** Hearts have one of these in turn; all of them are fitted to every heart. */
const rivals = {
  reaction: ["aliev-panfilov", "mitchell-schaeffer", "modified-mitchell-schaeffer"].map(ofReaction),
  conduction: [
    { name: "isotropic", spec: structure("aliev-panfilov", "finite-element") },
    {
      name: "fibres",
      spec: structure("aliev-panfilov", "finite-element-fibre"),
      heart: { anisotropy: 1.5 },
    },
    {
      name: "scar",
      spec: structure("aliev-panfilov", "conductivity-field"),
      heart: { scar: syntheticPresets["hard"].scar },
    },
  ],
} as const satisfies Record<string, readonly Structure[]>;
export type Unknown = keyof typeof rivals;

/** Both ways are followed to this weight of the right structure. */
const targetWeight = 0.99;
/** As `leads next-site` has it. */
const leastWeight = 0.01;

/** Recordings beside the first that the rivals learn from, the last of the pool. */
const learntBeside = 2;

/** Learnt from are the first recording and some of the pool; all others weigh the rivals, who have not seen them. */
function caseOf(heart: Heart, [first, ...others]: readonly string[]): Case {
  const { train, validation } = heart.patient.case.split;
  const beside = train.filter((id) => id !== first && !heart.pool.includes(id));
  return caseWith(heart, {
    train: [first, ...beside],
    validation: [validation[0], ...others],
  });
}

interface Standing {
  readonly results: readonly CandidateResult[];
  readonly weights: readonly { readonly candidate: number; readonly weight: number }[];
  readonly isRight: boolean;
  readonly rightWeight: number;
}

export interface StructureOptions extends DesignOptions {
  readonly unknown: Unknown;
}

interface Step {
  /** Share of the evaluations whose likeliest structure is the true one, and its mean weight. */
  readonly right: number;
  readonly weight: number;
  /** Share that has had the target weight by then. */
  readonly decided: number;
}

export interface StructureRow {
  readonly seed: number;
  readonly truth: string;
  readonly byDesign: readonly Step[];
  readonly byChance: readonly Step[];
}

/** The structure is not given: how often the likeliest is the true one after 1, 2, ... recordings. */
export async function structureHeart(
  seed: number,
  { unknown, most, orders, ...made }: StructureOptions,
): Promise<{ row: StructureRow; text: string }> {
  const standing: readonly Structure[] = rivals[unknown];
  const truths = standing.filter((one) => one.heart);
  const truth = truths[seed % truths.length];
  const whole = createHeart({ reaction: truth.spec.reaction, ...made, ...truth.heart, seed });
  const heart = { ...whole, pool: whole.pool.slice(0, -learntBeside) };
  const { designed, random } = await followBoth<Standing>(heart, {
    most,
    orders,
    learn: (used) => standingOf(heart, used, { standing, truth }),
    choose: (used, known) => chosen(heart, used, known),
  });
  const row = {
    seed,
    truth: truth.name,
    byDesign: stepsOf([designed]),
    byChance: stepsOf(random),
  };
  const text = (steps: readonly Step[]) => steps.map((s) => s.weight.toPrecision(2)).join(" ");
  return {
    row,
    text: `${truth.name}: weight with next-site ${text(row.byDesign)}; random ${text(row.byChance)}`,
  };
}

export function structureSummary(
  rows: readonly StructureRow[],
  { most }: Pick<StructureOptions, "most">,
) {
  const steps = Array.from({ length: most }, (_, n) => n);
  const share = (key: "byDesign" | "byChance", of: keyof Step) =>
    steps.map((n) => mean(rows.map((row) => row[key][n][of])));
  return {
    hearts: rows.length,
    right: { next_site: share("byDesign", "right"), random: share("byChance", "right") },
    weight_of_right: {
      next_site: share("byDesign", "weight"),
      random: share("byChance", "weight"),
    },
    target_weight: targetWeight,
    decided: { next_site: share("byDesign", "decided"), random: share("byChance", "decided") },
  };
}

const isDecided = ({ rightWeight }: Standing): boolean => rightWeight >= targetWeight;

const stepsOf = (orders: readonly (readonly Standing[])[]): Step[] =>
  orders[0].map((_, n) => ({
    right: mean(orders.map((steps) => Number(steps[n].isRight))),
    weight: mean(orders.map((steps) => steps[n].rightWeight)),
    decided: mean(orders.map((steps) => Number(reachedBy(steps, n, isDecided)))),
  }));

interface Compared {
  readonly standing: readonly Structure[];
  readonly truth: Structure;
}

/** All structures fitted to the first recordings and weighed on the others as `leads next-site` weighs them. */
async function standingOf(
  heart: Heart,
  used: readonly string[],
  { standing, truth }: Compared,
): Promise<Standing> {
  const data = caseOf(heart, used);
  const executor = executorFor(heart, data);
  const results: CandidateResult[] = [];
  for (const { spec } of standing)
    results.push(await fitCandidate({ data, catalog, executor, seed: heart.seed }, spec));
  const fitted = results.filter(({ status }) => status === "fitted");
  const [best] = [...fitted].sort((a, b) => a.excess - b.excess);
  if (!best)
    fail({
      code: "no-twin",
      message: `No structure could be fitted to heart ${heart.seed}: ${results[0].reason}`,
      fix: "Leave this seed out.",
    });
  const judgement = await judgeTwin(data, best, "validation");
  const weights = posteriorOf(results, judgement, "structure")!.reactions;
  const right = standing.indexOf(truth);
  return {
    results,
    weights,
    isRight: weights[0].candidate === right,
    rightWeight: weights.find(({ candidate }) => candidate === right)?.weight ?? 0,
  };
}

/** The recording whose site ranks first among those that are left. */
async function chosen(
  heart: Heart,
  used: readonly string[],
  { results, weights }: Standing,
): Promise<string> {
  const data = caseOf(heart, used);
  const executor = executorFor(heart, data);
  const fittingOf = ({ spec }: CandidateResult) => {
    const compiled = compileTwin(catalog, spec, data.mesh, { backEnd: heart.backEnd });
    return createFitting({ data, catalog, executor, seed: heart.seed }, compiled);
  };
  const rivals: Rival[] = [];
  for (const { candidate, weight } of weights.filter((w) => w.weight >= leastWeight)) {
    const { spec, values } = results[candidate];
    const named = { name: spec.reaction.name, weight };
    rivals.push(await rivalOf(fittingOf(results[candidate]), values, named));
  }
  const best = results[weights[0].candidate];
  const noise_ms = await unexplained_ms(fittingOf(best), best.values);
  return firstRanked(heart, used, { data, rivals, noise_ms });
}
