/**
 * Our speed beside what a researcher would use instead, in one session on this machine. Correctness
 * is checked before anything is timed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Figure, type Lanes, type OwnEngine, ownEngines } from "./figure.js";
import { recordOf, writeRecord } from "./record.js";
import { compileRow } from "./rows/compile.js";
import { ionicRow } from "./rows/ionic.js";
import type { RowFigure } from "./rows/row.js";
import { scalingRow } from "./rows/scaling.js";
import { sheetRow } from "./rows/sheet.js";
import { edgeRow } from "./rows/w1.js";
import { messageRow } from "./rows/w2.js";
import { workersRow } from "./rows/workers.js";
import { openSession, peerSizes, type Session, withLoad } from "./session.js";
import { textTable } from "./table.js";

const rows: Readonly<Record<string, (session: Session) => Promise<readonly RowFigure[]>>> = {
  w1: edgeRow,
  w2: messageRow,
  sheet: sheetRow,
  ionic: ionicRow,
  workers: workersRow,
  compile: compileRow,
  scaling: scalingRow,
};

interface Options {
  readonly only?: readonly string[];
  readonly lanes: Lanes[];
  readonly sizes?: number[];
  readonly quick?: boolean;
  readonly engines: OwnEngine[];
  readonly json?: boolean;
  readonly record?: boolean;
}

/** Some of the offered words, with commas. */
const someOf = (offered: readonly string[]) => (list: string) => {
  const words = list.split(",");
  if (words.every((word) => offered.includes(word))) return words;
  throw new InvalidArgumentError(`Choose some of ${offered.join(",")}.`);
};
const someNumbers = (offered: readonly number[]) => (list: string) =>
  someOf(offered.map(String))(list).map(Number);

const program = new Command("npm run bench --")
  .description("our speed beside what a researcher would use instead, in one session")
  .option("--only <rows>", `some of ${Object.keys(rows)}`, someOf(Object.keys(rows)))
  .option("--sizes <nodes>", `meshes of W1 and W2, some of ${peerSizes}`, someNumbers(peerSizes))
  .option("--lanes <lanes>", "trajectories side by side, some of 1,4", someNumbers([1, 4]), [1, 4])
  .option("--engines <names>", `ours, some of ${ownEngines}`, someOf(ownEngines), [
    "wasm",
    "native",
  ])
  .option("--quick", "fewer and shorter turns")
  .option("--json", "print the record as JSON")
  .option("--record", "write the record to bench/results; whole runs alone")
  .addHelpText(
    "after",
    "\nPeers: LEADS_PEERS (or ../shared/peers) has their drivers, FINITEWAVE and MYOKIT their sources.",
  )
  .parse();
const options = program.opts<Options>();
const isPart = ["quick", "only", "lanes", "engines", "sizes"].some(
  (name) => program.getOptionValueSource(name) === "cli",
);
if (options.record && isPart)
  program.error(
    "--record is for whole runs: without --quick, --only, --lanes, --engines and --sizes.",
  );
const scratch = mkdtempSync(join(tmpdir(), "leads-bench-"));
try {
  const say = (text: string) => console.error(text);
  const { quick = false, engines, lanes, sizes, only = Object.keys(rows) } = options;
  const session = await openSession({ quick, engines, lanes, sizes, scratch, say });
  const figures: Figure[] = [];
  for (const name of only) {
    say(`== ${name}`);
    figures.push(...(await withLoad(() => rows[name](session))));
  }
  const record = recordOf(session, figures);
  console.log(options.json ? JSON.stringify(record, null, 2) : textTable(figures));
  if (options.record) say(`written: ${writeRecord(record)}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
