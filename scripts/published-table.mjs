/**
 * `npm run table:readme`: writes the newest record of bench/results/table into the README.
 * `npm run table:readme -- FOLDER/table.json` records that table first, if it is whole.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import {
  newestTable,
  tableSection,
  whyNotRecorded,
  withTable,
} from "../dist-bench/bench/published-table.js";

const readme = new URL("../README.md", import.meta.url);
const results = new URL("../bench/results/table", import.meta.url).pathname;

const [given] = process.argv.slice(2);
if (given) {
  const { tables } = JSON.parse(readFileSync(given, "utf8"));
  const reason = whyNotRecorded(tables);
  if (reason) throw new Error(`${given} cannot be recorded: ${reason}.`);
  const date = new Date().toISOString().slice(0, 10);
  const load = loadavg().map((l) => l.toFixed(1));
  const machine = `${cpus()[0].model.trim()}, ${cpus().length} cores, node ${process.versions.node}, load ${load.join(" / ")}`;
  mkdirSync(results, { recursive: true });
  writeFileSync(`${results}/${date}.json`, `${JSON.stringify({ date, machine, tables })}\n`);
}
const section = tableSection(newestTable(results));
writeFileSync(readme, withTable(readFileSync(readme, "utf8"), section));
console.log(section);
