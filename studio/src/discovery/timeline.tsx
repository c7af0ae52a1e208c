import { For, Match, Show, Switch } from "solid-js";
import { type Candidate, describeSpec } from "../../../src/discover/archive.js";
import type { TimelineItem } from "../../../src/view/timeline.js";
import { duration, figure } from "../ui/format.js";
import { commandText } from "./command-text.js";

interface Props {
  readonly items: readonly TimelineItem[];
  readonly candidates: readonly Candidate[];
  readonly onChoose: (id: number) => void;
}

/** Observation, thought, action and what came of it, oldest first. */
export function Timeline(props: Props) {
  return (
    <ol class="timeline" aria-live="polite">
      <For each={props.items}>
        {(item) => (
          <li class={item.kind}>
            <time title={item.at}>{duration(item.elapsed_s)}</time>
            <Entry item={item} {...props} />
          </li>
        )}
      </For>
    </ol>
  );
}

function Entry(props: Props & { item: TimelineItem }) {
  const of = <K extends TimelineItem["kind"]>(kind: K) =>
    props.item.kind === kind ? (props.item as Extract<TimelineItem, { kind: K }>) : undefined;
  return (
    <Switch>
      <Match when={of("started")}>
        {(item) => (
          <p>
            <b>{item().agent}</b> begins, seed {item().seed}
          </p>
        )}
      </Match>
      <Match when={of("thought")}>
        {(item) => <Thought item={item()} onChoose={props.onChoose} />}
      </Match>
      <Match when={of("refused")}>
        {(item) => (
          <p>
            <b>refused</b> {item().reason}
          </p>
        )}
      </Match>
      <Match when={of("candidate")}>
        {(item) => <Finished candidate={props.candidates[item().id]} onChoose={props.onChoose} />}
      </Match>
      <Match when={of("steered")}>
        {(item) => (
          <p>
            <b>operator</b> {commandText(item().command)}
          </p>
        )}
      </Match>
      <Match when={of("ended")}>
        {(item) => (
          <p>
            <b>stopped</b> {item().code}
            {item().detail ? `: ${item().detail}` : ""}
          </p>
        )}
      </Match>
      <Match when={of("mark")}>{(item) => <p class="quiet">{item().text}</p>}</Match>
    </Switch>
  );
}

function Thought(props: {
  item: Extract<TimelineItem, { kind: "thought" }>;
  onChoose: (id: number) => void;
}) {
  return (
    <div>
      <p>
        {props.item.thought}
        <Show when={props.item.from !== null}>
          {" "}
          <button type="button" class="link" onClick={() => props.onChoose(props.item.from!)}>
            from #{props.item.from}
          </button>
        </Show>
      </p>
      <p class="actions">
        <For each={props.item.actions}>{(action) => <code>{actionText(action)}</code>}</For>
      </p>
    </div>
  );
}

function Finished(props: { candidate: Candidate | undefined; onChoose: (id: number) => void }) {
  return (
    <Show when={props.candidate}>
      {(candidate) => {
        const { id, result } = candidate();
        const said =
          result.status === "fitted"
            ? `excess ${figure(result.excess)}, activation error ${figure(result.validation.at_mae_ms)} ms`
            : `${result.status}: ${result.reason}`;
        return (
          <p>
            <button type="button" class="link" onClick={() => props.onChoose(id)}>
              #{id}
            </button>{" "}
            {describeSpec(result.spec)} <span class="quiet">{said}</span>
          </p>
        );
      }}
    </Show>
  );
}

/** "set_reaction aliev-panfilov", "set_fit starts 4" */
export function actionText({ action, ...fields }: { readonly action: string }): string {
  const text = (value: unknown): string =>
    typeof value === "object" && value !== null
      ? Object.entries(value)
          .map(([key, inner]) => `${key} ${text(inner)}`)
          .join(", ")
      : String(value);
  return [action, ...Object.values(fields).map(text)].join(" ");
}
