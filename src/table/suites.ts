import { type SyntheticOptions, syntheticPresets } from "../case/synthetic-options.js";
import { lookUp } from "../core/errors.js";
import type { EngineName } from "../native/engine-name.js";
import type { Method, SyntheticRecipe, TableCase, TableConfiguration } from "./configuration.js";
import { interpolations, methods, twoVariable } from "./methods.js";

/** A heart that fits on two cores get through quickly. */
const quickHeart = { nodes: 320, recordings: 8, frames: 50 } as const;

const effort: TableConfiguration["effort"] = {
  start: { starts: 4, timeIterations: 12, potentialIterations: 20, fieldIterations: 60 },
  given: { starts: 6, timeIterations: 16, potentialIterations: 40, fieldIterations: 220 },
};
const quickEffort: TableConfiguration["effort"] = {
  start: { starts: 1, timeIterations: 12, potentialIterations: 14, fieldIterations: 10 },
  given: { starts: 1, timeIterations: 12, potentialIterations: 20, fieldIterations: 10 },
  tiers: {
    screening: { starts: 1, timeIterations: 12, potentialIterations: 14, fieldIterations: 10 },
    standard: { starts: 1, timeIterations: 12, potentialIterations: 16, fieldIterations: 10 },
    thorough: { starts: 2, timeIterations: 12, potentialIterations: 20, fieldIterations: 10 },
  },
};

type Change = Partial<Omit<SyntheticOptions, "seed" | "reaction">>;

function synthetic(
  reaction: string,
  quick: boolean,
  change: Change & Partial<Pick<SyntheticRecipe, "measure" | "learnt" | "testNodes">> = {},
): SyntheticRecipe {
  const { measure = "potential", learnt, testNodes, ...options } = change;
  return {
    kind: "synthetic",
    options: {
      ...syntheticPresets.published,
      reaction: { name: reaction },
      ...(quick ? quickHeart : {}),
      ...options,
    },
    measure,
    ...(learnt === undefined ? {} : { learnt }),
    ...(testNodes === undefined ? {} : { testNodes }),
  };
}

const publishedCases = (quick: boolean): TableCase[] =>
  twoVariable.slice(0, 3).map((truth) => ({
    name: truth,
    title: truth,
    recipe: synthetic(truth, quick),
    truth,
    region: false,
  }));

/** Core and border zone of the "hard" preset, as one region of low conductivity to be found. */
const { scar } = syntheticPresets.hard;

/** What a patient adds to the published recipe, one thing at a time, on Aliev-Panfilov tissue. */
function hardCases(quick: boolean): TableCase[] {
  const base = "aliev-panfilov";
  const one = (name: string, title: string, change: Parameters<typeof synthetic>[2]): TableCase => {
    const recipe = synthetic(base, quick, change);
    // Times alone cannot tell reactions apart.
    const truth = recipe.measure === "activation" ? null : base;
    return { name, title, recipe, truth, region: recipe.options.scar !== undefined };
  };
  const outside = (reaction: string, title: string): TableCase => ({
    name: `outside-${reaction}`,
    title,
    recipe: synthetic(reaction, quick),
    offered: twoVariable,
    truth: null,
    region: false,
  });
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const nodes = quick ? quickHeart.nodes : syntheticPresets.published.nodes;
  return [
    one("scar", "scar and border zone, 5 % noise", { scar, noise: 0.05 }),
    one("scar-observed-30", "the same, 30 % of nodes", { scar, noise: 0.05, observed: 0.3 }),
    one("fibres", "fibres, 4 : 1", { anisotropy: 4 }),
    ...[0.02, 0.05, 0.1].map((noise) =>
      one(`noise-${Math.round(100 * noise)}`, `${percent(noise)} noise`, { noise }),
    ),
    ...[0.1, 0.3].map((observed) =>
      one(`observed-${Math.round(100 * observed)}`, `${percent(observed)} of nodes, 2 % noise`, {
        observed,
        noise: 0.02,
      }),
    ),
    one("times-alone", "activation times alone, 2 % noise", { measure: "activation", noise: 0.02 }),
    outside("bueno-orovio", "truth outside: Bueno-Orovio"),
    outside("ten-tusscher-panfilov", "truth outside: ten Tusscher"),
    one("coarser-test", "test on a coarser mesh", { testNodes: Math.round(0.75 * nodes) }),
    one("finer-test", "test on a finer mesh", { testNodes: 2 * nodes }),
    ...[1, 3, 10].map((learnt) =>
      one(`recordings-${learnt}`, `${learnt} recording${learnt > 1 ? "s" : ""} to learn from`, {
        learnt,
        noise: 0.02,
        // Of 8 recordings six are not for the test.
        ...(quick && learnt > 6 ? { recordings: 16 } : {}),
      }),
    ),
  ];
}

/** The Utah recordings hold one beat, or a beat and its copy: electrodes are held out, not sites. */
const realCases = (): TableCase[] => [
  {
    name: "utah-sock490",
    title: "sock of 490 electrodes, 64 known",
    recipe: {
      kind: "recorded",
      folder: "utah-sock490",
      files: { mat: "rsm10jan01-cs-0004.mat", points: "490sock.pts", faces: "490sock.fac" },
      known: 64,
      validation: 16,
    },
    truth: null,
    region: false,
  },
  {
    name: "utah-tank-sock128",
    title: "sock of 128 electrodes in a tank, 32 known",
    recipe: {
      kind: "recorded",
      folder: "utah-tank-sock128",
      files: {
        mat: "cool1-atdr-run1.mat",
        points: "25feb97_sock.pts",
        faces: "25feb97_sock.fac",
        channels: "sock128.channels",
      },
      sampling_hz: 1000,
      windows: [{ id: "beat-1", window_ms: [148, 209] }],
      known: 32,
      validation: 8,
    },
    truth: null,
    region: false,
  },
];

interface Suite {
  readonly title: string;
  readonly about: string;
  readonly cases: (quick: boolean) => TableCase[];
  readonly methods: readonly Method[];
  /** Fits of a searching method on a case; quick, in full. */
  readonly evaluations: readonly [number, number];
}

/** Ablations of the paper say nothing new where each case asks another question. */
const hardRows = ["expert", "random", "halving", "bandit", "oracle", "leads-published"];
const realRows = ["expert", "random", "halving", "bandit", "reaction-only", "leads-published"];
const pick = (names: readonly string[]) => methods.filter(({ name }) => names.includes(name));
const predictors = methods.filter(({ kind }) => kind === "trivial");

export const suites: Readonly<Record<string, Suite>> = {
  published: {
    title: "The published recipe",
    about:
      "Synthetic recordings after the recipe of LEADS, noise-free, at every node; test recordings come from pacing sites that no fit and no agent has seen.",
    cases: publishedCases,
    methods,
    // Six forms of reactions are screened, and the best gets one more.
    evaluations: [7, 30],
  },
  real: {
    title: "Real recordings",
    about:
      "The paper splits 20 recordings of a Utah experiment 12/3/5; they are not public. Here: one beat each of two Utah socks, scored at electrodes that no fit and no agent has seen.",
    cases: realCases,
    methods: [...pick(realRows), ...interpolations],
    evaluations: [5, 20],
  },
  hard: {
    title: "Beyond the paper",
    about:
      "One hardship at a time. Every score is on pacing sites never seen, against the noise-free truth at every node.",
    cases: hardCases,
    methods: [...pick(hardRows), ...predictors],
    evaluations: [8, 30],
  },
};

export const suiteNames = Object.keys(suites);

export interface TableRequest {
  readonly suite: string;
  readonly quick: boolean;
  /** "wasm" if absent. */
  readonly engine?: EngineName;
  /** Number of seeds; absent: 5, or 1 with `quick`. */
  readonly seeds?: number;
  readonly languageModels: readonly Method[];
  readonly program: string;
}

/** Errors: "unknown-name" for the suite. */
export function tableConfiguration(request: TableRequest): TableConfiguration {
  const { suite, quick, engine = "wasm", languageModels, program } = request;
  const { cases, methods: rows, evaluations } = lookUp("suite", suites, suite);
  const trivial = rows.findIndex(({ kind }) => kind === "trivial");
  return {
    format: "leads-table",
    version: 1,
    program,
    suite,
    quick,
    ...(engine === "wasm" ? {} : { engine }),
    seeds: Array.from({ length: request.seeds ?? (quick ? 1 : 5) }, (_, k) => k + 1),
    evaluations: evaluations[quick ? 0 : 1],
    effort: quick ? quickEffort : effort,
    cases: cases(quick),
    methods: [...rows.slice(0, trivial), ...languageModels, ...rows.slice(trivial)],
  };
}
