/**
 * Recordings chosen by next-site against random ones, from one recording on. Either the tissue is
 * unknown (a scar, the true reaction given: D-optimality, judged by the error of activation times on
 * pacing sites that no fit has seen), or the reaction or the kind of conduction is (three rivals each:
 * separation, judged by the weight of the true one).
 *
 *   node next-site.js [--unknown tissue|reaction|conduction] [--seeds 5] [--first 3000] [--most 4] [--orders 2]
 *     [--nodes 300] [--recordings 16] [--target 0.6] [--noise SD] [--observed SHARE] [--engine wasm] [--json]
 *
 * Noise and share of the recorded nodes are 0.02 and 0.5 for the tissue, 0.2 and 0.1 for structures.
 */
import { parseArgs } from "node:util";
import { LeadsError } from "../src/core/errors.js";
import { backEndOf, engineNamed } from "../src/native/engine-name.js";
import type { DesignOptions } from "./next-site-heart.js";
import {
  type StructureOptions,
  structureHeart,
  structureSummary,
  type Unknown,
} from "./next-site-structure.js";
import { tissueHeart, tissueSummary } from "./next-site-tissue.js";

const { values: asked } = parseArgs({
  options: {
    unknown: { type: "string", default: "tissue" },
    seeds: { type: "string", default: "5" },
    first: { type: "string", default: "3000" },
    most: { type: "string", default: "4" },
    orders: { type: "string", default: "2" },
    nodes: { type: "string", default: "300" },
    recordings: { type: "string", default: "16" },
    target: { type: "string", default: "0.6" },
    noise: { type: "string" },
    observed: { type: "string" },
    engine: { type: "string", default: "wasm" },
    json: { type: "boolean", default: false },
  },
});
const common = {
  most: Number(asked.most),
  orders: Number(asked.orders),
  nodes: Number(asked.nodes),
  recordings: Number(asked.recordings),
  backEnd: await backEndOf(engineNamed(asked.engine)),
};

/** Rows of all hearts that could be made. */
async function rowsOf<Row>(
  heart: (seed: number) => Promise<{ row: Row; text: string }>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let k = 0; k < Number(asked.seeds); k++) {
    const seed = Number(asked.first) + k;
    try {
      const { row, text } = await heart(seed);
      rows.push(row);
      process.stderr.write(`${seed}: ${text}\n`);
    } catch (error) {
      if (!(error instanceof LeadsError)) throw error;
      process.stderr.write(`${seed}: skipped, ${error.message}\n`);
    }
  }
  return rows;
}

async function tissue() {
  const options: DesignOptions = {
    ...common,
    noise: Number(asked.noise ?? 0.02),
    observed: Number(asked.observed ?? 0.5),
  };
  const rows = await rowsOf((seed) => tissueHeart(seed, options));
  return { rows, ...tissueSummary(rows, Number(asked.target)) };
}

async function structure(unknown: Unknown) {
  const options: StructureOptions = {
    ...common,
    unknown,
    noise: Number(asked.noise ?? 0.2),
    observed: Number(asked.observed ?? 0.1),
  };
  const rows = await rowsOf((seed) => structureHeart(seed, options));
  return { rows, ...structureSummary(rows, options) };
}

const { unknown } = asked;
const { rows, ...summary } = await (unknown === "reaction" || unknown === "conduction"
  ? structure(unknown)
  : tissue());
process.stdout.write(`${JSON.stringify(asked.json ? { rows, ...summary } : summary, null, 2)}\n`);
