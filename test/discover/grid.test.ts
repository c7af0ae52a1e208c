import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { type DiscoveryMesh, viewCatalog } from "../../src/discover/entries.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import { summary } from "./fixtures.js";

const elements: DiscoveryMesh = { nodes: 100, dimension: 3, regionTags: [1, 2], hasFibres: true };
const grid: DiscoveryMesh = { ...elements, regionTags: [], hasGrid: true };
const why = (mesh: DiscoveryMesh) =>
  Object.fromEntries(viewCatalog(catalog, mesh).diffusions.map((d) => [d.name, d.impossible]));

test("agents are offered finite differences on grids alone, and elements nowhere else", () => {
  const there = why(grid);
  const here = why(elements);
  for (const [name, { operator }] of Object.entries(catalog.diffusions)) {
    const isDifference = operator.startsWith("finite-difference");
    expect(there[name]).toBe(
      operator.startsWith("p1") ? "it needs elements and this mesh is a grid without them" : "",
    );
    expect(here[name]).toBe(
      isDifference ? "it needs a structured grid and this mesh is made of elements" : "",
    );
  }
  expect(why({ ...grid, hasFibres: false })["finite-difference-fibre"]).toMatch(/fibre directions/);
});

test("a discovery on a grid starts with finite differences", () => {
  const onGrid = { ...summary, mesh: { ...summary.mesh, hasGrid: true } };
  const start = initialSpecFor(catalog, onGrid);
  expect(why(grid)[start.diffusion.name]).toBe("");
});
