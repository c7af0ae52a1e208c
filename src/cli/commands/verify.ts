import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Command, Option } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { fail } from "../../core/errors.js";
import { writeDirectoryAtomic } from "../../io/atomic.js";
import { listFolder } from "../../io/files.js";
import { readTimes } from "../../io/number-list.js";
import {
  countText,
  referenceText,
  renderVerification,
  toleranceText,
  type VerificationGroup,
  type VerificationReport,
  valueText,
} from "../../report/index.js";
import { chasteCount, requireChasteMap } from "../../verify/chaste.js";
import type { CheckInput, CheckRow, Part } from "../../verify/check.js";
import { checks, runPart } from "../../verify/suite.js";
import {
  bar,
  exitCode,
  interruptSignal,
  print,
  printJson,
  progressLine,
  say,
  table,
} from "../terminal.js";
import { versions } from "../versions.js";

interface Options {
  readonly quick?: boolean;
  readonly full?: boolean;
  readonly only?: string;
  readonly chaste?: string;
  readonly out: string;
  readonly json?: boolean;
}

const files = { page: "verification.html", data: "verification.json" } as const;

export function verifyCommand(program: Command): void {
  program
    .command("verify")
    .description("check the physics on this machine against exact solutions and other codes")
    .option("--quick", "about half a minute (the default)")
    .addOption(
      new Option("--full", "every mesh, beat and pair of entries: about ten minutes").conflicts(
        "quick",
      ),
    )
    .option("--only <text>", "only what has this text in its group or name")
    .option("--chaste <file>", "activation_time_h0.05_dt0.01.dat of Chaste, shown beside ours")
    .option("--out <folder>", `folder for ${files.page} and ${files.data}`, "leads-verification")
    .option("--json", "print the figures as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads verify --quick --out verification\n\nExit code 1: a check failed.",
    )
    .action(async (options: Options) => {
      const cost = options.full ? "full" : "quick";
      const chaste_ms = options.chaste ? await readTimes(options.chaste, chasteCount) : undefined;
      if (chaste_ms) requireChasteMap(chaste_ms, options.chaste!);
      await refuseForeign(options.out);
      const chosen = choose({ catalog, cost, chaste_ms }, options.only);
      const { signal, release } = interruptSignal();
      const report = await verify(cost, chosen, signal).finally(release);
      if (signal.aborted) {
        say("Interrupted: nothing was written.");
        process.exitCode = exitCode.limit;
        return;
      }
      await write(options.out, report);
      tell(options, report);
    });
}

/** Before the work, not after it. */
async function refuseForeign(folder: string): Promise<void> {
  if (!existsSync(folder) || isOurs(await listFolder(folder))) return;
  fail({
    code: "exists",
    path: folder,
    message: `${folder} holds other files than a verification.`,
    fix: "Choose another --out.",
  });
}

interface ChosenGroup {
  readonly group: string;
  readonly explanation: string;
  readonly parts: readonly Part[];
}

/** Groups with the parts that are asked for. Errors: "unknown-name" where there are none. */
export function choose(input: CheckInput, only = ""): ChosenGroup[] {
  const all = checks.map((check) => ({ ...check, parts: check.parts(input) }));
  const holds = (text: string) => text.toLowerCase().includes(only.toLowerCase());
  const chosen = all
    .map((check) => ({
      ...check,
      parts: holds(check.group) ? check.parts : check.parts.filter(({ name }) => holds(name)),
    }))
    .filter(({ parts }) => parts.length > 0);
  if (chosen.length > 0) return chosen;
  return fail({
    code: "unknown-name",
    path: "--only",
    message: `No check has "${only}" in its group or name.`,
    fix: `Groups: ${all.map(({ group }) => group).join(", ")}.`,
  });
}

/** Runs the parts in order; between them the terminal is heard. */
async function verify(
  cost: CheckInput["cost"],
  chosen: readonly ChosenGroup[],
  signal: AbortSignal,
): Promise<VerificationReport> {
  const started = new Date();
  const line = progressLine();
  const count = chosen.reduce((sum, { parts }) => sum + parts.length, 0);
  const groups: VerificationGroup[] = [];
  let done = 0;
  for (const { group, explanation, parts } of chosen) {
    const results = [];
    for (const part of parts) {
      line.update(`${bar(done++ / count)} ${group}: ${part.name}`);
      await setImmediate();
      if (signal.aborted) break;
      results.push(runPart(group, part));
    }
    const rows = results.flatMap((result) => result.rows);
    groups.push({ group, explanation, rows, plots: results.flatMap(({ plots }) => plots) });
  }
  line.clear();
  const seconds = (Date.now() - started.getTime()) / 1000;
  const facts = Object.entries(versions());
  return { cost, started: started.toISOString(), seconds, versions: facts, groups };
}

const isOurs = (names: readonly string[]) =>
  names.every((name) => (Object.values(files) as string[]).includes(name));

async function write(folder: string, report: VerificationReport): Promise<void> {
  const fill = async (temporary: string) => {
    await writeFile(join(temporary, files.page), renderVerification(report));
    await writeFile(join(temporary, files.data), `${JSON.stringify(report, null, 2)}\n`);
  };
  await writeDirectoryAtomic(folder, fill, { mayReplace: isOurs });
}

/** Sources are long: they stand in the report and in --json. */
const tableColumns = ["figure", "ours", "reference", "tolerance", "verdict"];

function tell(options: Options, report: VerificationReport): void {
  const rows = report.groups.flatMap((group) => group.rows);
  const page = join(options.out, files.page);
  if (options.json) printJson({ ...report, groups: report.groups.map(withoutPlots), page });
  else {
    print(table([tableColumns, ...rows.map(cells)]));
    say(`\n${countText(rows)} in ${report.seconds.toFixed(0)} s`);
    say(`report  ${page} (with the source of each reference)`);
  }
  process.exitCode = codeOf(rows);
}

/** 1 as soon as one check failed. */
export const codeOf = (rows: readonly CheckRow[]): number =>
  rows.some(({ verdict }) => verdict === "failed") ? exitCode.failedCheck : exitCode.done;

const withoutPlots = ({ group, explanation, rows }: VerificationGroup) => ({
  group,
  explanation,
  rows,
});

const cells = (row: CheckRow): string[] => [
  row.figure,
  valueText(row),
  referenceText(row),
  toleranceText(row),
  row.verdict,
];
