import { describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import type { Agent } from "../../src/discover/agents/agent.js";
import { exhaustiveAgent } from "../../src/discover/agents/exhaustive.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { randomAgent } from "../../src/discover/agents/random.js";
import { beginBranch, branchAt, branchPoints } from "../../src/discover/branch.js";
import { decode } from "../../src/discover/canonical.js";
import {
  isMark,
  type JournalEvent,
  memoryStore,
  openJournal,
  readJournal,
} from "../../src/discover/journal.js";
import { type DiscoverSetup, discover } from "../../src/discover/loop.js";
import { replay } from "../../src/discover/replay.js";
import type { Steered, Steering, SteeringCommand } from "../../src/discover/steering.js";
import { catalog, scarTruth, scripted, setupOf, summary } from "./fixtures.js";

const evaluate = scripted(scarTruth);
const budget = { evaluations: 8, seconds: 3600 };

async function runOn(text: Uint8Array | string, wanted: Partial<DiscoverSetup> = {}) {
  const store = memoryStore(text);
  const setup = await setupOf({
    agent: expertAgent(),
    evaluate,
    budget,
    ...wanted,
    journal: await openJournal(store),
  });
  const outcome = await discover(setup);
  return { outcome, events: (await readJournal(store)).events, bytes: store.bytes() };
}

/** The journal that a branch begins with, and what its run needs. */
async function branchOf(
  events: readonly JournalEvent[],
  step: number,
  wanted: Partial<DiscoverSetup> & { readonly agent: Agent },
) {
  const start = branchAt(events, step, "run");
  const store = memoryStore();
  const setup = await setupOf({ evaluate, budget, ...wanted, journal: await openJournal(store) });
  await beginBranch({ ...setup, agentName: setup.agent.name }, start);
  return { start, text: store.bytes(), wanted: { ...wanted, parent: start.parent } };
}

const chained = (events: readonly JournalEvent[]) => events.filter(({ type }) => !isMark(type));
const plain = (events: readonly JournalEvent[]) => events.map(({ type, data }) => ({ type, data }));
const steeredIn = (events: readonly JournalEvent[]) =>
  events.filter(({ type }) => type === "steered").map((event) => decode(event.data) as Steered);
const errorOf = (work: Promise<unknown>): Promise<LeadsError> =>
  work.then(
    () => Promise.reject(new Error("no error")),
    (error) => (error instanceof LeadsError ? error : Promise.reject(error)),
  );
const saying = (said: Readonly<Record<number, readonly SteeringCommand[]>>): Steering => {
  const all = Object.entries(said).flatMap(([step, commands]) =>
    commands.map((command) => ({ at: Number(step), command })),
  );
  return {
    take: async (after, { step, place }) =>
      all
        .map(({ at, command }, k) => ({ at, number: k + 1, command }))
        .filter(({ at, number }) => place === "step" && at === step && number > after)
        .map(({ number, command }) => ({ number, command })),
  };
};

describe("branch", () => {
  test("with nothing changed it becomes the run it left, from whatever step", async () => {
    const whole = await runOn("");
    const points = branchPoints(whole.events);
    expect(points.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { step } of points) {
      const { start, text, wanted } = await branchOf(whole.events, step, { agent: expertAgent() });
      const { outcome, events } = await runOn(text, wanted);
      expect(start.parent.candidates).toBe(step);
      expect(plain(chained(events)).slice(1)).toEqual(plain(chained(whole.events)).slice(1));
      // Another run all the same: its chain begins with the parent's fingerprint.
      expect(outcome.fingerprint).not.toBe(whole.outcome.fingerprint);
      const parent = chained(whole.events).find(({ hash }) => hash === start.parent.fingerprint)!;
      expect(parent.type).toBe(step === 0 ? "run-started" : "candidate-finished");
    }
  });

  test("another agent, seed and budget go on from the shared steps, and replay finds every bit", async () => {
    const whole = await runOn("");
    const more = { evaluations: 6, seconds: 100 };
    const asked = { agent: randomAgent(), seed: 99, budget: more };
    const { text, wanted } = await branchOf(whole.events, 3, asked);
    const { outcome, events } = await runOn(text, wanted);
    expect(outcome.archive).toHaveLength(6);
    expect(outcome.archive.slice(0, 3)).toEqual(whole.outcome.archive.slice(0, 3));
    expect(outcome.archive[3].thought).toBe("Chosen at random.");
    const started = decode(events[0].data);
    expect(started).toMatchObject({
      ...{ agent: "random", seed: 99, budget: more },
      parent: { step: 3, candidates: 3 },
    });
    const again = await replay(events, { case: summary, catalog, evaluate });
    expect(again).toMatchObject({ identical: true });
    expect(again.candidates).toHaveLength(6);

    const { text: twice, wanted: then } = await branchOf(events, 5, {
      agent: exhaustiveAgent(),
      seed: 3,
      budget,
    });
    const third = await runOn(twice, then);
    expect((await replay(third.events, { case: summary, catalog, evaluate })).identical).toBe(true);
    expect(third.outcome.archive.slice(0, 5)).toEqual(outcome.archive.slice(0, 5));
  });

  test("killed at every event boundary, a branch ends the same", async () => {
    const whole = await runOn("");
    const { text, wanted } = await branchOf(whole.events, 2, { agent: randomAgent(), seed: 5 });
    const { bytes, outcome } = await runOn(text, wanted);
    const lines = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
    const shared = new TextDecoder().decode(text).split("\n").length - 1;
    for (let kept = shared; kept <= lines.length; kept++) {
      const part = lines
        .slice(0, kept)
        .map((line) => `${line}\n`)
        .join("");
      expect((await runOn(part, wanted)).outcome.fingerprint).toBe(outcome.fingerprint);
    }
  });

  test("pins, hints and vetoes come along; pauses and budgets do not", async () => {
    const steering = saying({
      0: [
        { command: "hint", text: "the apex" },
        { command: "budget", evaluations: 4 },
      ],
      1: [{ command: "pin", component: "diffusion" }, { command: "pause" }, { command: "resume" }],
      2: [{ command: "veto" }],
      3: [{ command: "hint", text: "too late" }],
    });
    const whole = await runOn("", { steering });
    expect(branchAt(whole.events, 3, "run").budget).toEqual({ evaluations: 4, seconds: 3600 });
    const { text, wanted } = await branchOf(whole.events, 3, { agent: expertAgent() });
    // Commands of the branch's own begin with 1.
    const own = saying({ 3: [{ command: "unpin", component: "diffusion" }] });
    const { events, outcome } = await runOn(text, { ...wanted, steering: own });
    expect(steeredIn(events).map(({ number, command }) => [number, command.command])).toEqual([
      [undefined, "hint"],
      [undefined, "pin"],
      [undefined, "veto"],
      [1, "unpin"],
    ]);
    // The other run had been cut down to four.
    expect(outcome.archive.length).toBeGreaterThan(4);
    expect((await replay(events, { case: summary, catalog, evaluate })).identical).toBe(true);
  });

  test("a step that does not exist is answered with those that do", async () => {
    const { events } = await runOn("", { budget: { evaluations: 2, seconds: 3600 } });
    const error = await errorOf((async () => branchAt(events, 7, "run"))());
    expect(error.code).toBe("unknown-step");
    expect(error.message).toBe("run has no step 7 to branch from.");
    expect(error.fix).toMatch(
      /^There are: 0 \(after the start\), 1 \(after candidate 0, rook \+ tissue\), 2 \(after candidate 1, \w+ \+ tissue\)\.$/,
    );
    expect((await errorOf((async () => branchAt([], 0, "run"))())).code).toBe("journal-empty");
  });

  test("a run of another case or version cannot be shared", async () => {
    const { events } = await runOn("");
    const other = { ...summary, name: "somebody else" };
    const error = await errorOf(branchOf(events, 2, { agent: expertAgent(), case: other }));
    expect(error.code).toBe("journal-mismatch");
    expect(error.message).toMatch(/differ in their caseHash/);
    const versions = { leads: "9.9.9" };
    const newer = await errorOf(branchOf(events, 2, { agent: expertAgent(), versions }));
    expect(newer.message).toMatch(/differ in their versions/);
  });
});
