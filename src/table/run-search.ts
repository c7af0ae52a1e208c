import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { catalog } from "../catalog/catalog.js";
import type { Usage } from "../discover/agents/agent.js";
import { bestOf, type Candidate, misfitOf } from "../discover/archive.js";
import { decode } from "../discover/canonical.js";
import type { CaseSummary } from "../discover/case-summary.js";
import { initialSpecFor } from "../discover/initial-spec.js";
import { type JournalEvent, openJournal } from "../discover/journal.js";
import { fileStore } from "../discover/journal-file.js";
import { discover } from "../discover/loop.js";
import { createSession, inlineExecutor } from "../fit/executor.js";
import { fitCandidate } from "../fit/fit-candidate.js";
import { defaultSpec } from "../twin/spec.js";
import { journalFile } from "./cell.js";
import { type Outcome, outcomeOf, type Run, summaryOf } from "./cell-job.js";
import { rowHash } from "./configuration.js";
import { moneyOf } from "./limits.js";
import { restrictedCatalog, type Searching } from "./restricted.js";
import { openTranscript } from "./transcripts.js";

/** A search in a journal of its own. No clock has a say in it: the budget is evaluations alone. */
export async function search(run: Run, method: Searching): Promise<Outcome> {
  const { job, tools, opened, tableCase } = run;
  const { evaluations, effort, program } = job.configuration;
  const summary = summaryOf(run);
  const offered = restrictedCatalog(method, tableCase, { summary, seed: job.key.seed });
  const { model = {} } = method;
  const row = await rowHash(method);
  const data = opened.visible;
  const executor = inlineExecutor(createSession(catalog, data, tools.backEnd));
  const repeated = method.recorded ? await openTranscript(job) : undefined;
  // Another transcript is another search: its journal must not go on from the old one's.
  const journals = repeated ? join(job.journals, repeated.hash.slice(0, 12)) : job.journals;
  await mkdir(journals, { recursive: true });
  const store = fileStore(join(journals, journalFile(job.key)));
  let tokens: number | null = null;
  let fitted = 0;
  const count = ({ type, data: payload }: JournalEvent) => {
    if (type === "candidate-finished") tools.onProgress?.(`fit ${++fitted} of ${evaluations}`);
    const { usage } = (type === "decided" ? decode(payload) : {}) as { usage?: Usage };
    if (usage) tokens = (tokens ?? 0) + usage.inputTokens + usage.outputTokens;
  };
  try {
    const { archive, best, elapsed_s, fingerprint } = await discover({
      case: summary,
      catalog: offered,
      agent: repeated?.agent ?? tools.createAgent(method.agent, model, effort.tiers),
      evaluate: (spec, { seed, signal }) =>
        fitCandidate({ data, catalog, executor, seed, signal }, spec),
      budget: { evaluations, seconds: noLimit_s, ...moneyOf(model) },
      journal: await openJournal(store),
      seed: job.key.seed,
      initialSpec: initialSpecFor(offered, summary, {
        fit: { ...defaultSpec.fit, ...effort.start },
      }),
      configuration: { table: job.hash, method: method.name, ...(row ? { row } : {}) },
      versions: { "leads-ep": program },
      onEvent: count,
    });
    return {
      ...(await outcomeOf(run, best?.result ?? null)),
      evaluations: archive.length,
      trace: traceOf(archive, summary),
      simulations: archive.reduce((sum, { result }) => sum + result.simulations, 0),
      seconds: elapsed_s,
      tokens,
      fingerprint,
    };
  } finally {
    await store.close();
  }
}

/** About a year. */
const noLimit_s = 3e7;

/** Validation misfit of the best candidate after each evaluation; the best is by excess. */
const traceOf = (archive: readonly Candidate[], { measure }: CaseSummary): (number | null)[] =>
  archive.map((_, k) => {
    const best = bestOf(archive.slice(0, k + 1));
    return best ? misfitOf(best.result.validation, measure) : null;
  });
