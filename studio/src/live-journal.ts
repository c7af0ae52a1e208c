import { createSignal, onCleanup } from "solid-js";
import type { JournalEvent } from "../../src/discover/journal.js";
import { addresses } from "../../src/view/contract.js";
import { fetchJournal } from "./data.js";

/** A journal as it is and as it grows. */
export interface LiveJournal {
  readonly events: () => readonly JournalEvent[];
  /** "live": more may come; "away": the server is gone, and is being asked again. */
  readonly state: () => "loading" | "live" | "away" | "ended" | "failed";
  /** Why it cannot be shown, or what is wrong with its end; "" otherwise. */
  readonly problem: () => string;
}

/** Follows the run from its first line; a finished journal comes in one piece. */
export function createLiveJournal(run: string, running: boolean): LiveJournal {
  const [events, setEvents] = createSignal<readonly JournalEvent[]>([]);
  const [state, setState] = createSignal<ReturnType<LiveJournal["state"]>>("loading");
  const [problem, setProblem] = createSignal("");
  const take = (lines: readonly string[]) => {
    const read = readLines(lines, events().length);
    setEvents([...events(), ...read.events]);
    if (read.problem) setProblem(read.problem);
  };
  if (running) onCleanup(listen(run, { take, setState }));
  else
    fetchJournal(run).then(
      (text) => {
        take(text.split("\n"));
        setState("ended");
      },
      (error: Error) => {
        setProblem(error.message);
        setState("failed");
      },
    );
  return { events, state, problem };
}

interface Listener {
  readonly take: (lines: readonly string[]) => void;
  readonly setState: (state: "live" | "away" | "ended") => void;
}

/** The browser reconnects by itself and names the last line it has: none is missed, none comes twice. */
function listen(run: string, { take, setState }: Listener): () => void {
  const source = new EventSource(addresses.events(run, 0));
  let seen = -1;
  source.addEventListener("open", () => setState("live"));
  source.addEventListener("journal", (event: MessageEvent<string>) => {
    const line = Number(event.lastEventId);
    if (line <= seen) return;
    seen = line;
    setState("live");
    take([event.data]);
  });
  source.addEventListener("error", () => setState("away"));
  source.addEventListener("end", () => {
    setState("ended");
    source.close();
  });
  return () => source.close();
}

/** Lines up to the first that is no event; the last one may be half written. */
export function readLines(lines: readonly string[], before: number) {
  const events: JournalEvent[] = [];
  for (const [k, line] of lines.entries()) {
    if (line.trim() === "") continue;
    try {
      const event = JSON.parse(line) as JournalEvent;
      if (typeof event.type !== "string" || event.clock === undefined) throw new Error("no event");
      events.push(event);
    } catch {
      const rest = k === lines.length - 1 ? "it is half written" : "the rest is left out";
      return { events, problem: `Line ${before + k + 1} of the journal cannot be read: ${rest}.` };
    }
  }
  return { events, problem: "" };
}
