import { createMemo, createSignal, Show } from "solid-js";
import type { JournalEvent } from "../../../src/discover/journal.js";
import type { RunStarted } from "../../../src/discover/run.js";
import type { SteeringCommand } from "../../../src/discover/steering.js";
import { payloadOf } from "../../../src/view/history.js";
import { steer } from "../data.js";
import type { ViewProps } from "../run-page.jsx";
import { duration } from "../ui/format.js";

interface Spent {
  readonly evaluations: number;
  readonly seconds: number;
  readonly ofEvaluations: number;
  readonly ofSeconds: number;
  readonly paused: boolean;
}

/** Budget, what is spent of it and whether the run is paused, out of the journal. */
export function spentOf(events: readonly JournalEvent[]): Spent | undefined {
  const started = events.find(({ type }) => type === "run-started");
  if (!started) return undefined;
  let { budget } = payloadOf<RunStarted>(started);
  let paused = false;
  for (const event of events) {
    if (event.type !== "steered") continue;
    const { command } = payloadOf<{ command: SteeringCommand }>(event);
    if (command.command === "budget") {
      const { command: _, ...changes } = command;
      budget = { ...budget, ...changes };
    }
    if (command.command === "pause" || command.command === "resume")
      paused = command.command === "pause";
  }
  return {
    evaluations: events.filter(({ type }) => type === "candidate-finished").length,
    seconds: events.at(-1)?.clock.elapsed_s ?? 0,
    ofEvaluations: budget.evaluations,
    ofSeconds: budget.seconds,
    paused,
  };
}

/** What is spent, and, while the run lives, a say in it. */
export function Steering(props: ViewProps) {
  const spent = createMemo(() => spentOf(props.run.journal.history().events));
  const live = () => props.index.live && ["live", "away"].includes(props.run.journal.state());
  const [said, setSaid] = createSignal("");
  const send = async (command: SteeringCommand) => {
    setSaid("sending …");
    await steer(props.id, command).then(
      () => setSaid("sent; the run takes it at its next turn"),
      (error: Error) => setSaid(error.message),
    );
  };
  return (
    <div class="steering">
      <Show when={spent()}>
        {(known) => (
          <>
            <Meter
              name="evaluations"
              value={known().evaluations}
              of={known().ofEvaluations}
              text={`${known().evaluations} of ${known().ofEvaluations}`}
            />
            <Meter
              name="time"
              value={known().seconds}
              of={known().ofSeconds}
              text={`${duration(known().seconds)} of ${duration(known().ofSeconds)}`}
            />
            <Show when={live()}>
              <Buttons spent={known()} send={send} />
              <p role="status" class="quiet">
                {said()}
              </p>
            </Show>
          </>
        )}
      </Show>
    </div>
  );
}

function Meter(props: { name: string; value: number; of: number; text: string }) {
  return (
    <label class="meter">
      {props.name} <meter min="0" max={props.of} value={props.value} /> {props.text}
    </label>
  );
}

const pinnable = ["reaction", "diffusion", "observation", "stimulus"] as const;

function Buttons(props: { spent: Spent; send: (command: SteeringCommand) => void }) {
  let hint!: HTMLInputElement;
  let evaluations!: HTMLInputElement;
  const [part, setPart] = createSignal<(typeof pinnable)[number]>("reaction");
  return (
    <div class="buttons">
      <button
        type="button"
        onClick={() => props.send({ command: props.spent.paused ? "resume" : "pause" })}
      >
        {props.spent.paused ? "Resume" : "Pause"}
      </button>
      <button type="button" onClick={() => props.send({ command: "veto" })}>
        Veto the action
      </button>
      <span class="group">
        <select
          aria-label="part to pin"
          onChange={(event) => setPart(event.currentTarget.value as (typeof pinnable)[number])}
        >
          {pinnable.map((name) => (
            <option value={name}>{name}</option>
          ))}
        </select>
        <button type="button" onClick={() => props.send({ command: "pin", component: part() })}>
          Pin
        </button>
        <button type="button" onClick={() => props.send({ command: "unpin", component: part() })}>
          Unpin
        </button>
      </span>
      <form
        class="group"
        onSubmit={(event) => {
          event.preventDefault();
          props.send({ command: "hint", text: hint.value });
          hint.value = "";
        }}
      >
        <input
          ref={hint}
          required
          maxlength="2000"
          aria-label="hint"
          placeholder="a hint to the agent"
        />
        <button type="submit">Tell</button>
      </form>
      <form
        class="group"
        onSubmit={(event) => {
          event.preventDefault();
          props.send({ command: "budget", evaluations: Number(evaluations.value) });
        }}
      >
        <input
          ref={evaluations}
          type="number"
          min="1"
          step="1"
          required
          aria-label="evaluations in all"
          value={props.spent.ofEvaluations}
        />
        <button type="submit">Set evaluations</button>
      </form>
    </div>
  );
}
