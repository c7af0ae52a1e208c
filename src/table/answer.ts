import type { TableData, TableRow } from "./assemble.js";
import type { Comparison, Paired } from "./compare.js";
import { differenceText, digits, fitsText } from "./figures-text.js";

/** What the agent is worth, in sentences whose every number is one of the table. */
export function answerOf(data: TableData): string[] {
  const rowOf = (name: string) =>
    data.rows.find(({ method, cells }) => method === name && cells > 0);
  const expert = rowOf(data.reference);
  if (!expert) return ["The expert was not run: this table has no answer yet."];
  const rivals = data.rows.filter(
    ({ method, kind, cells }) =>
      cells > 0 && (rivalNames.includes(method) || kind === "language-model"),
  );
  const comparisonWith = (row: TableRow) =>
    data.comparisons.find(({ method }) => method === row.method)!;
  const exhaustive = rowOf("halving");
  return [
    ...caveats(data),
    ...(exhaustive
      ? [overExhaustive(data, { expert, exhaustive }, comparisonWith(exhaustive))]
      : []),
    ...found(expert, rivals),
    ...rivals.map((rival) => against(rival, comparisonWith(rival))),
    ...speed(data, expert, rivals),
    ...besideThePaper(data, expert),
  ];
}

/** Searches of the whole catalog, and physics with the truth given. */
const rivalNames = ["halving", "random", "bandit", "oracle"];

const caveats = ({ open, configuration: { quick } }: TableData): string[] => [
  ...(open > 0
    ? [`Not whole: ${open} cells are not there, so what follows is about those that are.`]
    : []),
  ...(quick
    ? ["A quick table, on a small heart with few fits: it shows the way, it proves nothing."]
    : []),
];

type Verdict = "better" | "worse" | "even" | "open" | "few" | "none";

/** Where there is no difference, and how much of one is not worth a name. */
interface Scale {
  readonly even: readonly [number, number, number];
}
const factor: Scale = { even: [1 / 1.1, 1, 1.1] };
const milliseconds: Scale = { even: [-0.1, 0, 0.1] };

function verdictOf({ low, high, pairs }: Paired, { even: [least, same, most] }: Scale): Verdict {
  if (pairs === 0) return "none";
  if (low === null || high === null) return "few";
  if (low >= least && high <= most) return "even";
  return high < same ? "better" : low > same ? "worse" : "open";
}

/** What the expert adds over successive halving of the whole catalog, whatever it turns out to be. */
function overExhaustive(
  { configuration: { evaluations: budget } }: TableData,
  { expert, exhaustive }: { expert: TableRow; exhaustive: TableRow },
  { mse_factor, activation_ms }: Comparison,
): string {
  const verdicts = [verdictOf(mse_factor, factor), verdictOf(activation_ms, milliseconds)];
  const [mine, other] = [expert, exhaustive].map(({ figures }) => figures.toReference);
  const spent = [expert, exhaustive].map(({ figures }) => digits(figures.evaluations.mean));
  return [
    `Over exhaustive search at equal budget (${budget} fits) the expert brings ${qualityText(verdicts)}.`,
    `It gets to within 10 % of its last misfit after ${fitsText(mine, budget)} fits (median), exhaustive search to the same misfit after ${fitsText(other, budget)}; on average they spend ${spent[0]} and ${spent[1]} fits.`,
  ].join(" ");
}

function qualityText(verdicts: readonly Verdict[]): string {
  const has = (verdict: Verdict) => verdicts.includes(verdict);
  if (has("better") && has("worse"))
    return "better twins by one figure and worse ones by the other";
  if (has("better")) return "better twins";
  if (has("worse")) return "worse twins";
  if (has("open")) return "twins whose difference, if any, is within the seeds' spread";
  return has("even") ? "no better twins: theirs are as good" : "nothing that so few pairs can show";
}

function found({ figures }: TableRow, rivals: readonly TableRow[]): string[] {
  const { right, of } = figures.identified;
  if (of === 0) return [];
  const others = rivals.flatMap(({ title, figures: { identified } }) =>
    identified.of > 0 ? [`; ${title} ${identified.right} of ${identified.of}`] : [],
  );
  return [`Right reactions: the expert ${right} of ${of}${others.join("")}.`];
}

const words: Readonly<Record<Exclude<Verdict, "none">, string>> = {
  better: "the expert is better",
  worse: "the expert is worse",
  even: "they are even",
  open: "no difference is shown",
  few: "too few pairs for a verdict",
};

/** "Against random search: in MSE the expert is better, factor 0.2 [0.1, 0.4] (6 pairs); ...". */
function against({ title }: TableRow, { mse_factor, activation_ms }: Comparison): string {
  const parts = [
    partText(mse_factor, factor, `in MSE %, factor ${differenceText(mse_factor)}`),
    partText(
      activation_ms,
      milliseconds,
      `in activation times %, ${differenceText(activation_ms)} ms`,
    ),
  ];
  return `Against ${title}: ${parts.filter(Boolean).join("; ") || "no pair has both values"}.`;
}

/** % in the text stands for the verdict. */
function partText(paired: Paired, scale: Scale, text: string): string {
  const verdict = verdictOf(paired, scale);
  if (verdict === "none") return "";
  const { pairs, without } = paired;
  const lost = [
    ...(without.reference > 0 ? [`the expert has no value in ${without.reference}`] : []),
    ...(without.other > 0 ? [`the other has none in ${without.other}`] : []),
  ];
  const counts = [`${pairs} pair${pairs === 1 ? "" : "s"}`, ...lost].join(", ");
  return `${text.replace("%", () => words[verdict])} (${counts})`;
}

/** Fits to the expert's last misfit, of those that search. */
function speed(
  { configuration: { evaluations } }: TableData,
  expert: TableRow,
  rivals: readonly TableRow[],
): string[] {
  const text = ({ figures: { toReference } }: TableRow) => fitsText(toReference, evaluations);
  const searching = rivals.filter(
    ({ kind, figures }) => kind !== "given" && figures.toReference.of > 0,
  );
  if (searching.length === 0) return [];
  const others = searching.map((row) => `; ${row.title} ${text(row)}`);
  return [
    `Fits to within 10 % of the expert's last validation misfit, median: the expert ${text(expert)}${others.join("")}.`,
  ];
}

function besideThePaper({ configuration, rows }: TableData, expert: TableRow): string[] {
  if (configuration.suite !== "published") return [];
  const both = rows.flatMap(({ title, published, figures: { mse_e3 } }) =>
    published?.mse_e3 !== undefined && mse_e3.mean !== null
      ? [`; ${title} ${digits(mse_e3.mean)} (paper: ${published.mse_e3})`]
      : [],
  );
  if (both.length === 0) return [];
  return [
    `Beside the paper, which has other data, so that nothing is paired, MSE x 1e-3: the expert ${digits(expert.figures.mse_e3.mean)}${both.join("")}.`,
  ];
}
