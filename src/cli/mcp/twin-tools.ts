import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "../../core/errors.js";
import type { Candidate } from "../../discover/archive.js";
import { compareCandidates } from "../../discover/compare.js";
import { summaryText } from "../../report/index.js";
import { evaluateRun, openTwin } from "../commands/evaluate.js";
import { readConfiguration, runFiles } from "../run-directory.js";
import { writeSimulation } from "../simulation.js";
import { reportOf, writeReport } from "../write-report.js";
import { lookAt } from "./desk.js";
import { type Call, runName, type Tool, tool } from "./tool.js";

const candidate = z.number().int().min(0).describe("Number of a candidate.");

const compare = tool({
  name: "compare",
  description:
    "Two candidates of a run, and only what differs between them: structure, fit, scores, errors, parameters. Each value is [a's, b's].",
  readOnly: true,
  input: z.strictObject({ run: runName, a: candidate, b: candidate }),
  run: async ({ run: name, a, b }, { desk }) => {
    const run = await desk.open(name);
    const differences = await lookAt(desk, run, (session) => {
      const archive = session.candidates();
      return compareCandidates(pick(archive, a), pick(archive, b), run.prepared.summary);
    });
    return { identity: run.identity, data: { a, b, differences } };
  },
});

const pick = (archive: readonly Candidate[], id: number): Candidate =>
  archive[id] ??
  fail({
    code: "unknown-candidate",
    message: `There is no candidate ${id}.`,
    fix: archive.length ? `There are 0 to ${archive.length - 1}.` : "Nothing was evaluated yet.",
  });

/** The folder of a run that has ended: its test scores are no secret any more. */
async function endedRun(name: string, { desk }: Call) {
  const directory = await desk.root.resolve(name);
  const identity = await desk.identify(directory);
  if (!existsSync(join(directory, runFiles.result)))
    fail({
      code: "not-ended",
      path: name,
      message: `${name} has not ended: its twin has not been chosen, and test recordings are hidden.`,
      fix: "Close it first.",
    });
  const { case: path } = await readConfiguration(directory);
  return { directory, identity, case: await desk.root.resolve(path) };
}

const evaluate = tool({
  name: "evaluate",
  description:
    "Scores of an ended run's twin by free roll-outs on the recordings of a case, beside the predictors without a model.",
  readOnly: true,
  input: z.strictObject({
    run: runName,
    case: z.string().min(1).max(400).optional().describe("Absent: the run's own case."),
    part: z.enum(["train", "validation", "test"]).default("test"),
  }),
  run: async ({ run: name, case: path, part }, call) => {
    const { directory, identity, case: own } = await endedRun(name, call);
    const chosen = path === undefined ? own : await call.desk.root.resolve(path);
    const { score, baselines } = await evaluateRun(directory, chosen, part);
    return { identity, data: { part, score, baselines } };
  },
});

const simulate = tool({
  name: "simulate",
  description:
    "Pace an ended run's twin and write what it does: a VTU series for ParaView and .npy arrays.",
  input: z.strictObject({
    run: runName,
    pace: z
      .array(
        z.strictObject({
          node: z.number().int().min(0),
          start_ms: z.number().min(0).default(0),
          duration_ms: z.number().positive().default(2),
          strength_per_ms: z.number().default(1),
        }),
      )
      .min(1)
      .max(1000),
    duration_ms: z.number().positive().max(100_000).describe("Length of the simulation."),
    every_ms: z.number().positive().default(5).describe("Time between frames."),
    out: z.string().min(1).max(400).describe("New folder, relative to the server's folder."),
  }),
  run: async ({ run: name, out, ...asked }, call) => {
    const { directory, identity } = await endedRun(name, call);
    const folder = await call.desk.root.resolve(out);
    const summary = await writeSimulation(await openTwin(directory), { ...asked, out: folder });
    return { identity, data: { ...summary, out: call.desk.root.nameOf(folder) } };
  },
});

const report = tool({
  name: "report",
  description: "Write the report of an ended run, one self-contained HTML file, and sum it up.",
  input: z.strictObject({ run: runName }),
  run: async ({ run: name }, call) => {
    const { directory, identity } = await endedRun(name, call);
    const told = await reportOf(directory);
    const path = call.desk.root.nameOf(await writeReport(directory, told));
    return { identity, data: { report: path, summary: summaryText(told) } };
  },
});

export const twinTools: readonly Tool[] = [compare, evaluate, simulate, report];
