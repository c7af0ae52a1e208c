import {
  createMemo,
  createResource,
  ErrorBoundary,
  For,
  lazy,
  Match,
  Show,
  Suspense,
  Switch,
  untrack,
} from "solid-js";
import type { StudioIndex } from "../../src/view/contract.js";
import { addressOf, type Route, type RouteState } from "./route.js";
import { createRunView, openRun, type RunView } from "./run-view.js";
import { Failure, Notice } from "./ui/notice.jsx";

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

export function RunPage(props: Props) {
  const [opened] = createResource(() => props.id, openRun);
  const run = createMemo(() => {
    if (opened.state !== "ready") return undefined;
    return untrack(() => createRunView(props.id, opened(), props.index.live));
  });
  return (
    <main class="run">
      <Tabs {...props} run={run()} />
      <Show when={opened.error as Error | undefined}>
        {(error) => <Notice kind="problem">{error().message}</Notice>}
      </Show>
      <Show when={opened.loading}>
        <Notice kind="wait">Reading the run …</Notice>
      </Show>
      <Show when={run()} keyed>
        {(known) => (
          <>
            <JournalState run={known} />
            <Show when={props.route().view} keyed>
              {(view) => <View {...props} run={known} view={view} />}
            </Show>
          </>
        )}
      </Show>
    </main>
  );
}

/** One view; where it fails, the others can still be opened. */
function View(props: ViewProps & { view: Route["view"] }) {
  return (
    <ErrorBoundary fallback={(error, reset) => <Failure error={error} again={reset} />}>
      <Suspense fallback={<Notice kind="wait">Opening …</Notice>}>
        <Switch>
          <Match when={props.view === "heart"}>
            <HeartView {...props} />
          </Match>
          <Match when={props.view === "discovery"}>
            <DiscoveryView {...props} />
          </Match>
          <Match when={props.view === "lab"}>
            <LabView {...props} />
          </Match>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Tabs(props: Props & { run: RunView | undefined }) {
  /** The candidate that is looked at goes along. */
  const query = (): Record<string, string> => {
    const { candidate } = props.route().query;
    return candidate === undefined ? {} : { candidate };
  };
  return (
    <nav class="tabs" aria-label="Views of this run">
      <For each={tabs}>
        {([view, name]) => (
          <a
            href={addressOf({ view, run: props.id, query: query() })}
            aria-current={props.route().view === view ? "page" : undefined}
          >
            {name}
          </a>
        )}
      </For>
      <Show when={props.run}>{(known) => <RunLine run={known()} />}</Show>
    </nav>
  );
}

function RunLine(props: { run: RunView }) {
  const entry = () => props.run.details().entry;
  const count = () => props.run.candidates().length;
  return (
    <h1 class="run-line">
      {entry().path} · {entry().agent} · {count() === 1 ? "1 candidate" : `${count()} candidates`}
    </h1>
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
          The server is away. What is known stays here; the rest follows when it is back. A studio
          that was started anew has another address: open the one that it printed.
        </Notice>
      </Show>
    </>
  );
}
