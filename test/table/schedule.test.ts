import { expect, test } from "vitest";
import { runTasks, type Step } from "../../src/table/schedule.js";

const tasks = Array.from({ length: 6 }, (_, k) => ({ name: `task ${k}`, input: k }));
const never = new AbortController().signal;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function squares(lanes: number): Promise<{ results: Map<string, number>; steps: Step[] }> {
  const results = new Map<string, number>();
  const steps: Step[] = [];
  let now = 0;
  await runTasks({
    tasks,
    lanes,
    run: async ({ input }) => {
      // Earlier tasks take longer, so that they end in another order.
      await later(3 * (6 - input));
      now += 1000;
      return input * input;
    },
    onDone: async ({ name }, result) => void results.set(name, result),
    onStep: (step) => steps.push(step),
    signal: never,
    now: () => now,
  });
  return { results, steps };
}

test("results do not depend on how many run side by side", async () => {
  const [one, three] = [await squares(1), await squares(3)];
  expect([...three.results].sort()).toEqual([...one.results].sort());
  expect(one.results.size).toBe(6);
});

test("each step tells how far the work is and what is left, by the caller's clock", async () => {
  const { steps } = await squares(1);
  expect(steps.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(steps[0].left_s).toBeNull();
  expect(steps[2]).toMatchObject({ of: 6, name: "task 2", left_s: 4 });
});

test("an interrupt keeps what is done and starts nothing more", async () => {
  const stop = new AbortController();
  const done: string[] = [];
  const work = runTasks({
    tasks,
    lanes: 2,
    run: async ({ input }, signal) => {
      if (input < 2) return input;
      if (input === 3) stop.abort(new Error("stopped"));
      await new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      return input;
    },
    onDone: async ({ name }) => void done.push(name),
    onStep: () => undefined,
    signal: stop.signal,
    now: () => 0,
  });
  await expect(work).rejects.toThrow("stopped");
  expect(done).toEqual(["task 0", "task 1"]);
});

test("an error stops the other lanes and is the one that is thrown", async () => {
  const started: number[] = [];
  const work = runTasks({
    tasks,
    lanes: 2,
    run: async ({ input }) => {
      started.push(input);
      await later(2);
      if (input === 1) throw new Error("task 1 broke");
      return input;
    },
    onDone: async () => undefined,
    onStep: () => undefined,
    signal: never,
    now: () => 0,
  });
  await expect(work).rejects.toThrow("task 1 broke");
  expect(started.length).toBeLessThan(5);
});
