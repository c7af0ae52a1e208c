import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { catalog } from "../src/catalog/catalog.js";
import type { ReactionPosterior } from "../src/fit/posterior.js";
import { type Movie, readMovie } from "../src/io/optical.js";
import { gaussianProcess } from "../src/twin/interpolation/gaussian-process.js";
import { nearest } from "../src/twin/interpolation/nearest.js";
import { thinPlate } from "../src/twin/interpolation/thin-plate.js";
import {
  alignedWaveform,
  asTruth,
  type Beat,
  type Experiment,
  type Layout,
  layoutOf,
  meanBeat,
  placed,
  type Truth,
  thinPlateMovie,
  truthOf,
} from "./mouse-data.js";
import { fitArrival, fitWaveform, reactionsOf } from "./mouse-twin.js";

export interface MouseOptions {
  /** Folder that holds controlV and isoV. */
  readonly folder: string;
  readonly experiment: Experiment;
  /** Numbers of known pixels, and layouts for each. */
  readonly known: readonly { readonly count: number; readonly layouts: number }[];
  readonly onLine?: (line: string) => void;
}

/** Errors of one predictor, one number per layout. */
export interface MouseRow {
  readonly predictor: string;
  readonly at_mae_ms: readonly (number | null)[];
  /** Against the blurred mean beat, each pixel scaled to 0..1. */
  readonly mse: readonly (number | null)[];
  /** The same with rest before the up-stroke at 0 and the drift left in. */
  readonly mse_anchored: readonly (number | null)[];
}

export interface MouseResult {
  readonly known: number;
  readonly rows: readonly MouseRow[];
  /** Over reactions, from the known pixels of the first layout: beats 1-3 fitted, beat 4 judged. */
  readonly posterior: ReactionPosterior;
  readonly floors: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/**
 * Known pixels of beats 1-4 -> all pixels of the mean of beats 5-6 (1 px, 2 ms blur). A gain or offset
 * of a pixel that was never measured cannot be predicted: all movies, the truth too, are scaled
 * pixel by pixel. Which reaction is used in all layouts is decided by the first one's posterior;
 * its numbers are fitted anew to every layout.
 */
export async function benchMouse(options: MouseOptions): Promise<MouseResult[]> {
  const movie = await readMovie(`${options.folder}/${options.experiment}`);
  const truth = truthOf(movie, options.experiment);
  const results: MouseResult[] = [];
  for (const known of options.known)
    results.push(await benchKnown(movie, { ...options, ...known, truth }));
  return results;
}

interface KnownOptions extends Omit<MouseOptions, "known"> {
  readonly count: number;
  readonly layouts: number;
  readonly truth: Truth;
}

/** Random starts in the posterior, and in the fit of the chosen reaction to another layout. */
const starts = { posterior: 6, layout: 2 };

async function benchKnown(movie: Movie, options: KnownOptions): Promise<MouseResult> {
  const began = performance.now();
  const { count, truth, experiment, onLine } = options;
  const at = (seed: number) => layoutOf(movie, experiment, { count, seed });
  const { posterior } = await reactionsOf(at(1), {
    reactions: Object.keys(catalog.reactions),
    starts: starts.posterior,
  });
  const [{ reaction }] = posterior.reactions;
  const table = new Map<string, { at: (number | null)[]; mse: (number | null)[][] }>();
  const add = (predictor: string, times: Float64Array | undefined, beat: Beat | undefined) => {
    const row = table.get(predictor) ?? { at: [], mse: [[], []] };
    table.set(predictor, row);
    row.at.push(times ? meanAbsolute(times, truth.activation_ms) : null);
    const seen = beat ? asTruth(beat) : undefined;
    row.mse[0].push(seen ? meanSquare(seen.scaled, truth.scaled) : null);
    row.mse[1].push(seen ? meanSquare(seen.anchored, truth.anchored) : null);
  };
  for (let seed = 1; seed <= options.layouts; seed++) {
    await predictors(at(seed), { reaction, add });
    onLine?.(`${count} known, layout ${seed} of ${options.layouts}: ${lastLine(table)}`);
  }
  const rows = [...table].map(([predictor, row]) => ({
    predictor,
    at_mae_ms: row.at,
    mse: row.mse[0],
    mse_anchored: row.mse[1],
  }));
  const seconds = (performance.now() - began) / 1000;
  return { known: count, rows, posterior, floors: floorsOf(movie, options), seconds };
}

type Add = (predictor: string, times: Float64Array | undefined, beat: Beat | undefined) => void;

async function predictors(layout: Layout, { reaction, add }: { reaction: string; add: Add }) {
  const { mesh, mean, activation_ms } = layout;
  const known = { nodes: mean.nodes, values: activation_ms };
  const waveform = alignedWaveform(mean);
  const frames = mean.times_ms;
  add("nearest", nearest(mesh, known), undefined);
  const plate = thinPlate(mesh, known);
  add("thin plate", plate, placed(frames, waveform, plate));
  const process = gaussianProcess(mesh, known).mean;
  add("Gaussian process", process, placed(frames, waveform, process));
  add("thin-plate movie", undefined, thinPlateMovie(mesh, layout));
  const wave = await fitWaveform({ name: reaction }, { train: mean, starts: starts.layout });
  const arrival = await fitArrival(layout);
  add("twin alone", arrival.twin, placed(frames, wave.waveform, arrival.twin));
  const { withResidual } = arrival;
  add("twin + GP residual", withResidual, placed(frames, wave.waveform, withResidual));
  const both = withResidual.map((t, i) => (t + process[i]) / 2);
  add("mean of that and GP", both, placed(frames, wave.waveform, both));
}

/** What even the whole field of beats 1-4 leaves, and a flat prediction. */
function floorsOf(movie: Movie, { truth, experiment }: KnownOptions): Record<string, number> {
  const whole = layoutOf(movie, experiment);
  const template = asTruth(meanBeat(whole.beats));
  const zero = truth.scaled.map(() => 0);
  return {
    template_at_mae_ms: meanAbsolute(whole.activation_ms, truth.activation_ms),
    template_mse: meanSquare(template.scaled, truth.scaled),
    template_mse_anchored: meanSquare(template.anchored, truth.anchored),
    zero_mse: meanSquare(zero, truth.scaled),
  };
}

const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

function meanAbsolute(a: Float64Array, b: Float64Array): number {
  return meanOf(Array.from(a, (value, k) => Math.abs(value - b[k])).filter(Number.isFinite));
}

function meanSquare(a: Float64Array, b: Float64Array): number {
  return meanOf(Array.from(a, (value, k) => (value - b[k]) ** 2).filter(Number.isFinite));
}

const lastLine = (table: ReadonlyMap<string, { at: (number | null)[] }>) =>
  [...table].map(([name, { at }]) => `${name} ${at.at(-1)?.toFixed(2) ?? "-"}`).join(", ");

/** The table for people: means over layouts, and paired differences to the best baseline. */
export function mouseTable(result: MouseResult): string {
  const { rows, floors, posterior } = result;
  const numbers = (values: readonly (number | null)[]) => values.filter((v) => v !== null);
  const baselines = rows.filter(({ predictor }) =>
    /^(thin plate|Gaussian process)$/.test(predictor),
  );
  const best = baselines.reduce((a, b) =>
    meanOf(numbers(b.at_mae_ms)) < meanOf(numbers(a.at_mae_ms)) ? b : a,
  );
  const paired = ({ at_mae_ms }: MouseRow) => {
    const gaps = numbers(at_mae_ms).map((v, k) => v - (best.at_mae_ms[k] ?? Number.NaN));
    if (gaps.length < 2) return "";
    const mean = meanOf(gaps);
    const error = Math.sqrt(meanOf(gaps.map((g) => (g - mean) ** 2)) / (gaps.length - 1));
    const wins = gaps.filter((g) => g < 0).length;
    return `${mean.toFixed(3)} +- ${error.toFixed(3)}, ${wins}/${gaps.length}`;
  };
  const cell = (values: readonly (number | null)[], digits: number) => {
    const known = numbers(values);
    return known.length ? meanOf(known).toFixed(digits) : "-";
  };
  const lines = rows.map((row) => [
    row.predictor,
    cell(row.at_mae_ms, 3),
    row === best || row.at_mae_ms[0] === null ? "" : paired(row),
    cell(row.mse, 5),
    cell(row.mse_anchored, 5),
  ]);
  const head = ["predictor", "AT MAE ms", `minus ${best.predictor}, wins`, "MSE", "MSE anchored"];
  const template = [
    "whole field of beats 1-4",
    floors["template_at_mae_ms"].toFixed(3),
    "",
    floors["template_mse"].toFixed(5),
    floors["template_mse_anchored"].toFixed(5),
  ];
  const weights = posterior.reactions.map((r) => [
    r.reaction,
    r.weight.toPrecision(3),
    r.misfit.toExponential(2),
    r.logEvidence.toFixed(1),
  ]);
  return [
    `${result.known} pixels known, ${rows[0].at_mae_ms.length} layouts, ${result.seconds.toFixed(0)} s`,
    ...aligned([head, ...lines, template]),
    "",
    `posterior over reactions (${posterior.effectiveSamples.toFixed(0)} independent residuals, ` +
      `${posterior.decided ? "decided" : "not decided"}):`,
    ...aligned([["reaction", "weight", "misfit", "log evidence"], ...weights]),
  ].join("\n");
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c]))
      .join("  ")
      .trimEnd(),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: "string", default: "../shared/data/mouse-optical-mapping/data" },
      experiment: { type: "string", default: "controlV" },
      known: { type: "string", default: "10:20,102:5" },
      json: { type: "boolean", default: false },
    },
  });
  const { folder, experiment } = values;
  if (experiment !== "controlV" && experiment !== "isoV")
    throw new Error(`--experiment ${experiment}: there are controlV and isoV.`);
  if (!existsSync(`${folder}/${experiment}`))
    throw new Error(`${folder}/${experiment} is not there; give --folder.`);
  const known = values.known.split(",").map((part) => {
    const [count, layouts] = part.split(":").map(Number);
    return { count, layouts };
  });
  const onLine = (line: string) => process.stderr.write(`${line}\n`);
  const results = await benchMouse({ folder, experiment, known, onLine });
  process.stdout.write(
    values.json ? `${JSON.stringify(results)}\n` : `${results.map(mouseTable).join("\n\n")}\n`,
  );
}

if (import.meta.filename === process.argv[1]) await main();
