import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { reactionSystem } from "../../src/model/reaction-system.js";
import { simulateCell } from "../../src/twin/single-cell.js";

const system = reactionSystem(catalog.reactions["aliev-panfilov"]);
const published = Object.fromEntries(
  Object.entries(system.parameters).map(([name, { value }]) => [name, value]),
);
const trace = (steps: number) =>
  simulateCell(system, published, {
    dt_ms: 0.01,
    end_ms: 0.01 * steps,
    start: 0.6,
    threshold: 0.1,
  });

test("a trace of 50,000 steps keeps every third state, and is timed by all of them", () => {
  const [every, second, third] = [20_000, 40_000, 50_000].map(trace);
  expect(every.states[0].length).toBe(20_001);
  for (const k of [1, 100, 6000]) {
    expect(second.states[0][k]).toBe(every.states[0][2 * k]);
    expect(third.states[0][k]).toBe(every.states[0][3 * k]);
  }
  expect(third.peak).toBe(every.peak);
  expect(second.duration_ms).toBeGreaterThan(200);
  expect(third.duration_ms).toBe(second.duration_ms);
});
