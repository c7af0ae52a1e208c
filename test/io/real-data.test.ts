import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { median } from "../../src/core/median.js";
import { importMap3d, type Map3dOptions, map3dCase } from "../../src/io/map3d.js";
import { map3dMesh } from "../../src/io/map3d-geometry.js";
import { readMap3dSignals } from "../../src/io/map3d-signals.js";
import { type MatValue, readMat5File } from "../../src/io/mat5.js";
import { readMeshFile } from "../../src/io/mesh-file.js";
import { importOptical } from "../../src/io/optical.js";
import { dataFolder, problemOf, temporaryFolder } from "./helpers.js";

/** Skipped where ../shared/data, which is never copied into the project, is not at hand. */
const absent = !existsSync(dataFolder);
const sock = join(dataFolder, "utah-sock490");
const tank = join(dataFolder, "utah-tank-sock128");
const sockFiles = {
  mat: join(sock, "rsm10jan01-cs-0004.mat"),
  points: join(sock, "490sock.pts"),
  faces: join(sock, "490sock.fac"),
};
const tankFiles = {
  mat: join(tank, "cool1-atdr-run1.mat"),
  points: join(tank, "25feb97_sock.pts"),
  faces: join(tank, "25feb97_sock.fac"),
  channels: join(tank, "sock128.channels"),
};
const times = (imported: Awaited<ReturnType<typeof importMap3d>>, id: string) =>
  Array.from(imported.case.recordings.find((r) => r.id === id)?.activation?.times_ms ?? []);

describe.skipIf(absent)("utah-sock490 (needs ../shared/data)", () => {
  test("numbers of the README", async () => {
    const all = await importMap3d({ ...sockFiles, known: 489, seed: 1 });
    expect(all.case.mesh.points).toHaveLength(490 * 3);
    expect(all.case.mesh.elements).toHaveLength(939 * 3);
    const words = all.report.join("\n");
    expect(words).toMatch(/bounding box 65\.\d+ x 65\.\d+ x 7[23]\.\d+ mm/);
    expect(words).toContain("39 rim edges");
    expect(words).toContain("nodes counted from 1");
    expect(words).toContain("sampling 1000 Hz (file), 712 ms");
    const both = [...times(all, "beat-1-known"), ...times(all, "beat-1-heldout")];
    expect(both).toHaveLength(490);
    // Fiducials 263.5 .. 290.5 in frames, QRS onset at frame 251.8.
    expect(Math.min(...both) + 251.8).toBeCloseTo(263.5, 0);
    expect(Math.max(...both) + 251.8).toBeCloseTo(290.5, 0);
  });

  test("steepest fall agrees with the fiducials of the laboratory", async () => {
    const marks = await importMap3d({ ...sockFiles, known: 489, seed: 1 });
    const falls = await importMap3d({ ...sockFiles, known: 489, seed: 1, activation: "slope" });
    const byNode = (imported: typeof marks) => {
      const table = new Map<number, number>();
      for (const { activation } of imported.case.recordings)
        activation?.nodes.forEach((node, i) => {
          table.set(node, activation.times_ms[i]);
        });
      return table;
    };
    const [a, b] = [byNode(marks), byNode(falls)];
    const differences = [...b].map(([node, time]) => time - (a.get(node) as number));
    // README: fiducial + 1.3 with both in frames from 1, that is with the same origin here.
    const middle = median(differences);
    expect(Math.abs(middle - 1.3)).toBeLessThan(0.2);
    const scatter = median(differences.map((d) => Math.abs(d - middle)));
    expect(scatter).toBeLessThan(0.3);
    expect(differences.filter((d) => Math.abs(d - middle) > 3).length).toBeLessThanOrEqual(5);
  });

  test("known, validation and held-out electrodes; excluded leads; errors", async () => {
    const options = { ...sockFiles, known: 32, validation: 8, seed: 5, exclude: [470, 145] };
    const { case: value } = await importMap3d(options);
    const sizes = value.recordings.map((r) => [r.id, r.beat, r.activation?.nodes.length]);
    expect(sizes).toEqual([
      ["beat-1-known", "beat-1", 24],
      ["beat-1-validation", "beat-1", 8],
      ["beat-1-heldout", "beat-1", 456],
    ]);
    const nodes = value.recordings.flatMap((r) => [...(r.activation?.nodes ?? [])]);
    expect(new Set(nodes).size).toBe(488);
    expect(nodes).not.toContain(469);
    expect((await importMap3d(options)).case).toEqual(value);
    expect((await problemOf(() => importMap3d(sockFiles))).code).toBe("no-test");
    expect((await problemOf(() => importMap3d({ ...sockFiles, known: 8 }))).code).toBe(
      "missing-option",
    );
    expect((await problemOf(() => importMap3d({ ...options, sampling_hz: 500 }))).code).toBe(
      "mismatch",
    );
    expect((await problemOf(() => importMap3d({ ...options, exclude: [491] }))).message).toContain(
      "no electrode 491",
    );
    expect((await problemOf(() => importMap3d({ ...options, ...{ knwon: 3 } }))).message).toContain(
      'did you mean "known"',
    );
    expect(
      (
        await problemOf(() =>
          importMap3d({ ...tankFiles, mat: sockFiles.mat, known: 3, seed: 1, channels: undefined }),
        )
      ).code,
    ).toBe("mismatch");
  });
});

describe.skipIf(absent)("utah-tank-sock128 (needs ../shared/data)", () => {
  test("two beats are found, 397 ms apart", async () => {
    expect((await problemOf(() => importMap3d(tankFiles))).message).toContain(
      "sampling rate is not in the file",
    );
    const imported = await importMap3d({ ...tankFiles, sampling_hz: 1000 });
    expect(imported.case.split).toEqual({ train: ["beat-1"], validation: [], test: ["beat-2"] });
    const words = imported.report.join("\n");
    expect(words).toContain('structure "onerun", 512 channels x 608 frames');
    expect(words).toContain("unit uV, kept as mV");
    const starts = [...words.matchAll(/shifted by -([\d.]+) ms/g)].map((match) => Number(match[1]));
    const [one, two] = imported.case.recordings.map((r) => r.activation);
    const first = new Map(
      Array.from(one?.nodes ?? [], (node, i) => [node, (one?.times_ms[i] ?? 0) + starts[0]]),
    );
    // README: beat 1 165-192 ms, beat 2 562-590 ms (frames from 1), interval 397 ms.
    expect(first.size).toBeGreaterThanOrEqual(126);
    expect(Math.min(...first.values())).toBeGreaterThan(160);
    expect(Math.max(...first.values())).toBeLessThan(196);
    const shifts = Array.from(
      two?.nodes ?? [],
      (node, i) => (two?.times_ms[i] ?? 0) + starts[1] - (first.get(node) ?? NaN),
    ).filter(Number.isFinite);
    expect(median(shifts)).toBeCloseTo(397.28, 1);
    const middle = median(shifts);
    expect(shifts.filter((s) => Math.abs(s - middle) > 2).length).toBeLessThanOrEqual(1);
    expect(median(shifts.map((s) => Math.abs(s - middle)))).toBeLessThan(0.06);
  });

  test("given windows and a chosen beat", async () => {
    const windows = [
      { id: "x", window_ms: [150, 205] as const },
      { id: "y", window_ms: [548, 600] as const },
    ];
    const { case: value } = await importMap3d({
      ...tankFiles,
      sampling_hz: 1000,
      windows,
      beat: "y",
      known: 16,
      seed: 1,
    });
    expect(value.recordings.map((r) => r.id)).toEqual(["y-known", "y-heldout"]);
    const wrong = () =>
      importMap3d({ ...tankFiles, sampling_hz: 1000, windows, beat: "z", known: 16, seed: 1 });
    expect((await problemOf(wrong)).code).toBe("unknown-name");
    const outside = [{ id: "x", window_ms: [0, 9999] as const }];
    expect(
      (await problemOf(() => importMap3d({ ...tankFiles, sampling_hz: 1000, windows: outside })))
        .code,
    ).toBe("mismatch");
  });
});

describe.skipIf(absent)("other real files (needs ../shared/data)", () => {
  test("utah-needles: 247 and 300 channels, bad leads, every file of the set", async () => {
    const counts: [string, number, number][] = [
      ["cs", 247, 3],
      ["ns", 300, 28],
      ["b1-cs", 247, 3],
      ["b5-cs", 247, 3],
    ];
    for (const [name, channels, bad] of counts) {
      const path = join(dataFolder, "utah-needles-control", `Run0102-${name}.mat`);
      const signals = readMap3dSignals(await readMat5File(path), {
        least: channels,
        exact: true,
        path,
      });
      expect(signals).toMatchObject({ channels, sampling_hz: 1000 });
      expect(signals.badChannels).toHaveLength(bad);
      expect(signals.fiducials.get(10)).toHaveLength(channels);
    }
  });

  test("fiducials that are stored in the wrong unit are refused", async () => {
    const path = join(dataFolder, "utah-needles-control", "Run0102-b1-cs.mat");
    const signals = readMap3dSignals(await readMat5File(path), { least: 247, exact: true, path });
    const points = Array.from({ length: 247 }, (_, i) => `${i} 0 0`).join("\n");
    const paths = { points: "p.pts", faces: "p.fac" };
    const geometry = map3dMesh({ points, faces: "1 2 3\n" }, paths);
    const rows = Int32Array.from({ length: 247 }, (_, i) => i);
    const run = () =>
      map3dCase({ geometry, signals, rows }, { mat: path, ...paths, known: 9, seed: 1 });
    const problem = await problemOf(run);
    expect(problem).toMatchObject({ code: "mismatch", fix: 'Use activation: "slope".' });
  });

  test("kit-biv-geo2: counts and box", async () => {
    const counts: [string, number, number][] = [
      ["base", 1349, 2125],
      ["endo_lv", 6309, 12479],
      ["endo_rv", 5859, 11533],
      ["epi", 11321, 22388],
    ];
    for (const [name, nodes, triangles] of counts) {
      const { report } = await readMeshFile(join(dataFolder, "kit-biv-geo2", `heart_${name}.ply`));
      expect(report[1]).toBe(`${nodes} nodes, ${triangles} triangles`);
    }
  });

  test("mouse optical mapping: upstrokes of the README", async () => {
    const upstrokes = {
      controlV: [115, 264, 415, 565, 715, 864],
      isoV: [32, 182, 332, 482, 633, 783, 933],
    };
    for (const [name, expected] of Object.entries(upstrokes)) {
      const folder = join(dataFolder, "mouse-optical-mapping/data", name);
      const { case: value, report } = await importOptical({
        folder,
        sampling_hz: 1000,
        pixel_mm: 7 / 32,
        period_ms: 150,
        known: 0.1,
        seed: 1,
      });
      const found =
        /upstrokes at frames ([\d, ]+)/.exec(report.join("\n"))?.[1].split(", ").map(Number) ?? [];
      expect(found).toHaveLength(expected.length);
      for (const [i, frame] of expected.entries())
        expect(Math.abs(found[i] - frame)).toBeLessThanOrEqual(2);
      expect(value.split).toEqual({
        train: ["beat-1-known", "beat-2-known", "beat-3-known"],
        validation: ["beat-4-known"],
        test: ["beat-5", "beat-6"],
      });
      expect(value.recordings[0].potential?.nodes).toHaveLength(102);
      expect(value.recordings[5].potential?.values).toHaveLength(150 * 1024);
      expect(report.join("\n")).toContain("1024 nodes, 1922 triangles");
    }
  });
});

describe("made-up recordings", () => {
  const paths = { points: "s.pts", faces: "s.fac" };
  const points = Array.from(
    { length: 16 },
    (_, i) => `${(i % 4) * 10} ${Math.floor(i / 4) * 10} 0`,
  ).join("\n");
  const faces = "1 2 5\n2 6 5\n15 16 11\n";
  const geometry = map3dMesh({ points, faces }, paths);
  const options: Map3dOptions = {
    mat: "made.mat",
    points: "s.pts",
    faces: "s.fac",
    sampling_hz: 2000,
  };
  /** Electrode i falls as a logistic step at 100 + 1.37 i frames, again 900 frames later. */
  const at = (node: number) => 200 + 1.37 * node;
  const signal = (node: number, t: number) =>
    [0, 900].reduce((sum, delay) => sum - 10 / (1 + Math.exp(-(t - at(node) - delay) / 3)), 0);
  const data = Float64Array.from({ length: 16 * 1400 }, (_, k) =>
    signal(k % 16, Math.floor(k / 16)),
  );
  const struct = (fields: [string, MatValue][]) =>
    new Map<string, MatValue>([
      ["ecg", { kind: "struct", shape: [1, 1], fields: [], values: [new Map(fields)] }],
    ]);
  const signals = (shape: number[], values: Float64Array) =>
    readMap3dSignals(
      struct([["potvals", { kind: "numeric", className: "double", shape, data: values }]]),
      { least: 16, exact: true, path: "made.mat" },
    );
  const rows = Int32Array.from({ length: 16 }, (_, i) => i);

  test("steepest fall is found to a hundredth of a frame, in two beats", () => {
    const imported = map3dCase({ geometry, signals: signals([16, 1400], data), rows }, options);
    expect(imported.case.split).toMatchObject({ train: ["beat-1"], test: ["beat-2"] });
    const start = Number(/shifted by -([\d.]+)/.exec(imported.report.join("\n"))?.[1]);
    imported.case.recordings[0].activation?.times_ms.forEach((time, node) => {
      expect(Math.abs(time + start - at(node) / 2)).toBeLessThan(0.01);
    });
  });

  test("transposed signals are turned; foreign structures are named", async () => {
    const turned = Float64Array.from(
      { length: data.length },
      (_, k) => data[Math.floor(k / 1400) + (k % 1400) * 16],
    );
    expect(signals([1400, 16], turned).potentials_mV).toEqual(
      signals([16, 1400], data).potentials_mV,
    );
    expect((await problemOf(() => signals([15, 1400], data.subarray(0, 15 * 1400)))).code).toBe(
      "mismatch",
    );
    const none = () => readMap3dSignals(struct([]), { least: 1, exact: true, path: "x" });
    expect((await problemOf(none)).message).toContain("ecg (struct)");
  });
});

describe("made-up movies", () => {
  const home = temporaryFolder();
  const png = (value: number) =>
    encode({
      width: 4,
      height: 4,
      depth: 16,
      channels: 1,
      data: new Uint16Array(16).map((_, p) => (p === 5 ? 100 : value + 10 * p)),
    });
  const folder = join(home, "movie");
  mkdirSync(folder);
  for (let t = 0; t < 90; t++)
    writeFileSync(join(folder, `${t}.png`), png(t % 30 >= 10 && t % 30 < 20 ? 5800 : 6000));
  const options = { folder, sampling_hz: 500, pixel_mm: 4, period_ms: 60 };

  test("light falls, signal rises; a dead pixel is left out", async () => {
    const { case: value, report } = await importOptical(options);
    expect(report.join("\n")).toContain("1 pixels without signal left out");
    const data = value.recordings[0].potential;
    expect(data?.nodes).toHaveLength(15);
    expect(Math.min(...(data?.values ?? []))).toBe(0);
    expect(Math.max(...(data?.values ?? []))).toBe(1);
    expect(data?.times_ms[1]).toBe(2);
    expect(value.mesh.points[3 * 4 + 1]).toBe(8);
  });

  test("missing options, gaps, damaged and foreign frames", async () => {
    expect(
      (await problemOf(() => importOptical({ ...options, period_ms: undefined as never }))).code,
    ).toBe("missing-option");
    expect((await problemOf(() => importOptical({ ...options, known: 3 }))).code).toBe(
      "missing-option",
    );
    expect(
      (await problemOf(() => importOptical({ ...options, beats: { train: [1], test: [1] } }))).code,
    ).toBe("mismatch");
    expect((await problemOf(() => importOptical({ ...options, period_ms: 5000 }))).code).toBe(
      "no-beat",
    );
    expect((await problemOf(() => importOptical({ ...options, folder: home }))).code).toBe(
      "foreign-file",
    );
    const broken = join(home, "broken");
    mkdirSync(broken);
    writeFileSync(join(broken, "0.png"), png(1));
    writeFileSync(join(broken, "1.png"), png(1).slice(0, 60));
    expect((await problemOf(() => importOptical({ ...options, folder: broken }))).code).toBe(
      "malformed-file",
    );
    writeFileSync(join(broken, "3.png"), png(1));
    expect(
      (await problemOf(() => importOptical({ ...options, folder: broken }))).message,
    ).toContain("frame 2 is missing");
  });
});
