import type { Case } from "../src/case/case.js";
import { createSyntheticPatient, type SyntheticPatient } from "../src/case/synthetic.js";
import { type SyntheticOptions, syntheticPresets } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { createRandom } from "../src/core/random.js";
import { createSession, type Executor, inlineExecutor } from "../src/fit/executor.js";
import { rankSites, type SiteRequest } from "../src/fit/next-site.js";
import type { BackEnd } from "../src/kernel/engine.js";
import { truthSimulator } from "../src/twin/truth.js";

/** A synthetic patient whose training recordings are made one by one. */
export interface Heart {
  readonly patient: SyntheticPatient;
  readonly first: string;
  /** The recordings that may follow, in random order. */
  readonly pool: readonly string[];
  readonly seed: number;
  readonly backEnd: BackEnd;
}

export type HeartOptions = Pick<SyntheticOptions, "reaction" | "seed"> &
  Partial<SyntheticOptions> & {
    /** What fits and rankings run on. */
    readonly backEnd: BackEnd;
  };

export function createHeart({ backEnd, ...options }: HeartOptions): Heart {
  const patient = createSyntheticPatient(
    { ...syntheticPresets["published"], recordings: 16, frames: 50, ...options },
    truthSimulator(catalog),
  );
  const { seed } = options;
  const [first, ...pool] = createRandom(seed, "order").shuffle(patient.case.split.train);
  return { patient, pool, first, seed, backEnd };
}

/** The case as it is with these training recordings and so many validation recordings. */
export function caseWith(
  { patient }: Heart,
  train: readonly string[],
  validations = Number.POSITIVE_INFINITY,
): Case {
  const { split } = patient.case;
  const validation = split.validation.slice(0, validations);
  return { ...patient.case, split: { ...split, train, validation } };
}

export const executorFor = ({ backEnd }: Heart, data: Case): Executor =>
  inlineExecutor(createSession(catalog, data, backEnd));

/** The recording whose site ranks first among those that are left. */
export function firstRanked(
  heart: Heart,
  train: readonly string[],
  design: Omit<SiteRequest, "sites">,
): string {
  const left = sitesLeft(heart, train);
  const [best] = rankSites({ ...design, sites: left.map(({ node }) => node) });
  return left.find(({ node }) => node === best.node)!.recording;
}

const sitesLeft = ({ patient, pool }: Heart, train: readonly string[]) =>
  patient.truth.sites.filter(
    ({ recording }) => pool.includes(recording) && !train.includes(recording),
  );

/** What is known after 1, 2, ... recordings; `next` names the one to add. */
export async function follow<T>(
  heart: Heart,
  { most, start, learn }: { most: number; start: T; learn: Learn<T> },
  next: (train: readonly string[], known: T) => Promise<string>,
): Promise<T[]> {
  let [train, known] = [[heart.first], start];
  const steps = [known];
  while (train.length < most) {
    train = [...train, await next(train, known)];
    known = await learn(train);
    steps.push(known);
  }
  return steps;
}
export type Learn<T> = (train: readonly string[]) => Promise<T>;

/** One random order of recordings, as `next` of `follow`. */
export function byChance({ pool, seed }: Heart, order: number) {
  const shuffled = createRandom(seed, `random-${order}`).shuffle(pool);
  return async (train: readonly string[]): Promise<string> => shuffled[train.length - 1];
}

export const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Recordings until something holds; one more than all where it never does. */
export function needed<T>(steps: readonly T[], holds: (step: T) => boolean): number {
  const at = steps.findIndex(holds);
  return at < 0 ? steps.length + 1 : at + 1;
}
