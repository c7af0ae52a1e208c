import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Case, Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { writeCase } from "../../src/io/case-directory.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import { edgeGraph, graphDistances } from "../../src/mesh/graph.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { defaultSpec } from "../../src/twin/spec.js";
import { openLab } from "../../studio/src/lab/lab-session.js";
import { leads, temporaryFolder, tiny } from "../cli/leads.js";
import { openBrowser, openPage, startStudio, whyNoBrowser, workPerFrame_ms } from "./browser.js";

const folder = temporaryFolder();
const inside = (...parts: string[]) => join(folder, ...parts);
/** 60 pictures a second leave this much time for each. */
const budget_ms = 1000 / 60;

const mesh = ellipsoidShell({
  semiAxes_mm: [26, 26, 45],
  nodes: 5000,
  open: true,
  helixAngle_deg: 60,
});
const nodes = Int32Array.from({ length: mesh.points.length / 3 }, (_, i) => i);

/** A wave of 0.6 mm/ms along edges from a site, 200 ms long. */
function pacedFrom(site: number, id: string): Recording {
  const distance = graphDistances(edgeGraph(mesh), [{ node: site, start: 0 }]);
  const arrival_ms = distance.map((mm) => mm / 0.6);
  const times_ms = Float64Array.from({ length: 30 }, (_, f) => 16 * f);
  const potentialAt = (t: number) => (t < 0 || t > 200 ? 0 : Math.min(1, t / 5));
  const values = Float32Array.from({ length: 30 * nodes.length }, (_, k) =>
    potentialAt(times_ms[Math.floor(k / nodes.length)] - arrival_ms[k % nodes.length]),
  );
  const pulse = { start_ms: 0, duration_ms: 2, strength_per_ms: 1 };
  const near = [...nodes].filter((i) => distance[i] < 4);
  return {
    ...{ id, beat: id },
    stimuli: { kind: "given", stimuli: [{ kind: "current", nodes: near, ...pulse }] },
    potential: { times_ms, nodes, values, arbitraryScale: false },
  };
}

test("the lab simulates 5,000 nodes in less than real time", async ({ annotate }) => {
  const spec = {
    ...defaultSpec,
    reaction: { name: "aliev-panfilov" },
    diffusion: { name: "finite-element-fibre", options: {} },
  };
  const { declared, model, topology } = compileTwin(catalog, spec, mesh);
  const lab = openLab(mesh, spec, {
    ...initialValues(declared, model, topology.nodes, 1),
    sites: {},
  });
  lab.pace(0);
  const spans = 50;
  const cpu_ms = () => {
    const before = process.cpuUsage();
    for (let k = 0; k < spans; k++) lab.advance();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  // What else the machine does is not the lab's work; the first pass compiles.
  const [, ...later] = Array.from({ length: 4 }, cpu_ms);
  const speed = (spans * lab.span_ms) / Math.min(...later);
  await annotate(`the lab at ${nodes.length} nodes: ${speed.toFixed(1)} x real time on one core`);
  expect(speed).toBeGreaterThan(1);
});

describe.skipIf(whyNoBrowser)(
  `5,000 nodes in a browser ${whyNoBrowser && `(${whyNoBrowser})`}`,
  () => {
    let browser: Browser;
    let studio: Awaited<ReturnType<typeof startStudio>>;
    beforeAll(async () => {
      await leads(["synth", ...tiny, "--out", "patient"], { cwd: folder });
      const discover = ["discover", "patient", "--evaluations", "1", "--seconds", "300"];
      await leads([...discover, "--out", "run"], { cwd: folder });
      const ids = ["one", "two", "three"];
      const large: Case = {
        ...{ name: "large", source: "made by this test", mesh },
        recordings: ids.map((id, k) => pacedFrom(1500 * k + 20, id)),
        split: { train: ["one"], validation: ["two"], test: ["three"] },
      };
      await writeCase(inside("large", "patient"), large);
      cpSync(inside("run"), inside("large", "run"), { recursive: true });
      const file = inside("large", "run", "config.json");
      const configuration = JSON.parse(readFileSync(file, "utf8"));
      const moved = { ...configuration, case: inside("large", "patient") };
      writeFileSync(file, JSON.stringify(moved));
      studio = await startStudio(["large"], folder);
      browser = await openBrowser();
    }, 400_000);
    afterAll(async () => {
      await browser?.close();
      await studio?.stop();
    });

    test("a potential plays, with the traces of a node", async ({ annotate }) => {
      const opened = await openPage(browser, studio.url);
      const { page, complaints, context } = opened;
      await page.getByRole("link", { name: "run", exact: true }).click();
      await page.getByLabel("show", { exact: true }).selectOption("potential");
      await page.getByText("Mean absolute error").waitFor({ timeout: 60_000 });
      const canvas = page.locator("canvas.stage");
      const box = (await canvas.boundingBox())!;
      await canvas.click({ position: { x: box.width / 6, y: box.height / 2 } });
      await page.getByRole("button", { name: "Play" }).click();
      const { frames, work_ms } = await workPerFrame_ms(opened, 4000);
      await annotate(`playing: ${work_ms.toFixed(1)} ms of the main thread a frame (${frames})`);
      expect(work_ms).toBeLessThan(budget_ms);
      expect(complaints).toEqual([]);
      await context.close();
    }, 120_000);

    test("the lab paces", async ({ annotate }) => {
      const opened = await openPage(browser, studio.url);
      const { page, complaints, context } = opened;
      await page.getByRole("link", { name: "run", exact: true }).click();
      await page.getByRole("link", { name: "Pacing lab" }).click();
      // Until then the canvas may be that of the view before.
      await page.getByRole("button", { name: "Run" }).waitFor();
      const canvas = page.locator("canvas.stage");
      await canvas.waitFor();
      const box = (await canvas.boundingBox())!;
      await canvas.click({ position: { x: box.width / 2, y: box.height / 2 } });
      await page.getByLabel("speed").selectOption("1");
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText(/at .* × real time/).waitFor();
      const { frames, work_ms } = await workPerFrame_ms(opened, 4000);
      await annotate(`pacing: ${work_ms.toFixed(1)} ms of the main thread a frame (${frames})`);
      expect(work_ms).toBeLessThan(budget_ms);
      expect(complaints).toEqual([]);
      await context.close();
    }, 120_000);
  },
);
