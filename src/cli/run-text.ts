import { plainText } from "../core/plain-text.js";
import { type Candidate, describeSpec } from "../discover/archive.js";
import { budgetAfter } from "../discover/branch.js";
import { createBudgetWatch } from "../discover/budget-watch.js";
import type { Journal, JournalEvent } from "../discover/journal.js";
import { markUnrecorded, type UnrecordedSpan, unrecordedLegend } from "../discover/number-gate.js";
import { type RunSetup, usageOfBrokenTurns } from "../discover/run.js";
import { describeCommand, type Steered } from "../discover/steering.js";
import { addUsage, type Usage } from "../discover/usage.js";
import type { TwinSpec } from "../twin/spec.js";
import { payloadOf } from "../view/history.js";
import { bar, say } from "./terminal.js";
import type { Thoughts } from "./thoughts.js";

/** Seconds of the budget that are left: what the journal counts, and the time since its last event. */
export function timeLeft(seconds: number) {
  let [elapsed_s, at, budget_s] = [0, performance.now(), seconds];
  return {
    heard: (event: JournalEvent) => {
      [elapsed_s, at] = [event.clock.elapsed_s, performance.now()];
      if (event.type !== "steered") return;
      const { command } = payloadOf<Steered>(event);
      if (command.command === "budget") budget_s = command.seconds ?? budget_s;
    },
    text: () => {
      const left_s = Math.max(0, budget_s - elapsed_s - (performance.now() - at) / 1000);
      const [minutes, rest] = [Math.floor(left_s / 60), Math.floor(left_s % 60)];
      return `${minutes}:${String(rest).padStart(2, "0")}`;
    },
  };
}

/** Says on stderr, once each, that 50 or 80 % of a budget is spent, as it now stands. */
export function warner({
  budget: given,
  journal,
}: Pick<RunSetup, "budget"> & { readonly journal: Pick<Journal, "recorded"> }) {
  let budget = given;
  const watch = createBudgetWatch();
  let [evaluations, elapsed_s, at] = [0, 0, performance.now()];
  let usage = usageOfBrokenTurns(journal);
  const look = () => {
    const seconds = elapsed_s + (performance.now() - at) / 1000;
    return watch(budget, { evaluations, seconds, usage });
  };
  return {
    look,
    /** Of an event that was played, what it spends was warned of before. */
    hear: (event: JournalEvent) => {
      [elapsed_s, at] = [event.clock.elapsed_s, performance.now()];
      if (event.type === "candidate-finished") evaluations++;
      if (event.type === "steered") budget = budgetAfter(budget, [event]);
      const data = event.type === "decided" ? payloadOf<{ usage?: Partial<Usage> }>(event) : {};
      if (data.usage) usage = addUsage(usage, data.usage);
      return look();
    },
  };
}

export const sayWarning = (text: string): void => say(`warning ${text}`);

interface EventText {
  readonly thought?: string;
  readonly unrecorded?: readonly UnrecordedSpan[];
  readonly actions?: readonly { readonly action: string }[];
  readonly reason?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly id?: number;
  readonly result?: Candidate["result"];
}

/** The run as it happens, one line an event; thoughts that were shown already are left out. */
export function tellEvent(event: JournalEvent, directory: string, thoughts?: Thoughts): void {
  if (event.type === "steered") tellSteered(payloadOf<Steered>(event), directory);
  const data = payloadOf<EventText>(event);
  const shown = event.type === "decided" && thoughts?.shown(data.thought ?? "");
  const gated = (text = "") => plainText(markUnrecorded(text, data.unrecorded));
  if (event.type === "decided" && data.thought && !shown) say(`think   ${gated(data.thought)}`);
  // What stands on the screen cannot be marked any more: its numbers follow with their marks.
  if (shown && data.unrecorded)
    say(`        ${data.unrecorded.map(({ text }) => marked(text)).join(", ")}`);
  if (event.type === "refused") say(`refused ${plainText(data.reason ?? "")}`);
  if (event.type === "candidate-finished" && data.result) say(`fitted  ${candidateText(data)}`);
  if (event.type === "stopped") say(`stop    ${data.code}: ${gated(data.detail)}`);
  if (data.unrecorded) say(`        (${unrecordedLegend})`);
}

const marked = (text: string): string =>
  plainText(markUnrecorded(text, [{ text, start: 0, end: text.length }]));

function tellSteered({ command, outcome }: Steered, directory: string): void {
  const wayOn = command.command === "pause" ? `; go on with: leads steer ${directory} resume` : "";
  say(`steered ${plainText(`${describeCommand(command)}: ${outcome}`)}${wayOn}`);
}

function candidateText({ id, result }: EventText): string {
  const { spec, status, reason, validation, excess } = result!;
  const name = `#${id} ${describeSpec(spec)}`;
  if (status !== "fitted") return `${name}: ${status}, ${reason}`;
  const mse = validation.mse === null ? "" : `validation MSE ${validation.mse.toExponential(2)}, `;
  const at = validation.at_mae_ms === null ? "-" : `${validation.at_mae_ms.toFixed(2)} ms`;
  return `${name}: ${mse}activation error ${at}, excess ${excess.toExponential(2)}`;
}

export function progressText(
  candidate: number,
  spec: TwinSpec,
  p: { phase: string; iteration: number; of: number; loss: number },
): string {
  const share = `[${bar(p.iteration / p.of)}] ${p.iteration}/${p.of}`;
  return `fit #${candidate} ${describeSpec(spec)} ${p.phase} ${share} loss ${p.loss.toExponential(2)}`;
}
