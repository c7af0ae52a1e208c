import { createMemo, createSignal, Show } from "solid-js";
import type { SteeringCommand } from "../../../src/discover/steering.js";
import { steer } from "../data.js";
import type { ViewProps } from "../run-page.jsx";
import { duration, figure } from "../ui/format.js";
import { type Spent, spentOf } from "./spent.js";

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
            <Meters spent={known()} />
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

function Meters(props: { spent: Spent }) {
  const budget = () => props.spent.budget;
  return (
    <>
      <Meter name="evaluations" value={props.spent.evaluations} of={budget().evaluations} />
      <Meter name="time" value={props.spent.seconds} of={budget().seconds} text={duration} />
      <Show when={props.spent.tokens > 0}>
        <Meter name="tokens" value={props.spent.tokens} of={budget().tokens} text={whole} />
        <Meter name="money" value={props.spent.usd} of={budget().usd} text={dollars} />
      </Show>
    </>
  );
}

interface MeterProps {
  readonly name: string;
  /** null: not known. */
  readonly value: number | null;
  /** Absent where nothing limits it. */
  readonly of?: number | undefined;
  readonly text?: (value: number) => string;
}

function Meter(props: MeterProps) {
  const text = (value: number) => props.text?.(value) ?? String(value);
  return (
    <label class="meter">
      {props.name}{" "}
      <Show when={props.of !== undefined}>
        <meter min="0" max={props.of} value={props.value ?? 0} />{" "}
      </Show>
      {props.value === null ? "not known" : text(props.value)}
      <Show when={props.of}>{(limit) => <> of {text(limit())}</>}</Show>
    </label>
  );
}

const whole = (value: number) => value.toLocaleString("en");
const dollars = (value: number) => `${figure(value, 3)} USD`;

const pinnable = ["reaction", "diffusion", "observation", "stimulus"] as const;

interface ButtonProps {
  readonly spent: Spent;
  readonly send: (command: SteeringCommand) => void;
}

function Buttons(props: ButtonProps) {
  let hint!: HTMLInputElement;
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
      <BudgetForm {...props} />
    </div>
  );
}

/** Of the whole run, what is spent included; what is as it was is not sent. */
function BudgetForm(props: ButtonProps) {
  let evaluations!: HTMLInputElement;
  let seconds!: HTMLInputElement;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const { budget } = props.spent;
    const asked = { evaluations: Number(evaluations.value), seconds: Number(seconds.value) };
    const changed = Object.entries(asked).filter(
      ([name, value]) => value !== budget[name as keyof typeof asked],
    );
    if (changed.length > 0) props.send({ command: "budget", ...Object.fromEntries(changed) });
  };
  return (
    <form class="budget" onSubmit={submit}>
      <Amount
        name="evaluations"
        step="1"
        value={props.spent.budget.evaluations}
        ref={evaluations}
      />
      <Amount name="seconds" step="any" value={props.spent.budget.seconds} ref={seconds} />
      <button type="submit">Set the budget</button>
    </form>
  );
}

interface AmountProps {
  readonly name: string;
  readonly step: string;
  readonly value: number;
  readonly ref: HTMLInputElement;
}

function Amount(props: AmountProps) {
  return (
    <label>
      {props.name}{" "}
      <input
        ref={props.ref}
        type="number"
        min="1"
        step={props.step}
        required
        aria-label={`${props.name} in all`}
        value={props.value}
      />
    </label>
  );
}
