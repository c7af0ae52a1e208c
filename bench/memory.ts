/**
 * Does a memory of earlier patients help with the next one? Earlier patients of mixed truths are
 * discovered without any memory; fresh ones then without, with the memory's order of reactions alone,
 * and with its starting values too. Counted: evaluations and simulations to the same score, which is
 * the worst of the three final validation misfits and a tenth more. The counts are the same on any
 * machine.
 *
 *   node memory.js [--quick] [--nodes 300] [--write docs/agents.md] [--json]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSyntheticPatient } from "../src/case/synthetic.js";
import { syntheticOptions } from "../src/case/synthetic-options.js";
import { catalog } from "../src/catalog/catalog.js";
import { noiseOf } from "../src/cli/memory-file.js";
import { baselinesOf, judgeTwin, posteriorOf } from "../src/cli/scoring.js";
import { expertAgent } from "../src/discover/agents/expert.js";
import type { Candidate } from "../src/discover/archive.js";
import { hashOf } from "../src/discover/canonical.js";
import { summariseCase } from "../src/discover/case-summary.js";
import { viewCatalog } from "../src/discover/entries.js";
import { initialSpecFor } from "../src/discover/initial-spec.js";
import { memoryStore, openJournal } from "../src/discover/journal.js";
import { discover } from "../src/discover/loop.js";
import { emptyMemory, featuresOf, type Memory, remember, withRun } from "../src/discover/memory.js";
import { type MemoryPrior, memoryPrior } from "../src/discover/memory-prior.js";
import { offeredCatalog } from "../src/discover/offer.js";
import { createSession, inlineExecutor } from "../src/fit/executor.js";
import { fitCandidate } from "../src/fit/fit-candidate.js";
import { defaultSpec } from "../src/twin/spec.js";
import { truthSimulator } from "../src/twin/truth.js";

export interface Patient {
  readonly reaction: string;
  readonly seed: number;
}

/** A practice that meets one membrane more often than the others. */
const earlier: readonly Patient[] = [
  { reaction: "rogers-mcculloch", seed: 1 },
  { reaction: "fitzhugh-nagumo", seed: 2 },
  { reaction: "rogers-mcculloch", seed: 3 },
  { reaction: "aliev-panfilov", seed: 4 },
];
/** The last one has a membrane that no earlier patient had. */
const fresh: readonly Patient[] = [
  { reaction: "rogers-mcculloch", seed: 101 },
  { reaction: "rogers-mcculloch", seed: 102 },
  { reaction: "fitzhugh-nagumo", seed: 103 },
  { reaction: "aliev-panfilov", seed: 104 },
  { reaction: "mitchell-schaeffer", seed: 105 },
];
const recipe = { recordings: 10, frames: 40, noise: 0.02 } as const;
const budget = { evaluations: 14, seconds: 1e6 } as const;

async function openPatient({ reaction, seed }: Patient, nodes: number) {
  const options = syntheticOptions("published", {
    ...recipe,
    reaction: { name: reaction },
    seed,
    nodes,
  });
  const { case: data } = createSyntheticPatient(options, truthSimulator(catalog));
  const trivial = baselinesOf(data, "validation", defaultSpec.observation);
  const caseHash = await hashOf({ ...options });
  const summary = summariseCase(data, { trivial, inputHashes: { "case.json": caseHash } });
  return { data, summary, caseHash, offered: offeredCatalog(catalog) };
}
type Opened = Awaited<ReturnType<typeof openPatient>>;

async function run({ data, summary, offered }: Opened, memory?: MemoryPrior) {
  const executor = inlineExecutor(createSession(catalog, data));
  return discover({
    case: summary,
    catalog: offered,
    agent: expertAgent(),
    evaluate: (spec, context) => fitCandidate({ data, catalog, executor, ...context }, spec),
    budget,
    journal: await openJournal(memoryStore()),
    seed: 1,
    initialSpec: initialSpecFor(offered, summary),
    ...(memory ? { memory } : {}),
  });
}

type Outcome = Awaited<ReturnType<typeof run>>;

async function rememberPatient(memory: Memory, patient: Patient, nodes: number): Promise<Memory> {
  const opened = await openPatient(patient, nodes);
  const { data, summary, caseHash } = opened;
  const { best, archive, fingerprint } = await run(opened);
  const results = archive.map(({ result }) => result);
  const posterior = best && posteriorOf(results, await judgeTwin(data, best.result, "test"));
  return withRun(
    memory,
    remember({
      ...{ summary, caseHash, fingerprint, archive },
      catalog: viewCatalog(catalog, summary.mesh),
      posterior: Object.fromEntries(
        (posterior?.reactions ?? []).map(({ reaction, weight }) => [reaction, weight]),
      ),
    }),
  );
}

export const arms = ["no memory", "order alone", "memory"] as const;
export type Arm = (typeof arms)[number];

export interface ArmFigures {
  readonly reaction: string;
  /** Validation misfit of the winner. */
  readonly misfit: number;
  /** Until the run's end. */
  readonly evaluations: number;
  readonly simulations: number;
  /** Until the common score. */
  readonly evaluationsTo: number;
  readonly simulationsTo: number;
  readonly test_at_mae_ms: number | null;
}

export interface PatientFigures extends Patient {
  readonly target: number;
  readonly arms: Readonly<Record<Arm, ArmFigures>>;
}

/** The worst of the final misfits, and this share more, is the score that all arms reach. */
const allowance = 1.1;

const misfitIn = ({ result }: Candidate): number =>
  result.status === "fitted"
    ? (result.validation.mse ?? Number.POSITIVE_INFINITY)
    : Number.POSITIVE_INFINITY;

const simulationsIn = (archive: readonly Candidate[]): number =>
  archive.reduce((sum, { result }) => sum + result.simulations, 0);

/** Candidates up to the first one that reaches the score. */
export function until(archive: readonly Candidate[], target: number): readonly Candidate[] {
  const first = archive.findIndex((candidate) => misfitIn(candidate) <= target);
  return first < 0 ? archive : archive.slice(0, first + 1);
}

async function comparePatient(
  memory: Memory,
  patient: Patient,
  nodes: number,
): Promise<PatientFigures> {
  const opened = await openPatient(patient, nodes);
  const { data, summary, caseHash, offered } = opened;
  const prior = await memoryPrior(memory, {
    features: featuresOf(summary, noiseOf(data)),
    caseHash,
    catalog: viewCatalog(offered, summary.mesh),
  });
  const outcomes: Record<Arm, Outcome> = {
    "no memory": await run(opened),
    "order alone": await run(opened, { ...prior, parameters: {} }),
    memory: await run(opened, prior),
  };
  const finals = Object.values(outcomes).map(({ best }) => misfitIn(best!));
  const target = allowance * Math.max(...finals);
  const figures = async ({ archive, best }: Outcome): Promise<ArmFigures> => {
    const reached = until(archive, target);
    const { score } = await judgeTwin(data, best!.result, "test");
    return {
      reaction: best!.result.spec.reaction.name,
      misfit: misfitIn(best!),
      evaluations: archive.length,
      simulations: simulationsIn(archive),
      evaluationsTo: reached.length,
      simulationsTo: simulationsIn(reached),
      test_at_mae_ms: score.at_mae_ms,
    };
  };
  return {
    ...patient,
    target,
    arms: {
      "no memory": await figures(outcomes["no memory"]),
      "order alone": await figures(outcomes["order alone"]),
      memory: await figures(outcomes.memory),
    },
  };
}

export const marks = {
  begin: "<!-- memory: written by npm run check:memory, never by hand -->",
  end: "<!-- end of memory -->",
} as const;

const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

/** The figures as a table: evaluations and simulations to the same score, arm beside arm. */
export function memoryTable(
  patients: readonly PatientFigures[],
  { nodes, taught }: { readonly nodes: number; readonly taught: readonly Patient[] },
): string {
  const learnt = new Set(taught.map(({ reaction }) => reaction));
  const cell = ({ evaluationsTo, simulationsTo }: ArmFigures) =>
    `${evaluationsTo} (${simulationsTo})`;
  const total = (name: string, group: readonly PatientFigures[]) =>
    row([
      name,
      ...arms.map((arm) => {
        const sum = (key: "evaluationsTo" | "simulationsTo") =>
          group.reduce((all, one) => all + one.arms[arm][key], 0);
        return `${sum("evaluationsTo")} (${sum("simulationsTo")})`;
      }),
      arms.map((arm) => `${rightIn(group, arm)}/${group.length}`).join(" "),
    ]);
  const seen = patients.filter(({ reaction }) => learnt.has(reaction));
  const strange = patients.filter(({ reaction }) => !learnt.has(reaction));
  return [
    `Hearts of ${nodes} nodes, ${recipe.recordings} recordings, noise ${100 * recipe.noise} %; earlier patients: ` +
      `${countsOf(taught)}. Evaluations (simulated trajectories) to the same validation score:`,
    "",
    row(["fresh patient", ...arms, `right reaction (${arms.join(", ")})`]),
    row(Array.from({ length: arms.length + 2 }, () => "---")),
    ...patients.map((one) =>
      row([
        `${one.reaction}, seed ${one.seed}`,
        ...arms.map((arm) => cell(one.arms[arm])),
        arms.map((arm) => (one.arms[arm].reaction === one.reaction ? "yes" : "no")).join(" "),
      ]),
    ),
    ...(seen.length > 0 ? [total(`all ${seen.length} with a membrane seen before`, seen)] : []),
    ...(strange.length > 0 ? [total(`all ${strange.length} with one never seen`, strange)] : []),
  ].join("\n");
}

const rightIn = (group: readonly PatientFigures[], arm: Arm): number =>
  group.filter((one) => one.arms[arm].reaction === one.reaction).length;

const countsOf = (patients: readonly Patient[]): string =>
  [...new Set(patients.map(({ reaction }) => reaction))]
    .map((name) => `${patients.filter(({ reaction }) => reaction === name).length} ${name}`)
    .join(", ");

export function withMemoryTable(document: string, text: string): string {
  const [begin, end] = [document.indexOf(marks.begin), document.indexOf(marks.end)];
  if (begin < 0 || end < begin) throw new Error(`The document has no "${marks.begin}".`);
  return `${document.slice(0, begin + marks.begin.length)}\n${text}\n${document.slice(end)}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      nodes: { type: "string", default: "300" },
      quick: { type: "boolean", default: false },
      write: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const nodes = Number(values.nodes);
  const tell = (text: string) => process.stderr.write(`${text}\n`);
  const taught = values.quick ? earlier.slice(0, 1) : earlier;
  let memory = emptyMemory;
  for (const patient of taught) {
    memory = await rememberPatient(memory, patient, nodes);
    const { reaction } = memory.runs[memory.runs.length - 1].best;
    tell(`earlier: ${patient.reaction}, seed ${patient.seed}: found ${reaction.name}`);
  }
  const figures: PatientFigures[] = [];
  for (const patient of values.quick ? fresh.slice(0, 1) : fresh) {
    const one = await comparePatient(memory, patient, nodes);
    figures.push(one);
    tell(
      `fresh: ${one.reaction}, seed ${one.seed}: ` +
        arms.map((arm) => `${arm} ${one.arms[arm].evaluationsTo}`).join(", "),
    );
  }
  const text = memoryTable(figures, { nodes, taught });
  if (values.write)
    writeFileSync(values.write, withMemoryTable(readFileSync(values.write, "utf8"), text));
  console.log(values.json ? JSON.stringify({ nodes, recipe, taught, figures }, null, 2) : text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
