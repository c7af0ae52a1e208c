import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type Command, Option } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { writeDirectoryAtomic } from "../../io/atomic.js";
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
import { chasteCount } from "../../verify/chaste.js";
import type { CheckInput, CheckRow } from "../../verify/check.js";
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
  readonly chaste?: string;
  readonly out: string;
  readonly json?: boolean;
}

const files = { page: "verification.html", data: "verification.json" } as const;

export function verifyCommand(program: Command): void {
  program
    .command("verify")
    .description("check the physics on this machine against exact solutions and other codes")
    .option("--quick", "about a minute (the default)")
    .addOption(
      new Option("--full", "every mesh, beat and pair of entries: about 20 minutes").conflicts(
        "quick",
      ),
    )
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
      const { signal, release } = interruptSignal();
      const report = await verify({ catalog, cost, chaste_ms }, signal).finally(release);
      if (signal.aborted) {
        say("Interrupted: nothing was written.");
        process.exitCode = exitCode.limit;
        return;
      }
      await write(options.out, report);
      tell(options, report);
    });
}

/** Runs the parts in order; between them the terminal is heard. */
async function verify(input: CheckInput, signal: AbortSignal): Promise<VerificationReport> {
  const started = new Date();
  const line = progressLine();
  const all = checks.map((check) => ({ ...check, parts: check.parts(input) }));
  const count = all.reduce((sum, { parts }) => sum + parts.length, 0);
  const groups: VerificationGroup[] = [];
  let done = 0;
  for (const { group, explanation, parts } of all) {
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
  return { cost: input.cost, started: started.toISOString(), seconds, versions: facts, groups };
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

const tableColumns = ["figure", "ours", "reference", "tolerance", "verdict", "source"];

function tell(options: Options, report: VerificationReport): void {
  const rows = report.groups.flatMap((group) => group.rows);
  const page = join(options.out, files.page);
  if (options.json) printJson({ ...report, groups: report.groups.map(withoutPlots), page });
  else {
    print(table([tableColumns, ...rows.map(cells)]));
    say(`\n${countText(rows)} in ${report.seconds.toFixed(0)} s`);
    say(`report  ${page}`);
  }
  if (rows.some(({ verdict }) => verdict === "failed")) process.exitCode = exitCode.failedCheck;
}

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
  row.source,
];
