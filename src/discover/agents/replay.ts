import type { Decision } from "../actions.js";
import { decode } from "../canonical.js";
import type { JournalEvent } from "../journal.js";
import type { Agent } from "./agent.js";

/** Repeats the decisions of a journal, then stops. */
export function replayAgent(events: readonly JournalEvent[]): Agent {
  const decisions = events
    .filter((event) => event.type === "decided")
    .map((event) => decode(event.data) as Decision & { step: number; usage?: unknown });
  return {
    name: "replay",
    decide: async ({ step }) => {
      const recorded = decisions[step];
      if (!recorded) {
        const reason = "The recorded decisions are used up.";
        return { thought: reason, actions: [{ action: "stop", reason }] };
      }
      const { thought, from, actions } = recorded;
      return { thought, ...(from === undefined ? {} : { from }), actions };
    },
  };
}
