import { createMemo, createResource, For, lazy, Match, Show, Suspense, Switch } from "solid-js";
import { bestOf } from "../../src/discover/archive.js";
import type { StudioIndex } from "../../src/view/contract.js";
import { candidatesOf } from "../../src/view/history.js";
import { fetchCase, fetchRun } from "./data.js";
import { createLiveJournal } from "./live-journal.js";
import { addressOf, type Route, type RouteState } from "./route.js";
import { Notice } from "./ui/notice.jsx";

const HeartView = lazy(() => import("./heart/heart-view.jsx"));
const DiscoveryView = lazy(() => import("./discovery/discovery-view.jsx"));
const LabView = lazy(() => import("./lab/lab-view.jsx"));

const tabs = [
  ["heart", "Heart"],
  ["discovery", "Discovery"],
  ["lab", "Pacing lab"],
] as const satisfies readonly (readonly [Route["view"], string])[];

interface Props {
  readonly id: string;
  readonly index: StudioIndex;
  readonly route: RouteState["route"];
  readonly remember: RouteState["remember"];
}

/** What every view of a run is given. */
export interface ViewProps extends Props {
  readonly run: RunView;
}

export type RunView = Awaited<ReturnType<typeof openRun>>;

/** One run: its journal is followed once, whatever view is open. */
async function openRun(id: string) {
  const details = await fetchRun(id);
  if (details.entry.status === "unreadable") throw new Error(details.entry.problem);
  const { caseId } = details.entry;
  const known = caseId ? await fetchCase(caseId) : undefined;
  const journal = createLiveJournal(id, details.entry.status === "running");
  const candidates = createMemo(() => candidatesOf(journal.events()));
  const best = createMemo(() => bestOf(candidates()));
  return { details, case: known, journal, candidates, best };
}

export function RunPage(props: Props) {
  const [run] = createResource(() => props.id, openRun);
  return (
    <main class="run">
      <nav class="tabs" aria-label="Views of this run">
        <For each={tabs}>
          {([view, name]) => (
            <a
              href={addressOf({ view, run: props.id, query: {} })}
              aria-current={props.route().view === view ? "page" : undefined}
            >
              {name}
            </a>
          )}
        </For>
        <Show when={run()}>{(known) => <RunLine run={known()} />}</Show>
      </nav>
      <Suspense fallback={<Notice kind="wait">Reading the run …</Notice>}>
        <Show when={run()} keyed>
          {(known) => (
            <>
              <JournalState run={known} />
              <Switch>
                <Match when={props.route().view === "heart"}>
                  <HeartView {...props} run={known} />
                </Match>
                <Match when={props.route().view === "discovery"}>
                  <DiscoveryView {...props} run={known} />
                </Match>
                <Match when={props.route().view === "lab"}>
                  <LabView {...props} run={known} />
                </Match>
              </Switch>
            </>
          )}
        </Show>
      </Suspense>
    </main>
  );
}

function RunLine(props: { run: RunView }) {
  const entry = () => props.run.details.entry;
  return (
    <span class="run-line">
      {entry().path} · {entry().agent} · {props.run.candidates().length} candidates
    </span>
  );
}

function JournalState(props: { run: RunView }) {
  const { journal } = props.run;
  return (
    <>
      <Show when={journal.problem()}>
        {(problem) => <Notice kind="problem">{problem()}</Notice>}
      </Show>
      <Show when={journal.state() === "away"}>
        <Notice kind="problem">
          The server is away. What is known stays here; the rest follows when it is back.
        </Notice>
      </Show>
    </>
  );
}
