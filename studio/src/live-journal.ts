import { createSignal, onCleanup } from "solid-js";
import { addresses } from "../../src/view/contract.js";
import { continued, type History, noHistory } from "../../src/view/history.js";
import { fetchJournal } from "./data.js";
import { type Line, linesOf, readLines } from "./journal-lines.js";

/** A journal as it is and as it grows. */
export interface LiveJournal {
  readonly history: () => History;
  /** "live": more may come; "away": the server is gone, and is being asked again. */
  readonly state: () => State;
  /** Why it cannot be shown, or what is wrong with its end; "" otherwise. */
  readonly problem: () => string;
}

type State = "loading" | "live" | "away" | "ended" | "failed";

/** Follows the run from its first line; a finished journal comes in one piece. Needs an owner. */
export function createLiveJournal(run: string, running: boolean): LiveJournal {
  const [history, setHistory] = createSignal<History>(noHistory);
  const [state, setState] = createSignal<State>("loading");
  const [problem, setProblem] = createSignal("");
  const take = (lines: readonly Line[]) => {
    // Behind a damaged line nothing can be trusted.
    if (problem()) return;
    const read = readLines(lines);
    setHistory(continued(history(), read.events));
    setProblem(read.problem);
  };
  if (running) onCleanup(listen(run, { take, setState }));
  else
    fetchJournal(run).then(
      (text) => {
        take(linesOf(text));
        setState("ended");
      },
      (error: Error) => {
        setProblem(error.message);
        setState("failed");
      },
    );
  return { history, state, problem };
}

interface Listener {
  readonly take: (lines: readonly Line[]) => void;
  readonly setState: (state: State) => void;
}

/** Lines that come together are shown together: a long journal arrives in few pictures. */
const together_ms = 30;
/** A browser gives up where it is answered, but not by this run: it is asked again after this time. */
const again_ms = 2000;

/** The last line that came is named at every new beginning: none is missed, none comes twice. */
function listen(run: string, { take, setState }: Listener): () => void {
  let source: EventSource;
  let [seen, flushing, retrying] = [-1, 0, 0];
  const fresh: Line[] = [];
  const flush = () => {
    clearTimeout(flushing);
    flushing = 0;
    if (fresh.length > 0) take(fresh.splice(0));
  };
  const hear = ({ lastEventId, data }: MessageEvent<string>) => {
    const line = Number(lastEventId);
    if (line <= seen) return;
    seen = line;
    fresh.push({ number: line + 1, text: data, whole: true });
    flushing ||= setTimeout(flush, together_ms) as unknown as number;
  };
  const begin = () => {
    source = new EventSource(addresses.events(run, seen + 1));
    source.addEventListener("open", () => setState("live"));
    source.addEventListener("journal", hear);
    source.addEventListener("error", () => {
      setState("away");
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(retrying);
      retrying = setTimeout(begin, again_ms) as unknown as number;
    });
    source.addEventListener("end", () => {
      source.close();
      flush();
      setState("ended");
    });
  };
  begin();
  return () => {
    source.close();
    clearTimeout(flushing);
    clearTimeout(retrying);
  };
}
