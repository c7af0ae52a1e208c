import { expect, test } from "vitest";
import { splitSites, splitSizes, spreadSites } from "../../src/case/sites.js";
import { createRandom } from "../../src/core/random.js";
import { biventricularHeart } from "../../src/mesh/biventricular.js";
import { edgeGraph, graphDistances } from "../../src/mesh/graph.js";

const graph = edgeGraph(biventricularHeart({ nodes: 1119, height_mm: 30 }));

for (const seed of [1, 2, 3, 4, 5])
  test(`seed ${seed}: 32 spread sites split 20/6/6, each held-out one next to a training site`, () => {
    const random = createRandom(seed, "test");
    const sites = spreadSites(graph, 32, { isAllowed: () => true, random: random.fork("sites") });
    expect(new Set(sites).size).toBe(32);
    const ids = sites.map((_, k) => `r${k}`);
    const split = splitSites(graph, sites, { ids, random: random.fork("split") });
    expect([split.train.length, split.validation.length, split.test.length]).toEqual([20, 6, 6]);
    expect([...split.train, ...split.validation, ...split.test].sort()).toEqual([...ids].sort());

    const distances = sites.map((node) => graphDistances(graph, [{ node, start: 0 }]));
    const between = (a: string, b: string) => distances[ids.indexOf(a)][sites[ids.indexOf(b)]];
    for (const id of [...split.validation, ...split.test]) {
      const others = ids.filter((other) => other !== id);
      const nearest = Math.min(...others.map((other) => between(id, other)));
      const nearestTrained = Math.min(...split.train.map((other) => between(id, other)));
      expect(nearestTrained).toBe(nearest);
    }
    // Spread: no two test sites closer than two typical gaps between neighbouring sites are.
    const gap = (list: readonly string[]) =>
      Math.min(...list.flatMap((a) => list.filter((b) => b !== a).map((b) => between(a, b))));
    expect(gap(split.test)).toBeGreaterThan(1.2 * gap(ids));
    expect(gap(split.validation)).toBeGreaterThan(1.2 * gap(ids));
  });

test("sites keep off what is not allowed and stay spread", () => {
  const random = createRandom(7, "test");
  const isAllowed = (node: number) => node % 3 !== 0;
  const sites = spreadSites(graph, 100, { isAllowed, random });
  expect(sites.length).toBe(100);
  expect(sites.every(isAllowed)).toBe(true);
});

test("each part of a split has a recording, however few there are", () => {
  expect(splitSizes(32)).toEqual({ train: 20, validation: 6, test: 6 });
  expect(splitSizes(3)).toEqual({ train: 1, validation: 1, test: 1 });
  const random = createRandom(1, "test");
  const ids = ["a", "b", "c"];
  const split = splitSites(graph, [0, 10, 20], { ids, random });
  expect([split.train, split.validation, split.test].map((part) => part.length)).toEqual([1, 1, 1]);
});
