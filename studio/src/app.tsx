import { createSignal, ErrorBoundary, Match, onMount, Show, Switch } from "solid-js";
import type { StudioIndex } from "../../src/view/contract.js";
import { fetchIndex } from "./data.js";
import { addressOf, createRoute } from "./route.js";
import { RunPage } from "./run-page.jsx";
import { StartPage } from "./start/start-page.jsx";
import { Failure, Notice } from "./ui/notice.jsx";

export function App() {
  const { route, remember } = createRoute();
  const { index, problem, refresh } = createIndex();
  return (
    <>
      <header class="top">
        <a class="brand" href={addressOf({ view: "start", run: "", query: {} })}>
          leads studio
        </a>
      </header>
      <Show when={problem()}>
        {(text) => (
          <Notice kind="problem">
            {text()}{" "}
            <button type="button" onClick={refresh}>
              Try again
            </button>
          </Notice>
        )}
      </Show>
      <ErrorBoundary fallback={(error, reset) => <Failure error={error} again={reset} />}>
        <Show
          when={index()}
          fallback={<Notice kind="wait">{problem() || "Reading the folders …"}</Notice>}
        >
          {(known) => (
            <Switch>
              <Match when={route().view === "start"}>
                <StartPage index={known()} refresh={refresh} />
              </Match>
              <Match when={route().run} keyed>
                {(run) => <RunPage id={run} index={known()} route={route} remember={remember} />}
              </Match>
            </Switch>
          )}
        </Show>
      </ErrorBoundary>
    </>
  );
}

/** What the folders hold; what is known stays while it is asked for again. */
function createIndex() {
  const [index, setIndex] = createSignal<StudioIndex>();
  const [problem, setProblem] = createSignal("");
  const refresh = () =>
    fetchIndex().then(
      (found) => {
        setProblem("");
        setIndex(found);
      },
      (error: Error) => setProblem(error.message),
    );
  onMount(refresh);
  return { index, problem, refresh };
}
