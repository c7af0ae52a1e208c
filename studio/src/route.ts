import { createSignal, onCleanup } from "solid-js";

/** Where the page is, in the part of the address behind "#": reload and bookmarks keep it. */
export interface Route {
  readonly view: "start" | "heart" | "discovery" | "lab";
  readonly run: string;
  /** What a view remembers in the address: "?candidate=3&recording=pace-01". */
  readonly query: Readonly<Record<string, string>>;
}

const views = ["heart", "discovery", "lab"] as const;

export function parseRoute(hash: string): Route {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [kind, run = "", view = "heart"] = path.split("/");
  const query = Object.fromEntries(new URLSearchParams(search));
  const known = views.find((name) => name === view);
  if (kind !== "run" || !run || !known) return { view: "start", run: "", query };
  return { view: known, run: decodeURIComponent(run), query };
}

export function addressOf({ view, run, query }: Route): string {
  const search = new URLSearchParams(query).toString();
  const path = view === "start" ? "#/" : `#/run/${encodeURIComponent(run)}/${view}`;
  return search ? `${path}?${search}` : path;
}

export function createRoute() {
  const [route, setRoute] = createSignal(parseRoute(location.hash));
  const changed = () => setRoute(parseRoute(location.hash));
  addEventListener("hashchange", changed);
  onCleanup(() => removeEventListener("hashchange", changed));
  const remember = (query: Record<string, string | undefined>) => {
    const merged = { ...route().query, ...query };
    const kept = Object.fromEntries(Object.entries(merged).filter(([, v]) => v !== undefined));
    history.replaceState(
      null,
      "",
      addressOf({ ...route(), query: kept as Record<string, string> }),
    );
    changed();
  };
  return { route, remember };
}
export type RouteState = ReturnType<typeof createRoute>;
