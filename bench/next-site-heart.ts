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

/** What hearts are made with, and how far both ways of choosing are followed. */
export interface DesignOptions {
  readonly most: number;
  /** Random orders of the recordings. */
  readonly orders: number;
  readonly nodes: number;
  /** Pacing sites spread over the heart; most of them may be chosen. */
  readonly recordings: number;
  readonly noise: number;
  readonly observed: number;
  readonly backEnd: BackEnd;
}

export type HeartOptions = Pick<SyntheticOptions, "reaction" | "seed"> &
  Partial<SyntheticOptions> & {
    /** What fits and rankings run on. */
    readonly backEnd: BackEnd;
  };

export function createHeart({ backEnd, ...options }: HeartOptions): Heart {
  const patient = createSyntheticPatient(
    { ...syntheticPresets["published"], frames: 50, ...options },
    truthSimulator(catalog),
  );
  const { seed } = options;
  const [first, ...pool] = createRandom(seed, "order").shuffle(patient.case.split.train);
  return { patient, pool, first, seed, backEnd };
}

/** The case as it is with these recordings to learn from, and to validate on. */
export function caseWith({ patient }: Heart, part: Partial<Case["split"]>): Case {
  return { ...patient.case, split: { ...patient.case.split, ...part } };
}

export const executorFor = ({ backEnd }: Heart, data: Case): Executor =>
  inlineExecutor(createSession(catalog, data, backEnd));

/** The recording whose site ranks first among those that are left. */
export function firstRanked(
  heart: Heart,
  used: readonly string[],
  design: Omit<SiteRequest, "sites">,
): string {
  const left = sitesLeft(heart, used);
  const [best] = rankSites({ ...design, sites: left.map(({ node }) => node) });
  return left.find(({ node }) => node === best.node)!.recording;
}

const sitesLeft = ({ patient, pool }: Heart, used: readonly string[]) =>
  patient.truth.sites.filter(
    ({ recording }) => pool.includes(recording) && !used.includes(recording),
  );

interface Followed<T> extends Pick<DesignOptions, "most" | "orders"> {
  readonly learn: Learn<T>;
  readonly choose: Next<T>;
}

/** What is known after 1, 2, ... recordings that are chosen, and in every random order. */
export async function followBoth<T>(
  heart: Heart,
  { most, orders, learn, choose }: Followed<T>,
): Promise<{ designed: T[]; random: T[][] }> {
  const from = { most, learn, start: await learn([heart.first]) };
  const designed = await follow(heart, from, choose);
  const random: T[][] = [];
  for (let k = 0; k < orders; k++) random.push(await follow(heart, from, byChance(heart, k)));
  return { designed, random };
}

/** What is known after 1, 2, ... recordings; `next` names the one to add. */
export async function follow<T>(
  heart: Heart,
  { most, start, learn }: { most: number; start: T; learn: Learn<T> },
  next: Next<T>,
): Promise<T[]> {
  let [used, known] = [[heart.first], start];
  const steps = [known];
  while (used.length < most) {
    used = [...used, await next(used, known)];
    known = await learn(used);
    steps.push(known);
  }
  return steps;
}
type Learn<T> = (used: readonly string[]) => Promise<T>;
type Next<T> = (used: readonly string[], known: T) => Promise<string>;

/** One random order of recordings, as `next` of `follow`. */
export function byChance({ pool, seed }: Heart, order: number) {
  const shuffled = createRandom(seed, `random-${order}`).shuffle(pool);
  return async (used: readonly string[]): Promise<string> => shuffled[used.length - 1];
}

export const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

/** Whether something held after n + 1 recordings or fewer. */
export const reachedBy = <T>(steps: readonly T[], n: number, holds: (step: T) => boolean) =>
  steps.slice(0, n + 1).some(holds);
