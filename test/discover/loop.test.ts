import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import type { Agent, AgentDecision } from "../../src/discover/agents/agent.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { canonical, decode, encode } from "../../src/discover/canonical.js";
import type { Evaluate } from "../../src/discover/evaluate.js";
import {
  isMark,
  type JournalEvent,
  memoryStore,
  openJournal,
  readJournal,
} from "../../src/discover/journal.js";
import { fileStore } from "../../src/discover/journal-file.js";
import { discover } from "../../src/discover/loop.js";
import { replay } from "../../src/discover/replay.js";
import {
  catalog,
  fakeClock,
  runWith,
  scarTruth,
  scripted,
  scriptedAgent,
  setupOf,
  summary,
} from "./fixtures.js";

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error) => (error instanceof LeadsError ? error.code : String(error)),
  );

const tryReaction = (reaction: string) => ({
  thought: `try ${reaction}`,
  actions: [{ action: "set_reaction", reaction }],
});

/** The same run with time that passes while fitting. */
async function timedRun(text: Uint8Array | string = "", signal?: AbortSignal) {
  const clock = fakeClock();
  const store = memoryStore(text);
  const evaluate: Evaluate = async (spec, context) => {
    context.signal.throwIfAborted();
    clock.advance(5000);
    return scripted(scarTruth)(spec, context);
  };
  const journal = await openJournal(store);
  const outcome = await discover(
    await setupOf({ agent: expertAgent(), evaluate, journal, clock, signal }),
  );
  return { outcome, bytes: store.bytes(), events: (await readJournal(store)).events };
}
const chained = (events: readonly JournalEvent[]) =>
  events
    .filter(({ type }) => !isMark(type))
    .map(({ seq, type, data, hash }) => ({ seq, type, data, hash }));

describe("canonical", () => {
  test("every number comes back bit for bit", () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(number), fc.dictionary(fc.string(), number), (list, record) => {
        const value = {
          f64: Float64Array.from(list),
          f32: Float32Array.from(list),
          i32: Int32Array.from([1, -5]),
          record,
          list,
        };
        const text = canonical(encode(value));
        const back = decode(JSON.parse(JSON.stringify(encode(value)))) as typeof value;
        expect(canonical(encode(back))).toBe(text);
        expect(back.f64).toEqual(value.f64);
        back.list.forEach((item, k) => {
          expect(Object.is(item, list[k])).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe("loop", () => {
  test("refused decisions cost nothing, are told to the agent, and end a stuck run", async () => {
    const seen: number[] = [];
    const agent: Agent = {
      name: "stubborn",
      decide: async ({ refused, budget }) => {
        seen.push(refused.length);
        expect(budget.evaluationsLeft).toBe(30);
        return tryReaction("no-such") as AgentDecision;
      },
    };
    const run = await runWith({ agent, evaluate: scripted(scarTruth) });
    expect(run.stop.code).toBe("refusals");
    expect(run.archive).toEqual([]);
    expect(run.best).toBeNull();
    expect(seen).toEqual(Array.from({ length: 12 }, (_, k) => k));
  });

  test("broken decisions, early stops, unknown candidates and repeats are refused", async () => {
    const refusals: string[] = [];
    const run = await runWith({
      agent: scriptedAgent([
        { thought: "nothing yet", actions: [{ action: "stop", reason: "lazy" }] },
        { thought: "broken", actions: [{ action: "explode" }] },
        { thought: "whose?", from: 5, actions: [{ action: "refine_diffusion" }] },
        tryReaction("queen"),
        tryReaction("queen"),
        {
          thought: "both",
          actions: [{ action: "refine_diffusion" }, { action: "stop", reason: "x" }],
        },
        { ...tryReaction("rook"), from: 0 },
      ]),
      evaluate: scripted(scarTruth),
      onEvent: ({ type, data }) => {
        if (type === "refused") refusals.push((data as { reason: string }).reason);
      },
    });
    expect(refusals.map((reason) => reason.slice(0, 22))).toEqual([
      "stop: nothing has been",
      "not a decision: action",
      "there is no candidate ",
      "this structure is cand",
      "stop stands alone.",
    ]);
    expect(run.archive.map(({ parent }) => parent)).toEqual([null, 0]);
    expect(run.stop).toEqual({ code: "agent", detail: "script ends" });
  });

  test("a structure that cannot be built is a rejected candidate; other errors end the session", async () => {
    const unbuildable: Evaluate = async () => {
      throw new LeadsError({ code: "bad-mesh", message: "No triangles.", fix: "Add some." });
    };
    const agent = scriptedAgent([tryReaction("queen")]);
    const run = await runWith({ agent, evaluate: unbuildable });
    expect(run.archive[0].result).toMatchObject({
      status: "rejected",
      reason: "No triangles. Add some.",
    });
    expect(run.best).toBeNull();
    const broken: Evaluate = async () => {
      throw new TypeError("bug");
    };
    await expect(runWith({ agent, evaluate: broken })).rejects.toThrow("bug");
  });

  test("a fit that outlasts the seconds is cut off once there is a twin to return", async () => {
    const clock = fakeClock();
    const evaluate: Evaluate = (spec, context) =>
      new Promise((resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason));
        clock.advance(30_000);
        if (!context.signal.aborted) setTimeout(() => resolve(scripted(scarTruth)(spec, context)));
      });
    const run = await runWith({
      agent: scriptedAgent(["queen", "rook", "knight"].map(tryReaction)),
      evaluate,
      clock,
      budget: { evaluations: 9, seconds: 50 },
    });
    expect(run.status).toBe("finished");
    expect(run.stop.code).toBe("seconds");
    expect(run.archive.length).toBe(1);
  });

  test("own stop conditions and empty budgets", async () => {
    const run = await runWith({
      agent: expertAgent(),
      evaluate: scripted(scarTruth),
      stops: [({ archive }) => (archive.length >= 2 ? { code: "mine", detail: "two" } : null)],
    });
    expect(run.stop.code).toBe("mine");
    const nothing = runWith({
      agent: expertAgent(),
      evaluate: scripted(scarTruth),
      budget: { evaluations: 0, seconds: 1 },
    });
    expect(await codeOf(nothing)).toBe("bad-budget");
  });

  test("progress is shown and never journalled", async () => {
    const store = memoryStore();
    const shown: string[] = [];
    await runWith({
      agent: scriptedAgent([tryReaction("queen")]),
      evaluate: scripted(scarTruth),
      journal: await openJournal(store),
      onProgress: (id, spec, { phase }) => shown.push(`${id} ${spec.reaction.name} ${phase}`),
    });
    expect(shown).toEqual(["0 queen potential"]);
    const types = (await readJournal(store)).events.map(({ type }) => type);
    expect(types).toEqual([
      ...["run-started", "observed", "decided", "candidate-finished"],
      ...["observed", "decided", "stopped", "finished"],
    ]);
  });
});

describe("resume", () => {
  test("killed at every event boundary and inside lines, the end is the same", async () => {
    const whole = await timedRun();
    const text = new TextDecoder().decode(whole.bytes);
    const boundaries = [...text].flatMap((c, i) => (c === "\n" ? [i + 1] : []));
    const inside = Array.from({ length: 25 }, (_, k) => Math.floor((k * text.length) / 25) + 3);
    for (const cut of [0, ...boundaries, ...inside]) {
      const resumed = await timedRun(whole.bytes.slice(0, cut));
      expect(chained(resumed.events), `cut at ${cut}`).toEqual(chained(whole.events));
      expect(resumed.outcome.fingerprint).toBe(whole.outcome.fingerprint);
      expect(resumed.outcome.best).toEqual(whole.outcome.best);
      expect(resumed.outcome.stop).toEqual(whole.outcome.stop);
      expect(resumed.outcome.elapsed_s).toBe(whole.outcome.elapsed_s);
    }
  });

  test("reading a run that has ended takes none of its seconds", async () => {
    const { bytes, outcome } = await timedRun();
    let now = 0;
    const clock = { ...fakeClock(), now_ms: () => (now += 1000) };
    const journal = await openJournal(memoryStore(bytes));
    const agent = expertAgent();
    const again = await discover(
      await setupOf({ agent, evaluate: scripted(scarTruth), journal, clock }),
    );
    expect(again.elapsed_s).toBe(outcome.elapsed_s);
  });

  test("a last line cut at any byte is dropped, and nothing else", async () => {
    const { bytes } = await timedRun();
    const ends = [...bytes.entries()].filter(([, byte]) => byte === 10).map(([k]) => k + 1);
    for (let cut = ends.at(-5)!; cut <= bytes.length; cut++) {
      const { events, length } = await readJournal(memoryStore(bytes.slice(0, cut)));
      const lines = ends.filter((end) => end <= cut);
      expect(events.length).toBe(lines.length);
      expect(length).toBe(lines.at(-1));
    }
  });

  test("interrupted twice by Ctrl-C, it ends like an undisturbed run", async () => {
    const whole = await timedRun();
    let text: Uint8Array = new Uint8Array();
    for (const after of [2, 3]) {
      const stop = new AbortController();
      const store = memoryStore(text);
      let count = 0;
      const outcome = await runWith({
        agent: expertAgent(),
        evaluate: async (spec, context) => {
          if (++count > after) stop.abort(new Error("Ctrl-C"));
          context.signal.throwIfAborted();
          return scripted(scarTruth)(spec, context);
        },
        journal: await openJournal(store),
        signal: stop.signal,
      });
      expect(outcome.status).toBe("interrupted");
      text = store.bytes();
    }
    const end = await timedRun(text);
    expect(end.outcome.fingerprint).toBe(whole.outcome.fingerprint);
    expect(end.events.filter(({ type }) => type === "interrupted").length).toBe(2);
    expect(end.events.filter(({ type }) => type === "resumed").length).toBe(2);
  });

  test("a journal of another run is refused", async () => {
    const { bytes } = await timedRun();
    const journal = await openJournal(memoryStore(bytes));
    const other = (wanted: object) =>
      codeOf(
        setupOf({ agent: expertAgent(), evaluate: scripted(scarTruth), journal, ...wanted }).then(
          discover,
        ),
      );
    expect(await other({ seed: 8 })).toBe("journal-mismatch");
    expect(await other({ case: { ...summary, name: "someone else" } })).toBe("journal-mismatch");
    expect(await other({ agent: scriptedAgent([]) })).toBe("journal-mismatch");
  });
});

describe("journal", () => {
  test("damage anywhere but in the last line is an error", async () => {
    const { bytes } = await timedRun();
    const text = new TextDecoder().decode(bytes);
    const lines = text.split("\n").slice(0, -1);
    const read = (changed: readonly string[]) =>
      codeOf(readJournal(memoryStore(`${changed.join("\n")}\n`)));
    expect(await read(lines)).toBe("no error");
    for (const k of [0, 1, 4, lines.length - 1]) {
      const mended = (line: string) => lines.map((old, i) => (i === k ? line : old));
      expect(await read(mended(lines[k].slice(0, -5)))).toBe("journal-corrupt");
      const rehashed = lines[k].replace(/"hash":"./, '"hash":"x');
      expect(await read(mended(rehashed))).toBe("journal-corrupt");
      if (k > 0 && k < lines.length - 1)
        expect(await read(lines.filter((_, i) => i !== k))).toBe("journal-corrupt");
    }
    const forged = lines.map((line) => line.replace('"queen"', '"rook"'));
    expect(await read(forged)).toBe("journal-corrupt");
    expect(await codeOf(readJournal(memoryStore(Uint8Array.of(255, 254, 10))))).toBe(
      "journal-corrupt",
    );
    const newer = [lines[0].replace('"format":1', '"format":2'), ...lines.slice(1)];
    expect(await read(newer)).toBe("journal-newer");
  });

  test("clock facts are outside the hash", async () => {
    const { bytes } = await timedRun();
    const text = new TextDecoder().decode(bytes).replaceAll('"elapsed_s":5', '"elapsed_s":6');
    expect(await codeOf(readJournal(memoryStore(text)))).toBe("no error");
  });

  test("on disk: created, flushed line by line, cut where it was torn, guarded against a second writer", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leads-journal-"));
    try {
      const path = join(folder, "journal.jsonl");
      const first = fileStore(path);
      const whole = await runWith({
        agent: expertAgent(),
        evaluate: scripted(scarTruth),
        journal: await openJournal(first),
        onEvent: () => undefined,
      });
      await first.close();
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 40));
      const second = fileStore(path);
      const third = fileStore(path);
      const late = await openJournal(third);
      const again = await runWith({
        agent: expertAgent(),
        evaluate: scripted(scarTruth),
        journal: await openJournal(second),
      });
      expect(again.fingerprint).toBe(whole.fingerprint);
      const mark = late.append("resumed", {}, { at: "", elapsed_s: 0 });
      expect(await codeOf(mark)).toBe("journal-busy");
      await second.close();
      await third.close();
      const nowhere = await openJournal(fileStore(join(folder, "no", "journal.jsonl")));
      const lost = runWith({
        agent: expertAgent(),
        evaluate: scripted(scarTruth),
        journal: nowhere,
      });
      expect(await codeOf(lost)).toBe("cannot-write");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("replay", () => {
  const setup = { case: summary, catalog };
  test("reproduces every candidate bit for bit", async () => {
    const { events } = await timedRun();
    const report = await replay(events, { ...setup, evaluate: scripted(scarTruth) });
    expect(report.identical).toBe(true);
    expect(report.candidates.length).toBeGreaterThan(5);
  });

  test("names the first bit that differs", async () => {
    const { events } = await timedRun();
    let count = 0;
    const drifting: Evaluate = async (spec, context) => {
      const fitted = await scripted(scarTruth)(spec, context);
      if (++count !== 3) return fitted;
      const log_scale = fitted.values.fields.log_scale.slice();
      log_scale[0] *= 1 + Number.EPSILON;
      return { ...fitted, values: { ...fitted.values, fields: { log_scale } } };
    };
    const report = await replay(events, { ...setup, evaluate: drifting });
    expect(report.identical).toBe(false);
    expect(report.candidates[2].difference).toContain("result.values.fields.log_scale");
    expect(report.candidates.filter(({ identical }) => !identical).length).toBe(1);
  });

  test("an empty journal holds nothing to replay", async () => {
    const work = replay([], { ...setup, evaluate: scripted(scarTruth) });
    expect(await codeOf(work)).toBe("journal-empty");
  });
});
