import { createMemo, createSignal, For, Show } from "solid-js";
import type { RunEntry, StudioIndex } from "../../../src/view/contract.js";
import { addressOf } from "../route.js";
import { Notice } from "../ui/notice.jsx";
import { NewRunForm } from "./new-run.jsx";
import {
  type Column,
  columns,
  differing,
  filtered,
  grouped,
  type Order,
  sorted,
} from "./run-table.js";
import "./start.css";

/** Runs and cases of the folders that were given. */
export function StartPage(props: { index: StudioIndex; refresh: () => void }) {
  const [filter, setFilter] = createSignal("");
  const [order, setOrder] = createSignal<Order>({ column: "run", falling: false });
  const [onlyDiffering, setOnlyDiffering] = createSignal(false);
  const runs = createMemo(() => sorted(filtered(props.index.runs, filter()), order()));
  const shown = createMemo(() => (onlyDiffering() ? differing(runs()) : columns));
  const sortBy = (column: string) =>
    setOrder((now) => ({ column, falling: now.column === column && !now.falling }));
  return (
    <main class="start">
      <h1>Runs</h1>
      <div class="start-tools">
        <label>
          filter{" "}
          <input
            type="search"
            value={filter()}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        </label>
        <label>
          <input
            type="checkbox"
            checked={onlyDiffering()}
            onChange={(event) => setOnlyDiffering(event.currentTarget.checked)}
          />{" "}
          differing columns only
        </label>
        <button type="button" onClick={props.refresh}>
          Look again
        </button>
        <span class="quiet" role="status">
          {runs().length} of {props.index.runs.length} runs
        </span>
      </div>
      <Show
        when={props.index.runs.length > 0}
        fallback={<Notice kind="note">There is no run yet in these folders.</Notice>}
      >
        <table class="runs">
          <thead>
            <tr>
              <For each={shown()}>
                {({ name }) => (
                  <th
                    aria-sort={
                      order().column !== name
                        ? "none"
                        : order().falling
                          ? "descending"
                          : "ascending"
                    }
                  >
                    <button type="button" class="link" onClick={() => sortBy(name)}>
                      {name}
                    </button>
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <For each={grouped(runs())}>
            {([patient, members]) => <Group patient={patient} runs={members} columns={shown()} />}
          </For>
        </table>
      </Show>
      <Cases {...props} />
    </main>
  );
}

function Group(props: { patient: string; runs: readonly RunEntry[]; columns: readonly Column[] }) {
  return (
    <tbody>
      <tr class="patient">
        <th scope="rowgroup" colspan={props.columns.length}>
          {props.patient || "unknown patient"}{" "}
          <span class="quiet">
            {props.runs.length === 1 ? "1 run" : `${props.runs.length} runs`}
          </span>
        </th>
      </tr>
      <For each={props.runs}>{(run) => <Row run={run} columns={props.columns} />}</For>
    </tbody>
  );
}

function Row(props: { run: RunEntry; columns: readonly Column[] }) {
  const { run } = props;
  const view = run.status === "running" ? "discovery" : "heart";
  return (
    <tr class={run.status}>
      <Show
        when={run.status !== "unreadable"}
        fallback={
          <>
            <td>{run.path}</td>
            <td class="problem-text" colspan={Math.max(1, props.columns.length - 1)}>
              {run.problem}
            </td>
          </>
        }
      >
        <For each={props.columns}>
          {({ text }, k) => (
            <td>
              <Show when={k() === 0} fallback={text(run)}>
                <a href={addressOf({ view, run: run.id, query: {} })}>{text(run)}</a>
              </Show>
            </td>
          )}
        </For>
      </Show>
    </tr>
  );
}

function Cases(props: { index: StudioIndex }) {
  return (
    <>
      <h1>Cases</h1>
      <ul class="cases">
        <For each={props.index.cases}>
          {(entry) => (
            <li>
              <b>{entry.path}</b> {entry.name !== entry.path ? entry.name : ""}{" "}
              <span class="quiet">
                {entry.problem ||
                  [entry.recordings === null ? "" : `${entry.recordings} recordings`, entry.source]
                    .filter(Boolean)
                    .join(" · ")}
              </span>
            </li>
          )}
        </For>
      </ul>
      <Show when={props.index.live && props.index.cases.some(({ problem }) => !problem)}>
        <NewRunForm index={props.index} />
      </Show>
    </>
  );
}
