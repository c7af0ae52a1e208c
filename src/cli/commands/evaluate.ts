import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { fail } from "../../core/errors.js";
import { readCase } from "../../io/case-directory.js";
import { readTwin, type StoredTwin } from "../../io/twin-directory.js";
import { nodeCount } from "../../mesh/mesh.js";
import type { Score } from "../../twin/spec.js";
import { readConfiguration, runFiles, wayOn } from "../run-directory.js";
import { type Judgement, judgeTwin, type Part } from "../scoring.js";
import { print, printJson, table } from "../terminal.js";

/** A run folder holds its best twin; a twin folder may be given as it is. */
export async function openTwin(path: string): Promise<StoredTwin> {
  const inRun = join(path, runFiles.twin);
  if (existsSync(join(inRun, "twin.json"))) return readTwin(inRun);
  if (existsSync(join(path, "twin.json"))) return readTwin(path);
  if (existsSync(join(path, runFiles.configuration)))
    fail({
      code: "no-twin",
      path,
      message: `${path} is a run without a twin: it has not ended, or nothing could be fitted.`,
      fix: `Go on with: ${wayOn(await readConfiguration(path), path, "close")}, or see: leads report ${path}`,
    });
  return fail({
    code: "cannot-read",
    path,
    message: `${path} is neither a run nor a twin.`,
    fix: "Name a folder that leads discover wrote.",
  });
}

export function evaluateCommand(program: Command): void {
  program
    .command("evaluate <run> <case>")
    .description("score a twin on the recordings of a case by free roll-outs")
    .addOption(
      new Option("--part <name>", "which recordings")
        .choices(["train", "validation", "test"])
        .default("test"),
    )
    .option("--json", "print the scores as JSON")
    .addHelpText("after", "\nExample:\n  leads evaluate run patient --json")
    .action(async (run: string, path: string, options: { part: Part; json?: boolean }) => {
      const { score, baselines } = await evaluateRun(run, path, options.part);
      if (options.json) return printJson({ run, case: path, part: options.part, score, baselines });
      print(scoreTable({ twin: score, ...baselines }));
    });
}

/** Scores of a stored twin on the recordings of a case. Errors: "bad-shape", those of openTwin. */
export async function evaluateRun(run: string, path: string, part: Part): Promise<Judgement> {
  const { twin, mesh } = await openTwin(run);
  const data = await readCase(path);
  if (nodeCount(mesh) !== nodeCount(data.mesh))
    fail({
      code: "bad-shape",
      path,
      message: `The twin lives on ${nodeCount(mesh)} nodes, the case on ${nodeCount(data.mesh)}.`,
      fix: "Evaluate a twin on the heart it was made for.",
    });
  return judgeTwin(data, twin, part);
}

/** One row a predictor, one column a figure; "-" where a figure does not apply. */
export function scoreTable(scores: Readonly<Record<string, Score>>): string {
  const figures = Object.keys(Object.values(scores)[0]) as (keyof Score)[];
  const text = (value: number | null) => (value === null ? "-" : value.toPrecision(4));
  const rows = Object.entries(scores).map(([name, s]) => [name, ...figures.map((k) => text(s[k]))]);
  return table([["", ...figures], ...rows]);
}
