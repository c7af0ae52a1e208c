import type { Case } from "../case/case.js";
import { LeadsError, type Problem } from "../core/errors.js";
import type { BackEnd } from "../kernel/engine.js";
import { type CompiledTwin, compileTwin } from "../twin/compile.js";
import type { Catalog, TwinSpec, TwinValues } from "../twin/spec.js";
import type { CandidateResult } from "./candidate.js";
import type { FirstStarts } from "./context.js";
import { type GradientOptions, type LossGradient, lossGradient } from "./field-gradient.js";
import { fitCandidate } from "./fit-candidate.js";
import { type MapOptions, type MapResiduals, mapResiduals } from "./map-residuals.js";
import {
  type CompareOptions,
  costs,
  type NormalEquations,
  normalEquations,
  type Prediction,
  predictTogether,
} from "./normal-equations.js";
import { judged, type Target, targetsOf, trainedBeats } from "./targets.js";
import { type Linearised, type LineariseOptions, linearise } from "./uncertainty/linearise.js";
import { measuredMaps } from "./uncertainty/measured-maps.js";

/** One independent piece of work: plain data in, plain data out. */
export type Job =
  | {
      /** A whole fit. */
      readonly kind: "candidate";
      readonly seed: number;
      readonly starts?: FirstStarts;
      /** One number in shared memory: the fit is to stop once it is not 0. */
      readonly stop: Int32Array;
    }
  | {
      readonly kind: "normal-equations";
      readonly recording: string;
      readonly sets: readonly TwinValues[];
      readonly steps: readonly number[];
      readonly options: CompareOptions;
    }
  | {
      readonly kind: "costs";
      readonly recording: string;
      readonly sets: readonly TwinValues[];
      readonly options: CompareOptions;
    }
  | {
      readonly kind: "gradient";
      readonly recordings: readonly string[];
      readonly values: TwinValues;
      readonly options: GradientOptions;
    }
  | {
      readonly kind: "map-residuals";
      readonly recording: string;
      readonly sets: readonly TwinValues[];
      readonly options: MapOptions;
    }
  | {
      /** Everything that is uncertain, moved one by one from `q` (uncertainty/directions.ts). */
      readonly kind: "linearise";
      readonly recording: string;
      readonly values: TwinValues;
      readonly q: Float64Array;
      readonly options: LineariseOptions;
    }
  | {
      readonly kind: "measured-maps";
      readonly recording: string;
      readonly sets: readonly TwinValues[];
      readonly options: { readonly limit_ms: number; readonly nodes: number };
    }
  | {
      readonly kind: "predict";
      /** Up to four, with frames at the same times. */
      readonly recordings: readonly string[];
      readonly values: TwinValues;
      readonly limit_ms: number;
    };

export interface JobResults {
  readonly candidate: CandidateResult;
  readonly "normal-equations": NormalEquations;
  readonly costs: readonly { cost: number; count: number }[];
  readonly gradient: LossGradient;
  readonly "map-residuals": MapResiduals;
  readonly linearise: Linearised;
  readonly "measured-maps": readonly Float64Array[];
  readonly predict: readonly Prediction[];
}
export type JobResult = JobResults[Job["kind"]];

/** Runs jobs of one twin structure; results come in the order of the jobs, whoever ran them. */
export interface Executor {
  run<K extends Job["kind"]>(
    spec: TwinSpec,
    jobs: readonly Extract<Job, { kind: K }>[],
  ): Promise<JobResults[K][]>;
  close(): Promise<void>;
}

/** What a worker knows: one case, one catalog, and the structures it has compiled. */
export interface Session {
  readonly catalog: Catalog;
  readonly data: Case;
  compiled(spec: TwinSpec): CompiledTwin;
  target(spec: TwinSpec, recording: string): Target;
}

/** Structures kept compiled at a time; each holds its simulation memory. */
const keptStructures = 3;

/** `backEnd`: what the simulations run on; WebAssembly if absent. */
export function createSession(catalog: Catalog, data: Case, backEnd?: BackEnd): Session {
  const twins = new Map<string, CompiledTwin>();
  const targets = new Map<string, Target>();
  return {
    catalog,
    data,
    compiled: (spec) => {
      const key = JSON.stringify(spec);
      const known = twins.get(key);
      if (known) return known;
      if (twins.size >= keptStructures) twins.delete(twins.keys().next().value!);
      const created = compileTwin(catalog, spec, data.mesh, { beats: trainedBeats(data), backEnd });
      twins.set(key, created);
      return created;
    },
    target: (spec, recording) => {
      const key = `${recording}/${JSON.stringify(spec.observation)}`;
      const learnt = data.split.train.includes(recording);
      const observation = learnt ? spec.observation : judged(spec.observation);
      const known = targets.get(key) ?? targetsOf(data, [recording], observation)[0];
      targets.set(key, known);
      return known;
    },
  };
}

export async function runJob(session: Session, spec: TwinSpec, job: Job): Promise<JobResult> {
  if (job.kind !== "candidate") return simulationOf(session, spec, job);
  const { catalog, data, compiled } = session;
  const signal = {
    get aborted() {
      return Atomics.load(job.stop, 0) !== 0;
    },
  };
  const executor = inlineExecutor(session);
  const { seed, starts } = job;
  return fitCandidate({ data, catalog, executor, compiled, seed, signal, starts }, spec);
}

type Simulation = Exclude<Job, { kind: "candidate" }>;

function simulationOf(session: Session, spec: TwinSpec, job: Simulation): JobResult {
  const compiled = session.compiled(spec);
  const target = (id: string) => session.target(spec, id);
  switch (job.kind) {
    case "normal-equations":
      return normalEquations(compiled, target(job.recording), job.sets, job.steps, job.options);
    case "costs":
      return costs(compiled, target(job.recording), job.sets, job.options);
    case "gradient":
      return lossGradient(compiled, job.recordings.map(target), job.values, job.options);
    case "map-residuals":
      return mapResiduals(compiled, target(job.recording), job.sets, job.options);
    case "linearise":
      return linearise(compiled, target(job.recording), job, job.options);
    case "measured-maps":
      return measuredMaps(compiled, target(job.recording), job.sets, job.options);
    case "predict":
      return predictTogether(compiled, job.recordings.map(target), job.values, job.limit_ms);
  }
}

/** Runs everything in this thread, one job after the other. */
export function inlineExecutor(session: Session): Executor {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: <K extends Job["kind"]>(spec: TwinSpec, jobs: readonly Extract<Job, { kind: K }>[]) => {
      const results = last.then(async () => {
        const done: JobResult[] = [];
        for (const job of jobs) done.push(await runJob(session, spec, job));
        return done as JobResults[K][];
      });
      last = results.catch(() => undefined);
      return results;
    },
    close: async () => {},
  };
}

/** What workers send back; errors travel as data and keep their fix. */
export type Reply =
  | { readonly id: number; readonly result: JobResult }
  | { readonly id: number; readonly error: Problem };

export const errorData = (error: unknown): Problem =>
  error instanceof LeadsError
    ? { code: error.code, message: error.message, path: error.path, fix: error.fix }
    : {
        code: "internal",
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
