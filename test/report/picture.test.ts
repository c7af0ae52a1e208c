import { describe, expect, test } from "vitest";
import { linearAxis, logAxis } from "../../src/report/charts.js";
import { duration, figure } from "../../src/report/format.js";
import { activationPicture, summaryText } from "../../src/report/index.js";
import { colourKit } from "../../src/report/page/colours.js";
import { surfaceKit } from "../../src/report/page/surface.js";
import { ellipsoid, sampleReport } from "./sample.js";

const data = sampleReport();
const small = sampleReport(ellipsoid(150));
const surfaces = surfaceKit();
const colours = colourKit();

describe("the picture", () => {
  test("is a standalone SVG below 300 kB for 2,000 triangles, the same every time", () => {
    expect(data.surface.triangles.length / 3).toBeGreaterThan(2000);
    const svg = activationPicture(data);
    expect(svg.length).toBeLessThan(300e3);
    expect(svg).toBe(activationPicture(sampleReport()));
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href/);
    for (const text of ["Truth", "Prediction", "Error", "activation time, ms", "test-1"])
      expect(svg).toContain(text);
    expect(svg.match(/stroke-opacity/g)?.length).toBeGreaterThan(4);
  });

  test("shows the recording and the view that were asked for, with an escaped heading", () => {
    const svg = activationPicture(data, { recording: "test-2", heading: "<b>&\u0000" });
    expect(svg).toContain("&lt;b&gt;&amp;\ufffd");
    expect(svg).not.toBe(
      activationPicture(data, { recording: "test-2", heading: "x", yaw_deg: 90 }),
    );
  });

  test("draws grey where nothing is known, and says when there is nothing", () => {
    const unknown = {
      ...small.maps[0],
      truth_ms: small.maps[0].truth_ms,
      prediction_ms: Array.from(small.maps[0].truth_ms, () => null),
    };
    expect(activationPicture({ surface: small.surface, maps: [unknown] })).toContain(
      "No node has both",
    );
    expect(activationPicture({ surface: small.surface, maps: [] })).toContain("No recordings");
  });
});

describe("cutting a surface", () => {
  const square = { points: [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0], triangles: [0, 1, 2, 0, 2, 3] };
  const scene = surfaces.prepare(square.points, square.triangles);
  const area = (xyz: readonly number[]) => {
    let sum = 0;
    for (let i = 0; i < xyz.length; i += 3) {
      const j = (i + 3) % xyz.length;
      sum += xyz[i] * xyz[j + 1] - xyz[j] * xyz[i + 1];
    }
    return sum / 2;
  };

  test("bands tile it: areas follow the values exactly", () => {
    const cut = surfaces.cut(scene, [0, 1, 1, 0], [0.25, 0.5]);
    const areas = [0, 1, 2].map((band) =>
      cut.corners.reduce((sum, piece, p) => sum + (cut.band[p] === band ? area(piece) : 0), 0),
    );
    const whole = areas.reduce((sum, value) => sum + value, 0);
    [0.25, 0.25, 0.5].forEach((share, band) => {
      expect(areas[band] / whole).toBeCloseTo(share, 6);
    });
    expect(cut.lines).toHaveLength(4);
  });

  test("an isochrone lies where the value is", () => {
    const { lines } = surfaces.cut(scene, [0, 1, 1, 0], [0.25]);
    const x = (value: number) => scene.points[0] + value * (scene.points[3] - scene.points[0]);
    for (const [x0, , , x1] of lines)
      expect([x0, x1]).toEqual([expect.closeTo(x(0.25)), expect.closeTo(x(0.25))]);
  });

  test("a node whose triangles are unknown keeps its own mark", () => {
    const cut = surfaces.cut(scene, [Number.NaN, 1, 1, 0], [0.5]);
    expect(cut.band).toEqual([-1, -1]);
    expect(cut.lonely.map(({ node, band }) => [node, band])).toEqual([
      [1, 1],
      [2, 1],
      [3, 0],
    ]);
  });

  test("closed surfaces turned inside out are turned back", () => {
    const mesh = ellipsoid(100);
    const right = surfaces.prepare(mesh.points, mesh.elements);
    const wrong = surfaces.prepare(mesh.points, Int32Array.from(mesh.elements).reverse());
    expect([scene.closed, scene.flat, right.closed, right.flat]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    const outward = (s: typeof right) => s.points.reduce((sum, p, i) => sum + p * s.normals[i], 0);
    expect(outward(right)).toBeGreaterThan(0);
    expect(outward(wrong)).toBeCloseTo(outward(right), 3);
  });
});

describe("scales", () => {
  test("levels are round, few, and inside the range", () => {
    const { levels, colours: ramp } = colours.bands("time", [3, 147]);
    expect(levels).toEqual([20, 40, 60, 80, 100, 120, 140]);
    expect(ramp).toHaveLength(levels.length + 2);
    expect(colours.bands("time", [3, 147], 50).levels).toEqual([50, 100]);
    expect(colours.bands("time", [5, 5]).levels).toEqual([]);
    expect(colours.bands("time", []).levels).toEqual([]);
    expect(colours.bands("time", [0, 1e6], 1).levels.length).toBeLessThanOrEqual(60);
  });

  test("errors are symmetric about a neutral middle, and one outlier does not stretch them", () => {
    const many = Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const { levels } = colours.bands("error", [...many, 500]);
    expect(levels.map((level) => -level).reverse()).toEqual(levels);
    expect(levels.at(-1)).toBeLessThan(3);
    expect(colours.bands("error", [0, 0]).levels).toContain(1);
  });

  test("log levels grow by a factor; zeros do not break them", () => {
    const { levels } = colours.bands("log", [0, 0.01, 1]);
    expect(levels[0]).toBeGreaterThan(0);
    expect(levels[8] / levels[7]).toBeCloseTo(levels[1] / levels[0], 0);
  });

  test("axes have round ticks", () => {
    expect(linearAxis([0, 97], 0, 100).ticks).toEqual([0, 20, 40, 60, 80]);
    expect(logAxis([3e-6, 2e-3], 0, 100).ticks).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2]);
    expect(linearAxis([5, 5], 0, 100).place(5)).toBe(50);
    expect(logAxis([1, 1], 0, 100).place(1)).toBe(0);
  });

  test("figures keep three digits", () => {
    expect(
      [0, 1, 0.42, 12.345, 1234.5, 2.9e-6, 123456, null, Number.NaN].map((v) => figure(v)),
    ).toEqual(["0", "1.00", "0.420", "12.3", "1235", "2.90e-6", "1.23e+5", "\u2013", "\u2013"]);
    expect([figure(0.9999), figure(99.96), duration(241), duration(9000)]).toEqual([
      "1.00",
      "100",
      "4 min 1 s",
      "2 h 30 min",
    ]);
  });
});

describe("the summary", () => {
  const lines = summaryText(data).split("\n");

  test("stands in aligned columns", () => {
    const start = lines.findIndex((line) => line.startsWith("Test recordings"));
    const rows = lines.slice(start, start + 5);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows[1]).toMatch(/^twin +3\.10e-6 +0\.420/);
    expect(lines.some((line) => line.startsWith("Failed check: half-step"))).toBe(true);
  });

  test("cannot steer a terminal", () => {
    const evil = {
      ...small,
      title: "a\u001b[2Jb",
      predictors: [{ ...small.predictors[0], name: "x\u001b]0;y\u0007\nz" }],
    };
    expect(summaryText(evil)).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(summaryText(evil)).toMatch(/^x\]0;y z /m);
  });
});
