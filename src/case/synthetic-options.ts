import { fail, lookUp, rejectUnknownKeys } from "../core/errors.js";
import type { ReactionChoice } from "./truth-simulator.js";

/** A region of poor conduction round a seeded place, as far from it along the wall. */
export interface ScarOptions {
  /** Share of all nodes in the core, and in the ring around it. */
  readonly coreFraction: number;
  readonly borderFraction: number;
  /** Conductivity there / conductivity of healthy tissue. */
  readonly coreFactor: number;
  readonly borderFactor: number;
}

export interface SyntheticOptions {
  readonly reaction: ReactionChoice;
  readonly seed: number;
  /** Aimed at; met within 3 %. */
  readonly nodes: number;
  /** Apex to base. */
  readonly height_mm: number;
  /** One pacing site each. */
  readonly recordings: number;
  readonly frames: number;
  /** Standard deviation of white noise / amplitude of the normalised potential (1). */
  readonly noise: number;
  /** Share of nodes that are recorded, the same in all recordings. */
  readonly observed: number;
  readonly scar: ScarOptions | undefined;
  /** Diffusivity along / across the fibres; 1 = isotropic. */
  readonly anisotropy: number;
  /** Divides the step of the truth. */
  readonly finerSteps: number;
  /** Parameters are drawn log-uniformly within this factor of the published ones; 1 = published. */
  readonly spread: number;
}

const published = {
  nodes: 1119,
  height_mm: 30,
  recordings: 32,
  frames: 117,
  noise: 0,
  observed: 1,
  scar: undefined,
  anisotropy: 1,
  finerSteps: 1,
  spread: 1.2,
} as const satisfies Omit<SyntheticOptions, "reaction" | "seed">;

/** "published": the recipe of LEADS and its siblings. "hard": what a patient adds to it. */
export const syntheticPresets: Readonly<
  Record<string, Omit<SyntheticOptions, "reaction" | "seed">>
> = {
  published,
  hard: {
    ...published,
    noise: 0.05,
    observed: 0.3,
    scar: { coreFraction: 0.025, borderFraction: 0.055, coreFactor: 0.04, borderFactor: 0.35 },
    anisotropy: 4,
  },
};

/** A preset with a reaction and a seed, and changes to it; throws LeadsError for what it cannot be. */
export function syntheticOptions(
  preset: string,
  given: Pick<SyntheticOptions, "reaction" | "seed"> & Partial<SyntheticOptions>,
): SyntheticOptions {
  const options = { ...lookUp("preset", syntheticPresets, preset), ...given };
  checkSyntheticOptions(options);
  return options;
}

/** Throws LeadsError with the name of the first option that cannot be met. */
export function checkSyntheticOptions(options: SyntheticOptions): void {
  const keys = ["reaction", "seed", ...Object.keys(published)];
  rejectUnknownKeys(options, keys, "synthetic patient");
  rejectUnknownKeys(options.reaction, ["name", "variant"], "reaction");
  const { nodes, recordings, frames, scar } = options;
  require("seed", options.seed, Number.isInteger(options.seed), "a whole number");
  require("nodes", nodes, Number.isInteger(nodes) && nodes > 0, "a whole number of nodes");
  require("height_mm", options.height_mm, options.height_mm > 0, "more than 0 mm");
  const splits = Number.isInteger(recordings) && recordings >= 3;
  require("recordings", recordings, splits, "at least 3: one to train on, one for validation, one to test");
  const most = Math.floor(nodes / 4);
  require("recordings", recordings, recordings <=
    most, `at most ${most}, a quarter of ${nodes} nodes`);
  require("frames", frames, Number.isInteger(frames) && frames >= 3, "at least 3");
  require("noise", options.noise, options.noise >= 0 && options.noise < 1, "in [0, 1)");
  requireShare("observed", options.observed);
  require("anisotropy", options.anisotropy, within(options.anisotropy, 0.2, 25), "in [0.2, 25]");
  const { finerSteps } = options;
  const isCount = Number.isInteger(finerSteps) && finerSteps >= 1;
  require("finerSteps", finerSteps, isCount, "a whole number from 1");
  require("spread", options.spread, within(options.spread, 1, 2), "in [1, 2]");
  if (scar) checkScar(scar);
}

const within = (value: number, low: number, high: number) => value >= low && value <= high;

function checkScar(scar: ScarOptions): void {
  const names = ["coreFraction", "borderFraction", "coreFactor", "borderFactor"] as const;
  rejectUnknownKeys(scar, names, "scar");
  for (const name of names) requireShare(`scar.${name}`, scar[name]);
  const share = scar.coreFraction + scar.borderFraction;
  require("scar", share, share <= 0.5, "at most half of the heart");
}

const requireShare = (path: string, value: number) =>
  require(path, value, value > 0 && value <= 1, "in (0, 1]");

function require(path: string, value: unknown, holds: boolean, wanted: string): void {
  if (holds) return;
  fail({
    code: "bad-option",
    path,
    message: `${path} = ${JSON.stringify(value)} is not possible.`,
    fix: `${path} must be ${wanted}.`,
  });
}
