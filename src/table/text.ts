import type { Figures, TableData, TableRow } from "./assemble.js";
import type { Difference, Spread } from "./statistics.js";
import { suites } from "./suites.js";

/** Columns of one block: every line fits a terminal of 120 characters. */
export interface Block {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export const missing = "-";

/** No line is longer, as long as titles stay within 38 characters. */
export const textWidth = 120;

/** Three digits; powers of ten outside 0.001 .. 99999. */
export function digits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return value.toExponential(1);
  if (size >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}

export const spreadText = ({ mean, sd }: Spread): string =>
  mean === null ? missing : sd === null ? digits(mean) : `${digits(mean)} ± ${digits(sd)}`;

export const differenceText = ({ mean, low, high }: Difference): string =>
  mean === null
    ? missing
    : low === null
      ? digits(mean)
      : `${digits(mean)} [${digits(low)}, ${digits(high)}]`;

const share = ({ mean, ...rest }: Spread): string =>
  spreadText({ ...rest, mean: mean === null ? null : 100 * mean, sd: rest.sd && 100 * rest.sd });

const duration = ({ mean }: Spread): string => (mean === null ? missing : `${digits(mean)} s`);

const identified = ({ identified: { right, of } }: Figures): string =>
  of === 0 ? missing : `${right} of ${of}`;

/** Rows with cells; the others stand in the notes with their reasons. */
const shown = ({ rows }: TableData): TableRow[] => rows.filter(({ cells }) => cells > 0);

const isReal = ({ configuration }: TableData) => configuration.suite === "real";

function scores(data: TableData): Block {
  return {
    title: "Test recordings",
    head: [
      ...["", "MSE x 1e-3", "published", "activation, ms", "published"],
      ...["SCC", "TCC", "agreement, %"],
    ],
    rows: shown(data).map(({ title, figures: f, published }) => [
      title,
      spreadText(f.mse_e3),
      data.configuration.suite === "published" ? digits(published?.mse_e3) : missing,
      spreadText(f.activation_ms),
      isReal(data) ? digits(published?.realActivation) : missing,
      digits(f.scc.mean),
      digits(f.tcc.mean),
      digits(f.agreement.mean === null ? null : 100 * f.agreement.mean),
    ]),
    notes: gapNotes(data),
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
    rows: rows.map(({ title, figures: f }) => [
      title,
      identified(f),
      share(f.parameterError),
      digits(f.evaluations.mean),
      digits(f.settled.mean),
      f.toReference.never > 0
        ? `${digits(f.toReference.mean)}, ${f.toReference.never} never`
        : digits(f.toReference.mean),
      digits(f.simulations.mean),
      duration(f.seconds),
      digits(f.tokens.mean),
    ]),
    notes: [
      "parameters: mean relative error of those that single beats identify, where the reaction is right",
      "to 10 %: fits until the validation misfit is within 10 % of the row's own last one; to expert: of the expert's last one",
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

function comparisons({ comparisons: all, rows }: TableData): Block {
  const expert = rows.find(({ method }) => method === "expert");
  return {
    title:
      "Expert minus the other row, paired by case and seed: mean [95 % interval]; below 0 is better",
    head: ["", "MSE x 1e-3", "activation, ms", "pairs"],
    rows: all.map((c) => [
      c.title,
      differenceText(c.mse_e3),
      differenceText(c.activation_ms),
      String(Math.max(c.mse_e3.pairs, c.activation_ms.pairs)),
    ]),
    notes: expert?.cells ? [] : ["the expert was not run, so there is nothing to compare"],
  };
}

/** One line a reason; rows without a single cell are "not run". */
function gapNotes({ rows }: TableData): string[] {
  const titles = new Map<string, string[]>();
  for (const { title, gaps, cells } of rows)
    for (const { reason, cells: n } of gaps) {
      const said = cells === 0 ? `not run, ${reason}` : `cells without a score, ${reason}`;
      titles.set(said, [...(titles.get(said) ?? []), cells === 0 ? title : `${title} (${n})`]);
    }
  return [...titles].map(([said, list]) => `${said}: ${list.join("; ")}`);
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
  const blocks = blocksOf(data).map(blockText);
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
