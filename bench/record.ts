import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { type Figure, type Verdict, verdictOf } from "./figure.js";
import { firstLine } from "./peers/process.js";
import type { Session } from "./session.js";

/** A run of the benchmarks with all that its numbers depend on. */
export interface BenchRecord {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly commit: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memory_GiB: number;
    readonly system: string;
  };
  /** Of Node, V8, compilers and peers. */
  readonly versions: Readonly<Record<string, string>>;
  readonly load: readonly number[];
  readonly quick: boolean;
  readonly figures: readonly (Figure & { readonly verdict: Verdict })[];
}

export function recordOf({ peers, quick }: Session, figures: readonly Figure[]): BenchRecord {
  const [cpu] = cpus();
  const changed = firstLine("git", ["status", "--porcelain", "--untracked-files=no"]);
  const commit = firstLine("git", ["rev-parse", "--short=12", "HEAD"]) ?? "unknown";
  const known = Object.entries(peers).flatMap(([name, peer]) =>
    "missing" in peer ? [] : [[name === "roofline" ? "gcc" : name, peer.version]],
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: changed ? `${commit} with changes` : commit,
    machine: {
      cpu: cpu.model.trim(),
      cores: cpus().length,
      memory_GiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
    },
    versions: {
      node: process.versions.node,
      v8: process.versions.v8,
      ...Object.fromEntries(known),
    },
    load: loadavg(),
    quick,
    figures: figures.map((figure) => ({ ...figure, verdict: verdictOf(figure) })),
  };
}

/** The processor in a file's name. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/\((r|tm)\)/g, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** Into bench/results of the checkout; returns the path. */
export function writeRecord(record: BenchRecord): string {
  const folder = join("bench", "results");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${record.date}-${slug(record.machine.cpu)}.json`);
  writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
  return path;
}
