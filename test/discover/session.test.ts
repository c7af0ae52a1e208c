import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { sha256 } from "../../src/discover/canonical.js";
import type { Evaluate } from "../../src/discover/evaluate.js";
import {
  isMark,
  type JournalStore,
  memoryStore,
  openJournal,
  readJournal,
} from "../../src/discover/journal.js";
import { fileStore } from "../../src/discover/journal-file.js";
import { renderObservation } from "../../src/discover/render.js";
import { replay } from "../../src/discover/replay.js";
import type { RunSetup } from "../../src/discover/run.js";
import { openSession, type Session } from "../../src/discover/session.js";
import { catalog, fakeClock, runWith, scarTruth, scripted, setupOf, summary } from "./fixtures.js";

const silent = { name: "session", decide: () => Promise.reject(new Error("nobody is asked")) };

/** A session over a store: opening it again is what a new process does. */
async function sessionOn(store: JournalStore, wanted: Partial<RunSetup> = {}): Promise<Session> {
  const evaluate = wanted.evaluate ?? scripted(scarTruth);
  const { agent: _, ...setup } = await setupOf({ agent: silent, evaluate });
  const journal = await openJournal(store);
  return openSession({ ...setup, agentName: "session", ...wanted, journal });
}

const tryReaction = (reaction: string) => ({
  thought: `try ${reaction}`,
  action: "set_reaction",
  reaction,
});
const typesIn = async (store: JournalStore) =>
  (await readJournal(store)).events.map(({ type }) => type);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: { code?: string }) => error.code ?? String(error),
  );

describe("session", () => {
  test("an agent's decisions, given from outside by a new process each, make the agent's run", async () => {
    const agent = expertAgent();
    const whole = await runWith({ agent, evaluate: scripted(scarTruth) });
    const store = memoryStore();
    const open = () => sessionOn(store, { agentName: agent.name });
    for (;;) {
      const observation = await (await open()).observe();
      const { step } = observation;
      const random = createRandom(7).fork(await sha256(`step/${step}`));
      const decision = await agent.decide(observation, random, new AbortController().signal);
      const done = await (await open()).act(decision);
      expect(done.kind).not.toBe("refused");
      if (done.kind === "stopped") break;
    }
    const outcome = (await open()).outcome()!;
    expect(outcome.fingerprint).toBe(whole.fingerprint);
    expect(outcome.stop).toEqual(whole.stop);
    expect(outcome.archive.map((c) => c.resultHash)).toEqual(
      whole.archive.map((c) => c.resultHash),
    );
    // Looking again, or opening again, leaves no trace.
    expect((await typesIn(store)).filter(isMark)).toEqual([]);
  });

  test("refusals, candidates and the close, with their events", async () => {
    const store = memoryStore();
    const session = await sessionOn(store);
    const first = await session.observe();
    expect(await session.observe()).toEqual(first);
    expect(await session.act(tryReaction("no-such"))).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/There are: rook/),
    });
    expect(await session.act("nonsense")).toMatchObject({
      kind: "refused",
      reason: expect.stringMatching(/^not a decision: /),
    });
    expect((await session.observe()).refused).toHaveLength(2);
    const usage = { inputTokens: 5, outputTokens: 2, requests: 1, schemaErrors: 0 };
    const done = await session.act(tryReaction("queen"), { usage });
    expect(done).toMatchObject({ kind: "evaluated", candidate: { id: 0, thought: "try queen" } });
    const after = await session.observe();
    expect([after.step, after.best, after.refused]).toEqual([3, 0, []]);
    expect(renderObservation(after)).toContain("queen");
    const outcome = await session.close("good enough");
    expect(outcome).toMatchObject({
      status: "finished",
      stop: { code: "closed", detail: "good enough" },
      best: { id: 0 },
    });
    expect(await session.close("again")).toBe(outcome);
    expect(await codeOf(session.act(tryReaction("rook")))).toBe("session-ended");
    expect(await typesIn(store)).toEqual([
      ...["run-started", "observed", "decided", "refused", "observed", "decided", "refused"],
      ...["observed", "decided", "candidate-finished", "observed", "stopped", "finished"],
    ]);
    const { events } = await readJournal(store);
    expect(events.filter(({ type }) => type === "decided").at(-1)?.data).toMatchObject({ usage });
    const again = await sessionOn(store);
    expect(again.outcome()).toMatchObject({ fingerprint: outcome.fingerprint });
    expect(await typesIn(store)).toHaveLength(events.length);
    const report = await replay(events, {
      case: summary,
      catalog,
      evaluate: scripted(scarTruth),
    });
    expect(report).toMatchObject({ identical: true, candidates: [{ id: 0 }] });
  });

  test("a process that dies while fitting leaves a decision that the next one goes on with", async () => {
    const undisturbed = memoryStore();
    const plain = await sessionOn(undisturbed);
    await plain.act(tryReaction("queen"));
    const expected = await plain.close("done");

    const store = memoryStore();
    const controller = new AbortController();
    const killed: Evaluate = async (_spec, { signal }) => {
      controller.abort(new Error("killed"));
      signal.throwIfAborted();
      throw new Error("a killed fit cannot come here");
    };
    const first = await sessionOn(store, { evaluate: killed, signal: controller.signal });
    expect(await codeOf(first.act(tryReaction("queen")))).toBe("Error: killed");
    expect((await typesIn(store)).at(-1)).toBe("interrupted");

    const second = await sessionOn(store);
    expect(second.pending()).toMatchObject({ thought: "try queen" });
    expect((await second.observe()).step).toBe(0);
    expect(await codeOf(second.act(tryReaction("rook")))).toBe("session-pending");
    expect(await second.resume()).toMatchObject({ kind: "evaluated", candidate: { id: 0 } });
    expect(second.pending()).toBeNull();
    expect(await codeOf(second.resume())).toBe("nothing-pending");
    expect((await second.close("done")).fingerprint).toBe(expected.fingerprint);
  });

  test("a journal cut after any line is gone on with to the same end", async () => {
    const store = memoryStore();
    const session = await sessionOn(store);
    const wanted = ["queen", "no-such", "rook"];
    for (const reaction of wanted) await session.act(tryReaction(reaction));
    await session.observe();
    const { fingerprint } = await session.close("done");
    const lines = new TextDecoder().decode(store.bytes()).split("\n").slice(0, -1);
    expect(lines).toHaveLength(13);
    for (let kept = 1; kept < lines.length; kept++) {
      const again = await sessionOn(memoryStore(`${lines.slice(0, kept).join("\n")}\n`));
      if (again.pending()) await again.resume();
      const { step } = await again.observe();
      for (const reaction of wanted.slice(step)) await again.act(tryReaction(reaction));
      await again.observe();
      const outcome = await again.close("done");
      expect([kept, outcome.fingerprint]).toEqual([kept, fingerprint]);
      expect(outcome.archive.map(({ id }) => id)).toEqual([0, 1]);
    }
  });

  test("a spent budget ends the run at the next act, and looks are still free", async () => {
    const store = memoryStore();
    const clock = fakeClock();
    const evaluate: Evaluate = (spec, context) => {
      clock.advance(4000);
      return scripted(scarTruth)(spec, context);
    };
    const budget = { evaluations: 1, seconds: 3 };
    const session = await sessionOn(store, { evaluate, clock, budget });
    expect(session.due()).toBeNull();
    await session.act(tryReaction("queen"));
    expect(session.due()).toMatchObject({ code: "evaluations" });
    expect((await session.observe()).budget.evaluationsLeft).toBe(0);
    expect(await session.act(tryReaction("rook"))).toMatchObject({
      kind: "stopped",
      outcome: { stop: { code: "evaluations" }, best: { id: 0 } },
    });
    expect((await typesIn(store)).slice(-3)).toEqual(["candidate-finished", "stopped", "finished"]);
  });

  test("stop is an act; one call at a time; another run's journal is refused", async () => {
    const store = memoryStore();
    const session = await sessionOn(store);
    const stop = { thought: "enough", action: "stop", reason: "found" };
    expect(await session.act(stop)).toMatchObject({ kind: "refused" });
    const fitting = session.act(tryReaction("queen"));
    expect(await codeOf(session.act(tryReaction("rook")))).toBe("session-busy");
    expect(await codeOf(session.observe())).toBe("session-busy");
    await fitting;
    expect(await session.act(stop)).toMatchObject({
      kind: "stopped",
      outcome: { stop: { code: "agent", detail: "found" } },
    });
    expect(await codeOf(sessionOn(store, { seed: 8 }))).toBe("journal-mismatch");
  });

  test("two processes at one journal: the later one is refused, and looking cuts nothing off", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leads-session-"));
    const path = join(folder, "journal.jsonl");
    try {
      const mine = fileStore(path);
      const session = await sessionOn(mine);
      await session.act(tryReaction("queen"));
      const other = fileStore(path);
      const theirs = await sessionOn(other);
      await session.act(tryReaction("rook"));
      expect(await codeOf(theirs.act(tryReaction("knight")))).toBe("journal-busy");
      // As if the first process were in the middle of a line.
      await session.observe();
      await appendFile(path, '{"seq":9,"type":"deci');
      const before = await readFile(path, "utf8");
      const third = fileStore(path);
      expect((await (await sessionOn(third)).observe()).step).toBe(2);
      expect(await readFile(path, "utf8")).toBe(before);
      for (const store of [mine, other, third]) await store.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
