import type { TableData, TableRow } from "./assemble.js";
import type { Comparison, Paired } from "./compare.js";
import { differenceText, digits, fitsText } from "./figures-text.js";

/** What the agent is worth, in sentences whose every number is one of the table. */
export function answerOf(data: TableData): string[] {
  const expert = data.rows.find(({ method }) => method === data.reference);
  if (!expert?.cells) return ["The expert was not run: this table has no answer yet."];
  const rivals = data.rows.filter(
    ({ method, kind, cells }) => cells > 0 && method !== data.reference && isRival(method, kind),
  );
  const sentences = rivals.flatMap((rival) => {
    const comparison = data.comparisons.find(({ method }) => method === rival.method);
    return comparison ? [against(rival, comparison)] : [];
  });
  return [
    ...openNote(data),
    ...found(expert, rivals),
    ...sentences,
    ...speed(data, expert, rivals),
  ];
}

/** Searches of the whole catalog, and physics with the truth given. */
const rivalNames = ["halving", "random", "bandit", "oracle"];
const isRival = (method: string, kind: TableRow["kind"]) =>
  rivalNames.includes(method) || kind === "language-model";

const openNote = ({ open, configuration: { quick } }: TableData): string[] => [
  ...(open > 0
    ? [`Not whole: ${open} cells are not there, so what follows is about those that are.`]
    : []),
  ...(quick
    ? ["A quick table, on a small heart with few fits: it shows the way, it proves nothing."]
    : []),
];

function found({ figures }: TableRow, rivals: readonly TableRow[]): string[] {
  const { right, of } = figures.identified;
  if (of === 0) return [];
  const others = rivals.flatMap(({ title, figures: { identified } }) =>
    identified.of > 0 ? [`${title} ${identified.right} of ${identified.of}`] : [],
  );
  const beside = others.length > 0 ? `; ${others.join(", ")}` : "";
  return [`Right reactions: the expert ${right} of ${of}${beside}.`];
}

type Verdict = "better" | "worse" | "open" | "none";

/** `even`: where there is no difference, a factor of 1 or 0 ms. */
function verdictOf({ low, high, pairs }: Paired, even: number): Verdict {
  if (pairs === 0) return "none";
  if (low === null || high === null) return "open";
  return high < even ? "better" : low > even ? "worse" : "open";
}

const words: Readonly<Record<Exclude<Verdict, "none">, string>> = {
  better: "the expert is better",
  worse: "the expert is worse",
  open: "no difference is shown",
};

/** "Against successive halving: MSE: the expert is better, factor 0.2 [0.1, 0.4] (6 pairs); ..." */
function against({ title }: TableRow, { mse_factor, activation_ms }: Comparison): string {
  const parts = [
    partText("in MSE", mse_factor, { even: 1, text: `factor ${differenceText(mse_factor)}` }),
    partText("in activation times", activation_ms, {
      even: 0,
      text: `${differenceText(activation_ms)} ms`,
    }),
  ];
  return `Against ${title}: ${parts.filter(Boolean).join("; ") || "no pair has both values"}.`;
}

function partText(what: string, paired: Paired, { even, text }: { even: number; text: string }) {
  const verdict = verdictOf(paired, even);
  if (verdict === "none") return "";
  const { reference, other } = paired.without;
  const lost = [
    ...(reference > 0 ? [`the expert has no value in ${reference}`] : []),
    ...(other > 0 ? [`the other has none in ${other}`] : []),
  ];
  const counts = [`${paired.pairs} pairs`, ...lost].join(", ");
  return `${what} ${words[verdict]}, ${text} (${counts})`;
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
  if (searching.length === 0 || expert.figures.toReference.of === 0) return [];
  const others = searching.map((row) => `${row.title} ${text(row)}`);
  return [
    `Fits to within 10 % of the expert's last validation misfit, median of at most ${digits(evaluations)}: the expert ${text(expert)}; ${others.join("; ")}.`,
  ];
}
