import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { splitSizes } from "../../src/case/sites.js";
import { syntheticPresets } from "../../src/case/synthetic-options.js";
import { summariseCase } from "../../src/discover/case-summary.js";
import { caseFolders, makeCase, openCase, whyNoCase } from "../../src/table/cases.js";
import type { Method, TableCase } from "../../src/table/configuration.js";
import { methods } from "../../src/table/methods.js";
import { restrictedCatalog, type Searching } from "../../src/table/restricted.js";
import { suites } from "../../src/table/suites.js";

const folder = mkdtempSync(join(tmpdir(), "leads-table-cases-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const places = { cases: join(folder, "cases"), recordings: join(folder, "nowhere") };

/** Activation times alone, at a third of the nodes, tested on another mesh: everything at once. */
const hard: TableCase = {
  name: "everything",
  title: "everything at once",
  recipe: {
    kind: "synthetic",
    options: {
      ...syntheticPresets.published,
      reaction: { name: "aliev-panfilov" },
      nodes: 320,
      recordings: 8,
      frames: 30,
      observed: 0.3,
      noise: 0.02,
    },
    measure: "potential",
    learnt: 3,
    testNodes: 420,
  },
  truth: "aliev-panfilov",
  region: false,
};

test("a case is made from its recipe once, and opens with its test apart", async () => {
  const hash = await makeCase(hard, 1, places);
  expect(await makeCase(hard, 1, places)).toBe(hash);
  const { visible, judge, truth, hash: opened } = await openCase(hard, 1, places);
  expect(opened).toBe(hash);
  expect(visible.split).toMatchObject({
    train: { length: 2 },
    validation: { length: 1 },
    test: [],
  });
  expect(visible.recordings.length).toBe(3);
  const nodes = visible.mesh.points.length / 3;
  expect(visible.recordings[0].potential!.nodes.length).toBe(Math.round(0.3 * nodes));
  // Judged on another mesh, at every node, without noise.
  const tested = judge.mesh.points.length / 3;
  expect(tested).toBeGreaterThan(1.2 * nodes);
  const [test] = judge.recordings.filter(({ id }) => judge.split.test.includes(id));
  expect(test.potential!.nodes.length).toBe(tested);
  const last = test.potential!.values.slice(-tested);
  expect(Math.max(...last.map(Math.abs))).toBeLessThan(0.05);
  expect(truth!.reaction.name).toBe("aliev-panfilov");
  // The same wave on both meshes, to what their spacings allow.
  expect(judge.split.test.length).toBe(2);
});

test("a recipe with too few recordings to learn from is refused, and none of the suites is", async () => {
  const recipe = { ...hard.recipe, learnt: 10 } as TableCase["recipe"];
  await expect(makeCase({ ...hard, recipe }, 1, places)).rejects.toMatchObject({ code: "too-few" });
  for (const { recipe: one } of [...suites.hard.cases(true), ...suites.hard.cases(false)]) {
    if (one.kind !== "synthetic" || one.learnt === undefined) continue;
    const { validation, test } = splitSizes(one.options.recordings);
    const held = Math.floor((one.learnt + 1) / 4);
    expect(held).toBeLessThanOrEqual(validation);
    expect(one.learnt - held).toBeLessThanOrEqual(one.options.recordings - validation - test);
  }
});

test("another recipe or another seed is another case", async () => {
  const one = await caseFolders(hard, 1, places);
  expect((await caseFolders(hard, 2, places)).directory).not.toBe(one.directory);
  const recipe = { ...hard.recipe, learnt: 2 } as TableCase["recipe"];
  expect((await caseFolders({ ...hard, recipe }, 1, places)).directory).not.toBe(one.directory);
  expect(existsSync(one.directory)).toBe(true);
});

test("recordings that are not here are a reason, not an error", () => {
  for (const one of suites.real.cases(true))
    expect(whyNoCase(one, places)).toMatch(/no recordings/);
  expect(whyNoCase(hard, places)).toBe("");
});

test("every search meets the same order of reactions, and another with another seed", async () => {
  const { visible } = await openCase(hard, 1, places);
  const summary = summariseCase(visible, { trivial: {} });
  const searches = methods.filter((m): m is Searching => m.kind === "search");
  const offered = (name: string, seed = 1) =>
    restrictedCatalog(searches.find((m) => m.name === name)!, hard, { summary, seed });
  const order = (name: string, seed = 1) => Object.keys(offered(name, seed).reactions);
  expect(order("random")).toEqual(order("expert"));
  expect(order("expert").length).toBe(5);
  const orders = [1, 2, 3, 4, 5].map((seed) => order("expert", seed).join());
  expect(new Set(orders).size).toBeGreaterThan(2);
  expect(order("diffusion-only")).toEqual(order("expert").slice(0, 1));
  expect(Object.keys(offered("reaction-only").diffusions)).toEqual(["finite-element-fibre"]);
  expect(Object.keys(offered("leads-published").diffusions)).toEqual([
    "mean-aggregation",
    "graph-attention",
  ]);
  expect(order("leads-published").length).toBe(3);
});

test("names of cases and methods are unique and can stand in file names", () => {
  for (const { cases, methods: rows } of Object.values(suites)) {
    const names = [...cases(false), ...rows].map(({ name }: Method | TableCase) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  }
});
