import { describe, expect, test } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import { errorOf, type ReportData } from "../../src/report/data.js";
import { renderReport } from "../../src/report/index.js";
import { colourKit } from "../../src/report/page/colours.js";
import type { PagePayload } from "../../src/report/page/payload.js";
import { sceneKit } from "../../src/report/page/scene.js";
import { pageScript } from "../../src/report/page/script.js";
import { surfaceKit } from "../../src/report/page/surface.js";
import { viewerKit } from "../../src/report/page/viewer.js";
import { treeRows } from "../../src/report/sections/discovery.js";
import { verdicts } from "../../src/report/verdicts.js";
import { ellipsoid, sampleReport, score } from "./sample.js";

const data = sampleReport();
const page = renderReport(data);
const small = sampleReport(ellipsoid(150));

const payloadOf = (text: string): PagePayload =>
  JSON.parse(
    /<script type="application\/json" id="payload">(.*?)<\/script>/s.exec(text)?.[1] ?? "",
  );

const floats = (base64: string) =>
  new Float32Array(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer);

const emptied: ReportData = {
  ...small,
  best: null,
  twin: null,
  predictors: [],
  maps: [],
  fields: [],
  candidates: [],
  steps: [],
  parameters: [],
  checks: [],
  traces: [],
  notes: [],
  commands: [],
};

describe("the page", () => {
  test("is below 3 MB for 1119 nodes and names everything it must show", () => {
    expect(data.surface.points.length / 3).toBe(1119);
    expect(page.length).toBeLessThan(3e6);
    for (const text of [
      data.title,
      data.case.source,
      "nearest pacing site",
      "3.10e-6",
      "does not conduct: 41 % of nodes never activate",
      "Clustered errors of one sign",
      "weak: the data hardly tell",
      "at its bound",
      "sha256:3b1f0c9b5d4e8a77a1f4",
      "leads discover case --agent expert --seed 1 --out run",
      "Inside the dense scar",
    ])
      expect(page).toContain(text);
  });

  test("loads nothing: no addresses, no outside references, and a policy that forbids them", () => {
    expect(page).toContain("default-src &#39;none&#39;");
    const outside = page.replaceAll('xmlns="http://www.w3.org/2000/svg"', "");
    expect(outside).not.toMatch(/https?:\/\//);
    expect(outside).not.toMatch(/\bsrc=/);
    expect(outside).not.toMatch(/href="(?!#)/);
    expect(outside).not.toMatch(/@import|url\(|<link|<iframe|fetch\(|XMLHttpRequest|import\(/);
  });

  test("is the same for the same data, also after a trip through JSON", () => {
    expect(renderReport(sampleReport())).toBe(page);
    const plain = JSON.parse(
      JSON.stringify(data, (_, value) =>
        ArrayBuffer.isView(value) ? Array.from(value as never) : value,
      ),
    );
    expect(renderReport(plain)).toBe(page);
  });

  test("carries arrays that come back to float32, NaN included", () => {
    const payload = payloadOf(page);
    expect(floats(payload.points)).toEqual(Float32Array.from(data.surface.points, Number));
    expect(floats(payload.maps[1].truth)).toEqual(Float32Array.from(data.maps[1].truth_ms, Number));
    expect(floats(payload.maps[1].truth).some(Number.isNaN)).toBe(true);
    expect(payload.maps[0].pacing).toEqual(data.maps[0].pacingNodes);
  });

  test("labels its axes, canvases, controls and tables", () => {
    for (const canvas of page.match(/<canvas[^>]*>/g) ?? []) {
      expect(canvas).toContain('tabindex="0"');
      expect(canvas).toMatch(/aria-label="[^"]+"/);
    }
    for (const svg of page.match(/<svg class="(chart|tree)"[^>]*>/g) ?? [])
      expect(svg).toMatch(/role="img" aria-label="[^"]+"/);
    for (const label of ["time, ms", "iteration", "loss", "activation time, ms", "MSE"])
      expect(page).toContain(label);
    expect(page.match(/<button/g)?.length).toBe(page.match(/<button[^>]*aria-label=/g)?.length);
    expect(page.match(/<th /g)?.length).toBe(page.match(/<th scope=/g)?.length);
  });

  test("has balanced elements and unique ids", () => {
    for (const tag of [
      "section",
      "table",
      "tbody",
      "tr",
      "td",
      "svg",
      "div",
      "figure",
      "li",
      "p",
      "g",
      "a",
    ]) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, "g"))?.length ?? 0;
      expect([tag, page.split(`</${tag}>`).length - 1]).toEqual([tag, opened]);
    }
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

describe("hostile names", () => {
  const attack = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'"&<!--`;
  const poisoned = (value: unknown): unknown => {
    if (typeof value === "string") return attack;
    if (ArrayBuffer.isView(value) || value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map(poisoned);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        enumerated.has(key) ? item : poisoned(item),
      ]),
    );
  };
  const enumerated = new Set(["status", "identified", "scale"]);
  const text = renderReport(poisoned(small) as ReportData);

  test("stay text in every field", () => {
    expect(text).not.toContain("<script>alert");
    expect(text).not.toContain("<img");
    expect(text).not.toContain("<!--");
    expect(text.match(/<script/g)?.length).toBe(2);
    expect(text).toContain("&lt;/script&gt;&lt;script&gt;alert(1)");
    expect(text).not.toMatch(/="[^"]*'"&</);
  });

  test("stay data in the payload", () => {
    expect(payloadOf(text).fields[0].unit).toBe(attack);
  });
});

describe("sparse runs", () => {
  test("nothing fitted, nothing tested", () => {
    const text = renderReport(emptied);
    expect(text).toContain("No candidate was fitted.");
    expect(text).toContain("No test recordings, so no maps.");
    expect(text).not.toContain("<script");
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("a single candidate", () => {
    const one = {
      ...small,
      best: 0,
      candidates: small.candidates.slice(0, 1),
      steps: small.steps.slice(0, 1),
    };
    const text = renderReport(one);
    expect(text).toContain("#1");
    expect(text).not.toContain("The other");
  });

  test("maps without any value, scores without any figure, curves with NaN", () => {
    const none = { ...score(0, 0), mse: null, at_mae_ms: null };
    const nodes = small.surface.points.length / 3;
    const text = renderReport({
      ...small,
      twin: { train: none, validation: null, test: none },
      maps: [
        {
          ...small.maps[0],
          truth_ms: new Float32Array(nodes).fill(Number.NaN),
          prediction_ms: Array(nodes).fill(null),
        },
      ],
      candidates: small.candidates.map((c) => ({
        ...c,
        train: null,
        validation: null,
        excess: null,
        curves: [{ phase: "times", train: [Number.NaN, Infinity, 0], validation: [] }],
      })),
    });
    expect(text).toContain("No node has both a truth and a prediction.");
    const markup = text.replace(/<script>.*<\/script>/s, "");
    expect(markup).not.toMatch(/NaN|undefined|Infinity/);
  });

  test.each([
    ["maps[0].truth_ms", { maps: [{ ...small.maps[0], truth_ms: [1, 2] }] }],
    ["maps[0].pacingNodes", { maps: [{ ...small.maps[0], pacingNodes: [1e6] }] }],
    ["surface.triangles", { surface: { ...small.surface, triangles: [0, 1, 1e6] } }],
    ["candidates[0].parent", { candidates: [{ ...small.candidates[0], parent: 0 }] }],
    ["best", { best: 99 }],
  ])("says which part does not fit: %s", (path, change) => {
    const attempt = () => renderReport({ ...small, ...(change as object) });
    expect(attempt).toThrow(LeadsError);
    expect(attempt).toThrow(path);
  });
});

describe("honesty", () => {
  test("the verdict names the predictor that wins", () => {
    const beaten = { ...small, twin: { train: null, validation: null, test: score(0.03, 7) } };
    expect(verdicts(beaten)[1]).toContain("nearest pacing site wins by a factor of 1.2");
    expect(verdicts(small)[1]).toContain("the twin wins by a factor of 14");
    expect(verdicts(emptied)[0]).toContain("no test recordings");
  });

  test("a twin that is silent where the heart is active wins nothing at times", () => {
    const test = { ...score(0.03, 7), at_mae_ms: 0.1, activation_agreement: 0.01 };
    const silent = { ...small, twin: { train: null, validation: null, test } };
    expect(verdicts(silent).some((text) => /AT MAE.*no verdict/.test(text))).toBe(true);
    expect(verdicts(silent).some((text) => /AT MAE.*wins/.test(text))).toBe(false);
  });

  test("error is prediction minus truth", () => {
    const map = { ...small.maps[0], truth_ms: [1, null, 3], prediction_ms: [4, 5, Number.NaN] };
    expect(Array.from(errorOf(map))).toEqual([3, Number.NaN, Number.NaN]);
  });

  test("every candidate stands once in the tree, below its parent", () => {
    const rows = treeRows(data.candidates);
    expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(rows.map(({ depth }) => depth)).toEqual([0, 1, 2, 3, 3, 4]);
  });
});

describe("the script", () => {
  test("parses, and its functions work when nothing but their text is left", () => {
    expect(() => new Function(pageScript())).not.toThrow();
    const revive = <T>(kit: T): T => new Function(`var __name = (f) => f; return (${kit});`)();
    const surfaces = revive(surfaceKit)();
    const scenes = revive(sceneKit)(surfaces);
    const colours = revive(colourKit)();
    const scene = surfaces.prepare(
      Float64Array.from(small.surface.points, Number),
      Int32Array.from(small.surface.triangles, Number),
    );
    const values = Float32Array.from(small.maps[0].truth_ms, Number);
    const bands = colours.bands("time", values);
    const cut = surfaces.cut(scene, values, bands.levels);
    const look = {
      camera: scenes.cameraAt(scene, 75),
      frame: { x: 100, y: 100, radius: 90 },
      colours: bands.colours,
      markers: [{ node: 75, kind: "pacing" as const, colour: "#fff" }],
      isochrones: true,
    };
    const layers = scenes.layers(scene, cut, look);
    expect(layers.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(["fill", "isochrone", "outline", "marker"]),
    );
    const places = scenes.project(scene, look.camera, look.frame);
    expect(scenes.pick(scene, places, { ...places[75], reach: 5 })).toBe(75);
    expect(colours.legend(bands)).toHaveLength(bands.levels.length + 1);
    expect(
      revive(viewerKit)({ surfaces, scenes, colours }).floats(payloadOf(page).points),
    ).toHaveLength(3 * 1119);
  });
});
