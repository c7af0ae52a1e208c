import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "../../core/errors.js";
import { decisionJsonSchema, decisionSchema, toolSchemas } from "../../discover/actions.js";
import { renderObservation } from "../../discover/render.js";
import type { Session } from "../../discover/session.js";
import { steeringCommandSchema } from "../../discover/steering.js";
import { giveCommand } from "../give-command.js";
import { runFiles } from "../run-directory.js";
import { createSessionRun } from "../session-run.js";
import { lookAt } from "./desk.js";
import { settleTicket, waitSeconds } from "./ticket-tools.js";
import { runName, type Tool, tool } from "./tool.js";

const openCase = tool({
  name: "open_case",
  description:
    "Begin a discovery: give a case and a new folder for the run. To go on with a run that is there, give the run alone.",
  input: z.strictObject({
    run: runName,
    case: z.string().min(1).max(400).optional().describe("Folder of the case, for a new run."),
    reactions: z
      .array(z.string().min(1).max(80))
      .max(100)
      .optional()
      .describe('Reactions to choose from, or ["all"]; absent: the usual ones.'),
    diffusions: z
      .array(z.string().min(1).max(80))
      .max(100)
      .optional()
      .describe("Diffusions to choose from; absent: all."),
    seed: z.number().int().default(1).describe("Seed of every random number."),
    evaluations: z.number().int().min(1).max(10_000).default(30).describe("Most fits."),
    seconds: z.number().positive().max(1e7).default(1800).describe("Most seconds of work."),
  }),
  run: async ({ run: name, case: path, ...asked }, { desk, client }) => {
    const directory = await desk.root.resolveNew(name);
    if (path === undefined) requireRun(name, directory);
    else
      await createSessionRun(directory, {
        ...asked,
        case: await desk.root.resolveAll(path),
        driver: client,
      });
    const run = await desk.open(name);
    const observed = await lookAt(desk, run, stateOf);
    return { identity: run.identity, ...observed };
  },
});

function requireRun(name: string, directory: string): void {
  if (existsSync(join(directory, runFiles.configuration))) return;
  fail({
    code: "cannot-read",
    path: name,
    message: `There is no run at ${name}.`,
    fix: "To begin one, name a case as well.",
  });
}

/** What a session shows: the text of an observation, and what stands in the way of an act. */
async function stateOf(session: Session, atWork: boolean) {
  const observation = atWork ? session.view() : await session.observe();
  const pending = session.pending();
  const state = {
    step: observation.step,
    best: observation.best,
    evaluations_left: observation.budget.evaluationsLeft,
    seconds_left: observation.budget.secondsLeft,
    ended: session.outcome()?.stop ?? null,
    due: session.due()?.detail ?? null,
    paused: session.paused(),
    pending: pending && { thought: pending.thought, actions: pending.actions },
    fit_under_way: atWork,
  };
  const text = `${renderObservation(observation)}\n\n## Session\n${notesOn(state)}`;
  return { data: { ...state, observation: text }, text };
}

function notesOn({
  ended,
  due,
  paused,
  pending,
  fit_under_way,
}: {
  readonly ended: { readonly code: string; readonly detail: string } | null;
  readonly due: string | null;
  readonly paused: boolean;
  readonly pending: unknown;
  readonly fit_under_way: boolean;
}): string {
  if (ended) return `ended (${ended.code}: ${ended.detail}); see report, evaluate, simulate`;
  if (paused) return "paused by a person: an act waits until the run is told to resume (steer)";
  if (fit_under_way) return "a fit is under way: wait for its ticket";
  if (pending) return "a step was cut short: go on with it by act with resume";
  return due ? `${due}: the next act ends the run` : "ready to act";
}

const observe = tool({
  name: "observe",
  description:
    "What is known now: the case, the catalog, every candidate with its scores, refusals, the budget. Text, or JSON with every figure.",
  readOnly: true,
  input: z.strictObject({ run: runName, format: z.enum(["text", "json"]).default("text") }),
  run: async ({ run: name, format }, { desk }) => {
    const run = await desk.open(name);
    const { identity } = run;
    const seen = await lookAt(desk, run, async (session, atWork) => {
      const state = await stateOf(session, atWork);
      if (format === "text") return state;
      return { data: { ...state.data, observation: session.view() } };
    });
    return { identity, ...seen };
  },
});

const listActions = tool({
  name: "list_actions",
  description: "The actions an act may hold, with the JSON schema of each and of a whole decision.",
  readOnly: true,
  input: z.strictObject({}),
  run: async () => ({
    data: {
      decision: decisionJsonSchema(),
      actions: Object.fromEntries(
        Object.entries(toolSchemas).map(([name, { description, schema }]) => [
          name,
          { description, schema: z.toJSONSchema(schema, { io: "input" }) },
        ]),
      ),
    },
  }),
});

const actFields = {
  run: runName,
  resume: z
    .literal(true)
    .optional()
    .describe("Instead of a decision: go on with the step that was cut short."),
  wait_s: waitSeconds,
};

const act = tool({
  name: "act",
  description:
    "One step: a decision changes the structure and is fitted. Refused decisions come back at once with the reason and cost nothing. A fit that takes longer than wait_s goes on: the answer is its ticket, for wait, status and result.",
  // What breaks the schema of a decision is refused in the journal, as an agent's answer is.
  input: z.strictObject({ ...actFields, decision: z.unknown().optional() }),
  shown: z.strictObject({ ...actFields, decision: decisionSchema.optional() }),
  run: async ({ run: name, decision, resume = false, wait_s }, call) => {
    if ((decision === undefined) !== resume)
      fail({
        code: "bad-arguments",
        message: "act: give a decision, or resume, and not both.",
        fix: 'For example: decision {"thought": "...", "actions": [{"action": "set_reaction", "reaction": "..."}]}',
      });
    const run = await call.desk.open(name);
    const ticket = call.desk.submit(run, (session) =>
      resume ? session.resume() : session.act(fromText(decision)),
    );
    return settleTicket(ticket, wait_s, call);
  },
});

/** Some clients write nested objects as text. */
function fromText(decision: unknown): unknown {
  if (typeof decision !== "string") return decision;
  try {
    return JSON.parse(decision);
  } catch {
    return decision;
  }
}

const close = tool({
  name: "close",
  description:
    "End the run: a fit under way is given up, the best candidate is scored on the test recordings, twin, result and report are written.",
  input: z.strictObject({
    run: runName,
    reason: z.string().min(1).max(2000).default("closed"),
    wait_s: waitSeconds,
  }),
  run: async ({ run: name, reason, wait_s }, call) => {
    const { desk } = call;
    const run = await desk.open(name);
    const fit = desk.tickets.running(run.directory, "step");
    fit?.abort("The run was closed.");
    await fit?.done;
    const ticket = desk.submit(run, async (session) => ({
      kind: "stopped",
      outcome: await session.close(reason),
    }));
    return settleTicket(ticket, wait_s, call);
  },
});

const steerTool = tool({
  name: "steer",
  description:
    "Pass on what a person says to a run, an agent's as well: pause, resume, veto, pin, unpin, hint, budget. It is taken before the next step, a veto during a fit; not for decisions of your own.",
  input: z.strictObject({ run: runName, command: steeringCommandSchema }),
  run: async ({ run: name, command }, { desk }) => {
    const directory = await desk.root.resolveAll(name);
    const identity = await desk.identify(directory);
    return { identity, data: { number: (await giveCommand(directory, command)).number, command } };
  },
});

export const sessionTools: readonly Tool[] = [
  ...[openCase, observe, listActions, act, close],
  steerTool,
];
