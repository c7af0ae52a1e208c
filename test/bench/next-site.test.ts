import { expect, test } from "vitest";
import { byChance, follow, type Heart } from "../../bench/next-site-heart.js";
import { structureSummary } from "../../bench/next-site-structure.js";
import { tissueSummary } from "../../bench/next-site-tissue.js";

const heart = { first: "r0", pool: ["r1", "r2", "r3", "r4"], seed: 7 } as unknown as Heart;

test("a heart is followed one recording at a time, by chance without repeats", async () => {
  const learn = async (train: readonly string[]) => train;
  const steps = await follow(heart, { most: 4, start: ["r0"], learn }, byChance(heart, 0));
  expect(steps.map((train) => train.length)).toEqual([1, 2, 3, 4]);
  expect(new Set(steps[3]).size).toBe(4);
  expect(steps[3][0]).toBe("r0");
});

test("errors are means over hearts, targets are reached order by order", () => {
  const orders = [
    [2, 1, 0.4],
    [2, 0.5, 0.9],
  ];
  const rows = [{ seed: 1, byDesign: [2, 0.5, 0.4], byChance: orders }];
  const summary = tissueSummary(rows, 0.6);
  expect(summary.random_ms).toEqual([2, 0.75, 0.65]);
  expect(summary.ratio[1]).toBeCloseTo(0.5 / 0.75, 12);
  expect(summary.reached).toEqual({ next_site: [0, 1, 1], random: [0, 0.5, 1] });
});

test("the share that is right is a mean over hearts, after each number of recordings", () => {
  const steps = (right: readonly number[]) =>
    right.map((r) => ({ right: r, weight: r / 2, decided: r }));
  const row = (byDesign: readonly number[]) => ({
    seed: 1,
    truth: "karma",
    byDesign: steps(byDesign),
    byChance: steps([0, 0]),
  });
  const summary = structureSummary([row([0, 1]), row([1, 1])], { most: 2 });
  expect(summary.right).toEqual({ next_site: [0.5, 1], random: [0, 0] });
  expect(summary.weight_of_right.next_site).toEqual([0.25, 0.5]);
  expect(summary.decided).toEqual({ next_site: [0.5, 1], random: [0, 0] });
});
