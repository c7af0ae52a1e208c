import { leastAgreement } from "../twin/metrics.js";
import { answerOf } from "./answer.js";
import { type TableData, type TableRow, unknownBuild } from "./assemble.js";
import type { Paired } from "./compare.js";
import type { Figure, Figures } from "./figures.js";
import { differenceText, digits, fitsText, missing, spreadText } from "./figures-text.js";
import type { Spread } from "./statistics.js";
import { suites } from "./suites.js";

/** Columns of one block: every line fits a terminal of 120 characters. */
export interface Block {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** No line is longer, as long as titles stay within 38 characters. */
export const textWidth = 120;

const share = ({ mean, ...rest }: Spread): string =>
  spreadText({ ...rest, mean: mean === null ? null : 100 * mean, sd: rest.sd && 100 * rest.sd });

const duration = ({ mean }: Spread): string => (mean === null ? missing : `${digits(mean)} s`);

const identified = ({ identified: { right, of } }: Figures): string =>
  of === 0 ? missing : `${right} of ${of}`;

/** Rows with cells; the others stand in the notes with their reasons. */
const shown = ({ rows }: TableData): TableRow[] => rows.filter(({ cells }) => cells > 0);

const isReal = ({ configuration }: TableData) => configuration.suite === "real";

/** "6", or "4/6" where only four of six cells have a value. */
const countText = ({ cells }: Figure, { cells: all }: TableRow): string =>
  cells === all ? String(cells) : `${cells}/${all}`;

function scores(data: TableData): Block {
  const rows = shown(data);
  const isPublished = data.configuration.suite === "published";
  const beside = (at: boolean, figure: string) => (at ? [figure] : []);
  return {
    title: "Test recordings",
    head: [
      ...["", "MSE x 1e-3", "n", ...beside(isPublished, "published")],
      ...["activation, ms", "n", ...beside(isReal(data), "published")],
      ...["SCC", "TCC", "agreement, %"],
    ],
    rows: rows.map((row) => {
      const { title, figures: f, published } = row;
      return [
        ...[title, spreadText(f.mse_e3), countText(f.mse_e3, row)],
        ...beside(isPublished, digits(published?.mse_e3)),
        ...[spreadText(f.activation_ms), countText(f.activation_ms, row)],
        ...beside(isReal(data), digits(published?.realActivation)),
        digits(f.scc.mean),
        digits(f.tcc.mean),
        digits(f.agreement.mean === null ? null : 100 * f.agreement.mean),
      ];
    }),
    notes: [
      `n: cells with a value, of those run; without an activation error: no score, or activation agrees at fewer than ${100 * leastAgreement} % of nodes. Means are over n, so rows with another n are over other cells: compare in pairs, below`,
      ...gapNotes(data),
    ],
  };
}

function effort(data: TableData): Block {
  const rows = shown(data).filter(({ kind }) => kind !== "trivial");
  return {
    title: "What was found, and what it took (means of a cell)",
    head: [
      ...["", "reaction", "parameters, %", "fits", "to 10 %", "to expert"],
      ...["roll-outs", "time", "tokens"],
    ],
    rows: rows.map(({ title, kind, figures: f }) => [
      title,
      identified(f),
      share(f.parameterError),
      digits(f.evaluations.mean),
      digits(f.settled.mean),
      fitsText(f.toReference, kind === "given" ? 1 : data.configuration.evaluations),
      digits(f.simulations.mean),
      duration(f.seconds),
      digits(f.tokens.mean),
    ]),
    notes: [
      "parameters: mean relative error of those that single beats identify, where the reaction is right",
      "to 10 %: fits until the validation misfit is within 10 % of the row's own last one; to expert: of the expert's last one, the median, in which a miss counts as beyond the budget",
    ],
  };
}

/** MSE by case where potentials are scored, else activation times; so many cases a block. */
function byCase(
  data: TableData,
  cases: TableData["configuration"]["cases"],
  first: boolean,
): Block {
  const inTimes = cases.map(
    ({ recipe }) => recipe.kind === "recorded" || recipe.measure === "activation",
  );
  return {
    title: "By case: MSE x 1e-3, activation error in ms (right reactions)",
    head: ["", ...cases.map(({ name }) => name)],
    rows: shown(data).map(({ title, byCase: all }) => [
      title,
      ...cases.map(({ name }, k) => {
        const f = all[name];
        const figures = inTimes[k]
          ? digits(f.activation_ms.mean)
          : `${digits(f.mse_e3.mean)}, ${digits(f.activation_ms.mean)}`;
        const { right, of } = f.identified;
        return of === 0 ? figures : `${figures} (${right}/${of})`;
      }),
    ]),
    notes: first ? publishedNotes(data) : [],
  };
}

function publishedNotes({ rows, configuration }: TableData): string[] {
  if (configuration.suite !== "published") return [];
  return rows.flatMap(({ title, published }) => {
    const by = Object.entries(published?.byTruth ?? {});
    const texts = by.map(([truth, mse]) => `${truth} ${mse}`);
    return texts.length > 0 ? [`published, ${title}: ${texts.join(", ")}`] : [];
  });
}

function regions(data: TableData): Block[] {
  const cases = data.configuration.cases.filter(({ region }) => region);
  const rows = shown(data).filter(({ figures }) => figures.dice.mean !== null);
  if (cases.length === 0 || rows.length === 0) return [];
  return [
    {
      title: "Dice of the low-conductivity region",
      head: ["", ...cases.map(({ name }) => name)],
      rows: rows.map(({ title, byCase: all }) => [
        title,
        ...cases.map(({ name }) => spreadText(all[name].dice)),
      ]),
      notes: ["low: below half the median conductivity, of the twin and of the truth alike"],
    },
  ];
}

/** "6", or "4 (0 : 2)" where the other row has no value in two more pairs. */
const pairsText = ({ pairs, without: { reference, other } }: Paired): string =>
  reference + other === 0 ? String(pairs) : `${pairs} (${reference} : ${other})`;

function comparisons({ comparisons: all, rows, reference }: TableData): Block {
  const expert = rows.find(({ method }) => method === reference);
  return {
    title: "Expert against the other row, paired by case and seed, with 95 % intervals",
    head: ["", "MSE, factor", "pairs", "activation, ms", "pairs"],
    rows: all.map((c) => [
      c.title,
      differenceText(c.mse_factor),
      pairsText(c.mse_factor),
      differenceText(c.activation_ms),
      pairsText(c.activation_ms),
    ]),
    notes: expert?.cells
      ? [
          "factor: geometric mean of the expert's MSE over the other's; below 1, and below 0 ms, the expert is better",
          "pairs: with both values; in brackets those left out, in which the expert : the other row has none",
        ]
      : ["the expert was not run, so there is nothing to compare"],
  };
}

/** One line a reason; rows without a single cell are "not run". */
export function gapNotes({ rows }: TableData): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, gaps, cells } of rows)
    for (const { reason, cells: n } of gaps) {
      const absent = reason.startsWith("not run") ? reason : `not run, ${reason}`;
      const said = cells === 0 ? absent : `cells missing or without a score, ${reason}`;
      titles.set(said, [...(titles.get(said) ?? []), cells === 0 ? title : `${title} (${n})`]);
    }
  return [...titles].map(([said, list]) => `${said}: ${list.join("; ")}`);
}

/** What the table says, and what to know before it is believed. */
export const answerBlock = (data: TableData): Block => ({
  title: "The answer",
  head: [],
  rows: [],
  notes: [...answerOf(data), ...buildNotes(data)],
});

/** Who made the cells, where that is not one program. */
function buildNotes({ builds }: TableData): string[] {
  const known = builds.filter(({ build }) => build !== unknownBuild);
  if (builds.length === 0 || (builds.length === 1 && known.length === 1)) return [];
  const text = builds.map(({ build, cells }) => `${build.slice(0, 12)} (${cells} cells)`);
  const mixed = builds.length > 1 ? "cells of more than one program stand side by side: " : "";
  return [`${mixed}made by build ${text.join(", ")}`];
}

const casesPerBlock = 3;

export function blocksOf(data: TableData): Block[] {
  const { cases } = data.configuration;
  const groups = Array.from({ length: Math.ceil(cases.length / casesPerBlock) }, (_, k) =>
    cases.slice(casesPerBlock * k, casesPerBlock * (k + 1)),
  );
  const blocks = [
    scores(data),
    effort(data),
    ...groups.map((group, k) => byCase(data, group, k === 0)),
    ...regions(data),
    comparisons(data),
  ];
  return blocks.filter(({ rows, notes }) => rows.length > 0 || notes.length > 0);
}

/** "published: 3 cases x 5 seeds, 30 fits a search, configuration 0123456789ab". */
export function headLine({ configuration, hash }: TableData): string {
  const { suite, quick, cases, seeds, evaluations } = configuration;
  const seedText = `${seeds.length} seed${seeds.length === 1 ? "" : "s"}`;
  return `${suites[suite]?.title ?? suite}${quick ? " (quick)" : ""}: ${cases.length} cases x ${seedText}, ${evaluations} fits a search, configuration ${hash.slice(0, 12)}`;
}

/** The whole table for a terminal. */
export function tableText(data: TableData): string {
  const blocks = [answerBlock(data), ...blocksOf(data)].map(blockText);
  const refused = data.refused.map(({ file, reason }) => `refused: ${file}: ${reason}`);
  return [headLine(data), ...blocks, ...(refused.length > 0 ? [refused.join("\n")] : [])].join(
    "\n\n",
  );
}

/** The first column to the left, figures to the right. */
function blockText({ title, head, rows, notes }: Block): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join("  ");
  return [title, ...(rows.length > 0 ? all.map(line) : []), ...notes.flatMap(wrapped)].join("\n");
}

/** The lines of a note, within the width of the table. */
function wrapped(note: string): string[] {
  const lines: string[] = [];
  for (const word of note.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < textWidth)
      lines[lines.length - 1] += ` ${word}`;
    else lines.push(`${last === undefined ? "  " : "    "}${word}`);
  }
  return lines;
}
