import {
  markUnrecorded,
  numbersIn,
  type RecordedFacts,
  unrecordedIn,
} from "../discover/number-gate.js";
import { recordedNumbers } from "../discover/recorded-facts.js";
import type { ReportData } from "./data.js";
import { duration } from "./format.js";
import { type Html, html } from "./html.js";
import { markedHtml } from "./marked.js";
import { comparisons } from "./verdicts.js";

/** What the sentences of a report may say: the results in its data, and the verdicts' factors. */
export function reportFacts(data: ReportData): RecordedFacts {
  const { twin, predictors, candidates, parameters, checks, posterior, run } = data;
  const { seconds, evaluations, seed } = run;
  const results = { twin, predictors, candidates, parameters, checks, posterior };
  const names = namesOf(data);
  return {
    numbers: [
      ...recordedNumbers({ ...results, run: { seconds, evaluations, seed } }),
      ...numbersIn(duration(seconds)),
      // An agent's reason went through the gate when it was given; others are the project's own.
      ...numbersIn(markUnrecorded(run.stopReason, run.unrecorded, () => "")),
      ...comparisons(data).flatMap(({ factor }) =>
        factor === null ? [] : [{ value: factor, unit: "x" }],
      ),
    ],
    names: names.filter((name) => /\p{Nd}/u.test(name) && /\p{L}/u.test(name)),
    titleWords: new Set(names.flatMap((name) => name.toLowerCase().split(/[^\p{L}-]+/u))),
    candidates: candidates.length,
    step: data.steps.length,
    counts: { evaluation: evaluations, candidate: candidates.length },
  };
}

const namesOf = ({ title, case: patient, run, candidates, ...data }: ReportData): string[] => [
  ...[title, patient.name, run.agent],
  ...candidates.flatMap(({ reaction, diffusion }) => [reaction, diffusion]),
  ...data.predictors.map(({ name }) => name),
  ...data.parameters.map(({ name, unit }) => (unit ? `${name}, ${unit}` : name)),
  ...data.parameters.map(({ name }) => name),
  ...data.commands.flatMap((command) => [command, ...command.split(" ")]),
];

/** A sentence of the report as the gate leaves it. */
export const gatedText = (text: string, facts: RecordedFacts): string =>
  markUnrecorded(text, unrecordedIn(text, facts));

export const gatedHtml = (text: string, facts: RecordedFacts): Html =>
  html`${markedHtml(text, unrecordedIn(text, facts))}`;
