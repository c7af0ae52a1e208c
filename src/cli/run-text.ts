import { type Candidate, describeSpec } from "../discover/archive.js";
import type { JournalEvent } from "../discover/journal.js";
import { markUnrecorded, type UnrecordedSpan, unrecordedLegend } from "../discover/number-gate.js";
import type { TwinSpec } from "../twin/spec.js";
import { payload } from "./run-directory.js";
import { bar, say } from "./terminal.js";

/** Seconds of the budget that are left: what the journal counts, and the time since its last event. */
export function timeLeft(seconds: number) {
  let [elapsed_s, at] = [0, performance.now()];
  return {
    spent: (now_s: number) => {
      [elapsed_s, at] = [now_s, performance.now()];
    },
    text: () => {
      const left_s = Math.max(0, seconds - elapsed_s - (performance.now() - at) / 1000);
      const [minutes, rest] = [Math.floor(left_s / 60), Math.floor(left_s % 60)];
      return `${minutes}:${String(rest).padStart(2, "0")}`;
    },
  };
}

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

/** The run as it happens, one line an event. */
export function tellEvent(event: JournalEvent): void {
  const data = payload<EventText>(event);
  if (event.type === "decided" && data.thought)
    say(`think   ${markUnrecorded(data.thought, data.unrecorded)}`);
  if (event.type === "refused") say(`refused ${data.reason}`);
  if (event.type === "candidate-finished" && data.result) say(`fitted  ${candidateText(data)}`);
  if (event.type === "stopped")
    say(`stop    ${data.code}: ${markUnrecorded(data.detail ?? "", data.unrecorded)}`);
  if (data.unrecorded) say(`        (${unrecordedLegend})`);
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
