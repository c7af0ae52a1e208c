import { createResource, ErrorBoundary, Match, Show, Suspense, Switch } from "solid-js";
import { fetchIndex } from "./data.js";
import { addressOf, createRoute } from "./route.js";
import { RunPage } from "./run-page.jsx";
import { StartPage } from "./start/start-page.jsx";
import { Notice } from "./ui/notice.jsx";

export function App() {
  const { route, remember } = createRoute();
  const [index, { refetch }] = createResource(fetchIndex);
  return (
    <>
      <header class="top">
        <a class="brand" href={addressOf({ view: "start", run: "", query: {} })}>
          leads studio
        </a>
      </header>
      <ErrorBoundary fallback={(error: Error) => <Notice kind="problem">{error.message}</Notice>}>
        <Suspense fallback={<Notice kind="wait">Reading the folders …</Notice>}>
          <Show when={index()} keyed>
            {(known) => (
              <Switch>
                <Match when={route().view === "start"}>
                  <StartPage index={known} refresh={refetch} />
                </Match>
                <Match when={route().run} keyed>
                  {(run) => <RunPage id={run} index={known} route={route} remember={remember} />}
                </Match>
              </Switch>
            )}
          </Show>
        </Suspense>
      </ErrorBoundary>
    </>
  );
}
