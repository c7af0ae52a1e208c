import { type Candidate, describeSpec } from "../discover/archive.js";
import type { JournalEvent } from "../discover/journal.js";
import { describeCommand, type Steered } from "../discover/steering.js";
import type { TwinSpec } from "../twin/spec.js";
import { payload } from "./run-directory.js";
import { bar, say } from "./terminal.js";

/** Seconds of the budget that are left: what the journal counts, and the time since its last event. */
export function timeLeft(seconds: number) {
  let [elapsed_s, at, budget_s] = [0, performance.now(), seconds];
  return {
    heard: (event: JournalEvent) => {
      [elapsed_s, at] = [event.clock.elapsed_s, performance.now()];
      if (event.type !== "steered") return;
      const { command } = payload<Steered>(event);
      if (command.command === "budget") budget_s = command.seconds ?? budget_s;
    },
    text: () => {
      const left_s = Math.max(0, budget_s - elapsed_s - (performance.now() - at) / 1000);
      const [minutes, rest] = [Math.floor(left_s / 60), Math.floor(left_s % 60)];
      return `${minutes}:${String(rest).padStart(2, "0")}`;
    },
  };
}

interface EventText {
  readonly thought?: string;
  readonly actions?: readonly { readonly action: string }[];
  readonly reason?: string;
  readonly code?: string;
  readonly detail?: string;
  readonly id?: number;
  readonly result?: Candidate["result"];
}

/** The run as it happens, one line an event. */
export function tellEvent(event: JournalEvent, directory: string): void {
  if (event.type === "steered") tellSteered(payload<Steered>(event), directory);
  const data = payload<EventText>(event);
  if (event.type === "decided" && data.thought) say(`think   ${data.thought}`);
  if (event.type === "refused") say(`refused ${data.reason}`);
  if (event.type === "candidate-finished" && data.result) say(`fitted  ${candidateText(data)}`);
  if (event.type === "stopped") say(`stop    ${data.code}: ${data.detail}`);
}

function tellSteered({ command, outcome }: Steered, directory: string): void {
  const wayOn = command.command === "pause" ? `; go on with: leads steer ${directory} resume` : "";
  say(`steered ${describeCommand(command)}: ${outcome}${wayOn}`);
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
