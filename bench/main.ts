/**
 * Our speed beside what a researcher would use instead, in one session on this machine. Correctness
 * is checked before anything is timed.
 *
 *   npm run bench -- [--only w1,w2,sheet,ionic,workers,compile,scaling] [--quick] [--lanes 1,4]
 *                    [--sizes 642,2562,10242] [--fused] [--json] [--record]
 *
 * Peers: LEADS_PEERS (or ../shared/peers) has their drivers, FINITEWAVE and MYOKIT their sources.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Figure, Lanes } from "./figure.js";
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

function chosen(list: string | undefined): string[] {
  const names = list?.split(",") ?? Object.keys(rows);
  const unknown = names.find((name) => !Object.hasOwn(rows, name));
  if (unknown !== undefined)
    throw new Error(`"${unknown}" is not a row; there are ${Object.keys(rows).join(", ")}.`);
  return names;
}

function sizesOf(list: string | undefined): number[] | undefined {
  const sizes = list?.split(",").map(Number);
  const unknown = sizes?.find((n) => !peerSizes.includes(n));
  if (unknown !== undefined) throw new Error(`--sizes takes some of ${peerSizes.join(",")}.`);
  return sizes;
}

function lanesOf(list: string | undefined): Lanes[] | undefined {
  const lanes = list?.split(",").map(Number);
  if (lanes?.some((l) => l !== 1 && l !== 4)) throw new Error("--lanes takes 1, 4 or 1,4.");
  return lanes as Lanes[] | undefined;
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    lanes: { type: "string" },
    sizes: { type: "string" },
    quick: { type: "boolean", default: false },
    fused: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});
if (values.record && (values.quick || values.only || values.lanes || values.sizes))
  throw new Error("--record is for whole runs: without --quick, --only, --lanes and --sizes.");
const scratch = mkdtempSync(join(tmpdir(), "leads-bench-"));
try {
  const say = (text: string) => console.error(text);
  const lanes = lanesOf(values.lanes);
  const sizes = sizesOf(values.sizes);
  const session = await openSession({
    quick: values.quick,
    fused: values.fused,
    lanes,
    sizes,
    scratch,
    say,
  });
  const figures: Figure[] = [];
  for (const name of chosen(values.only)) {
    say(`== ${name}`);
    figures.push(...(await withLoad(() => rows[name](session))));
  }
  const record = recordOf(session, figures);
  console.log(values.json ? JSON.stringify(record, null, 2) : textTable(figures));
  if (values.record) say(`written: ${writeRecord(record)}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
