import { createEffect, createMemo, createSignal } from "solid-js";
import { bestOf } from "../../src/discover/archive.js";
import type { CaseDetails, RunDetails } from "../../src/view/contract.js";
import { fetchCase, fetchRun } from "./data.js";
import { createLiveJournal } from "./live-journal.js";

export interface OpenedRun {
  readonly details: RunDetails;
  readonly case: CaseDetails | undefined;
  /** Why there is no case; "" otherwise. */
  readonly caseProblem: string;
}

export async function openRun(id: string): Promise<OpenedRun> {
  const details = await fetchRun(id);
  if (details.entry.status === "unreadable") throw new Error(details.entry.problem);
  const { caseId } = details.entry;
  const absent = "The case of this run is not in the folders that were opened: name it too.";
  if (!caseId) return { details, case: undefined, caseProblem: absent };
  return fetchCase(caseId).then(
    (known) => ({ details, case: known, caseProblem: "" }),
    (error: Error) => ({ details, case: undefined, caseProblem: error.message }),
  );
}

/** One run: its journal is followed once, whatever view is open. Needs an owner. */
export function createRunView(id: string, opened: OpenedRun, live: boolean) {
  const [details, setDetails] = createSignal(opened.details);
  const journal = createLiveJournal(id, live && opened.details.entry.status === "running");
  const candidates = () => journal.history().candidates;
  const best = createMemo(() => bestOf(candidates()));
  createEffect(() => {
    // A run that ends while it is watched has a result now; without it the page stays as it is.
    if (journal.state() === "ended" && details().entry.status === "running")
      fetchRun(id).then(setDetails, () => undefined);
  });
  const { case: known, caseProblem } = opened;
  return { details, case: known, caseProblem, journal, candidates, best };
}
export type RunView = ReturnType<typeof createRunView>;
