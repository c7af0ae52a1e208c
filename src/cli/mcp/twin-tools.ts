import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "../../core/errors.js";
import type { Candidate } from "../../discover/archive.js";
import { compareCandidates } from "../../discover/compare.js";
import { readConfiguration, runFiles } from "../run-directory.js";
import { apart } from "./apart.js";
import { lookAt } from "./desk.js";
import { settleTicket, waitSeconds } from "./ticket-tools.js";
import type { Given } from "./tickets.js";
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
  const directory = await desk.root.resolveAll(name);
  const { case: path } = await readConfiguration(directory);
  if (!existsSync(join(directory, runFiles.result)))
    fail({
      code: "not-ended",
      path: name,
      message: `${name} has not ended: its twin has not been chosen, and test recordings are hidden.`,
      fix: "Close it first.",
    });
  return { directory, case: await desk.root.resolveAll(path) };
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
    wait_s: waitSeconds,
  }),
  run: async ({ run: name, case: path, part, wait_s }, call) => {
    const { directory, case: own } = await endedRun(name, call);
    const chosen = path === undefined ? own : await call.desk.root.resolveAll(path);
    const run = async ({ signal }: Given) => ({
      part,
      ...(await apart("evaluate", { directory, case: chosen, part }, signal)),
    });
    return settleTicket(
      call.desk.tickets.submit({ directory, kind: "evaluate", run }),
      wait_s,
      call,
    );
  },
});

/** A slip of the unit must not fill the disk. */
const mostFrames = 10_000;

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
    wait_s: waitSeconds,
  }),
  run: async ({ run: name, out, wait_s, ...asked }, call) => {
    const { directory } = await endedRun(name, call);
    const folder = await call.desk.root.resolveNew(out);
    if (asked.duration_ms / asked.every_ms > mostFrames)
      fail({
        code: "bad-arguments",
        message: `simulate: more than ${mostFrames} frames.`,
        fix: "Raise every_ms, or make it shorter.",
      });
    const run = async ({ signal }: Given) => ({
      ...(await apart("simulate", { directory, request: asked, out: folder }, signal)),
      out: call.desk.root.nameOf(folder),
    });
    return settleTicket(
      call.desk.tickets.submit({ directory, kind: "simulate", run }),
      wait_s,
      call,
    );
  },
});

const report = tool({
  name: "report",
  description: "Write the report of an ended run, one self-contained HTML file, and sum it up.",
  input: z.strictObject({ run: runName, wait_s: waitSeconds }),
  run: async ({ run: name, wait_s }, call) => {
    const { directory } = await endedRun(name, call);
    const run = async ({ signal }: Given) => {
      const { report: path, summary } = await apart("report", { directory }, signal);
      return { report: call.desk.root.nameOf(path), summary };
    };
    return settleTicket(call.desk.tickets.submit({ directory, kind: "report", run }), wait_s, call);
  },
});

export const twinTools: readonly Tool[] = [compare, evaluate, simulate, report];
