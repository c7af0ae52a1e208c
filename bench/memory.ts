/**
 * Does a memory of earlier patients help with the next one? Earlier patients of mixed truths are
 * discovered without any memory; fresh ones then without, with the memory's order of reactions alone,
 * and with its starting values too. Counted: evaluations and simulations to the same score, which is
 * the worst of the three final validation misfits and a tenth more. The counts are the same on any
 * machine.
 *
 *   node memory.js [--quick] [--nodes 350] [--write docs/agents.md] [--json]
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

export interface Patient {
  readonly reaction: string;
  readonly seed: number;
}

/** A practice that meets one membrane more often than the others. */
const earlier: readonly Patient[] = [
  { reaction: "mitchell-schaeffer", seed: 1 },
  { reaction: "mitchell-schaeffer", seed: 2 },
  { reaction: "rogers-mcculloch", seed: 3 },
  { reaction: "mitchell-schaeffer", seed: 4 },
  { reaction: "rogers-mcculloch", seed: 5 },
  { reaction: "aliev-panfilov", seed: 6 },
];
/** The last one has a membrane that no earlier patient had. */
const fresh: readonly Patient[] = [
  { reaction: "mitchell-schaeffer", seed: 101 },
  { reaction: "mitchell-schaeffer", seed: 102 },
  { reaction: "mitchell-schaeffer", seed: 103 },
  { reaction: "rogers-mcculloch", seed: 104 },
  { reaction: "rogers-mcculloch", seed: 105 },
  { reaction: "aliev-panfilov", seed: 106 },
  { reaction: "fitzhugh-nagumo", seed: 107 },
];
const recipe = { recordings: 10, frames: 60, noise: 0.02 } as const;
const budget = { evaluations: 14, seconds: 1e6 } as const;

async function openPatient({ reaction, seed }: Patient, nodes: number) {
  const options = syntheticOptions("published", { ...recipe, reaction: { name: reaction }, seed, nodes });
  const { patient: data } = createSyntheticPatient(catalog, options);
  const trivial = baselinesOf(data, "validation", defaultSpec.observation);
  const caseHash = await hashOf({ reaction, seed, nodes });
  const summary = summariseCase(data, { trivial, inputHashes: { "case.json": caseHash } });
  return { data, summary, caseHash, offered: offeredCatalog(catalog) };
}
type Opened = Awaited<ReturnType<typeof openPatient>>;

const { test: _, ...known } = { test: [] as readonly string[] };
void known;

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
