import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Case, Recording } from "../../src/case/case.js";
import { importArrays } from "../../src/io/arrays.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../../src/io/atomic.js";
import { hashCase, readCase, writeCase } from "../../src/io/case-directory.js";
import { chooseSites } from "../../src/io/choose-sites.js";
import { encodeNpy } from "../../src/io/npy.js";
import { encodeVtu } from "../../src/io/vtu-write.js";
import { problemOf, squareMesh, temporaryFolder, tetMesh } from "./helpers.js";

const folder = temporaryFolder();
let count = 0;
const fresh = () => join(folder, `case-${count++}`);

const potential = {
  times_ms: Float64Array.of(0, 0.1, 2.5),
  nodes: Int32Array.of(4, 1),
  values: Float32Array.of(0, 0.5, NaN, 1, 0.25, -0.125),
  arbitraryScale: true,
};
const activation = { nodes: Int32Array.of(0, 2), times_ms: Float64Array.of(NaN, 1 / 3) };
const given: Recording["stimuli"] = {
  kind: "given",
  stimuli: [
    { kind: "current", nodes: [0, 1], start_ms: 0.5, duration_ms: 2, strength_per_ms: 0.3 },
    { kind: "initial", nodes: [2], value: 1 },
  ],
};
const example: Case = {
  name: "example",
  source: "made by a test",
  mesh: tetMesh,
  recordings: [
    { id: "a", beat: "a", stimuli: given, potential },
    { id: "../b", beat: "b", stimuli: { kind: "unknown" }, activation },
    { id: "c", beat: "b", stimuli: { kind: "unknown" }, potential, activation },
  ],
  split: { train: ["a"], validation: ["../b"], test: ["c"] },
};

/** Path of keys with slashes, and what to put there (undefined removes it from the JSON). */
type Edit = readonly [string, unknown];
function edited(root: unknown, edits: readonly Edit[]): unknown {
  for (const [path, value] of edits) {
    const keys = path.split("/");
    const parent = keys
      .slice(0, -1)
      .reduce((at, key) => (at as Record<string, unknown>)[key], root);
    (parent as Record<string, unknown>)[keys[keys.length - 1]] = value;
  }
  return root;
}

describe("case directory", () => {
  test("a case comes back bit for bit, and its hash is stable", async () => {
    const [one, two] = [fresh(), fresh()];
    await writeCase(one, example);
    await writeCase(two, example);
    expect(await readCase(one)).toEqual(example);
    expect(await hashCase(one)).toBe(await hashCase(two));
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("discovery opens a case without touching test files", async () => {
    const directory = fresh();
    await writeCase(directory, example);
    for (const name of readdirSync(directory))
      if (name.startsWith("recording-0003")) rmSync(join(directory, name));
    const seen = await readCase(directory, { include: ["train", "validation"] });
    expect(seen.recordings.map(({ id }) => id)).toEqual(["a", "../b"]);
    expect(seen.split).toEqual({ train: ["a"], validation: ["../b"], test: [] });
    expect((await problemOf(() => readCase(directory))).code).toBe("cannot-read");
  });

  test("changed, unknown, missing and foreign content is refused", async () => {
    const directory = fresh();
    await writeCase(directory, example);
    const path = join(directory, "case.json");
    const text = readFileSync(path, "utf8");
    const change = (edits: readonly Edit[]) => {
      writeFileSync(path, JSON.stringify(edited(JSON.parse(text), edits)));
      return problemOf(() => readCase(directory));
    };
    const times = "recording-0001-potential-times.npy";
    const edits: [Edit[], string, string][] = [
      [[["colour", 1]], "malformed-file", "colour"],
      [[["recordings/0/gain", 1]], "malformed-file", "gain"],
      [[["version", 2]], "foreign-file", "version 2"],
      [[["format", "x"]], "foreign-file", "not a LEADS case"],
      [
        [
          ["split/test", []],
          ["split/train", ["a", "c"]],
        ],
        "no-test",
        "no test recording",
      ],
      [[["split/test", ["z"]]], "bad-case", '"z"'],
      [[["split/test", ["a", "c"]]], "bad-case", "twice"],
      [[["split/validation", []]], "bad-case", "no part of the split"],
      [[["recordings/1/id", "a"]], "bad-case", 'called "a"'],
      [[["recordings/0/potential/nodes", "../../x.npy"]], "malformed-file", "potential/nodes"],
      [[["recordings/0/potential/nodes", "other.npy"]], "malformed-file", "list of files"],
      [[["recordings/0/potential/nodes", times]], "malformed-file", "3 times and 3 nodes"],
    ];
    for (const [edit, code, words] of edits) {
      const problem = await change(edit);
      expect([problem.code, problem.message]).toEqual([code, expect.stringContaining(words)]);
    }
    writeFileSync(path, text);
    const values = join(directory, "recording-0001-potential-values.npy");
    const bytes = readFileSync(values);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(values, bytes);
    expect((await problemOf(() => readCase(directory))).code).toBe("changed-file");
    expect((await problemOf(() => readCase(join(folder, "none")))).code).toBe("cannot-read");
  });

  test("what breaks a promise is not written", async () => {
    const a = example.recordings[0];
    const other = (recording: Partial<Recording>): Case => ({
      ...example,
      recordings: [{ ...a, ...recording }, ...example.recordings.slice(1)],
    });
    const bad: [Case, string][] = [
      [
        other({ potential: { ...potential, nodes: Int32Array.of(4, 5) } }),
        "node 5 is not in the mesh",
      ],
      [other({ potential: { ...potential, nodes: Int32Array.of(4, 4) } }), "node 4 stands twice"],
      [
        other({ potential: { ...potential, times_ms: Float64Array.of(0, 2, 2) } }),
        "does not increase",
      ],
      [
        other({ potential: { ...potential, values: new Float32Array(5) } }),
        "5 values for 3 frames of 2",
      ],
      [
        other({ potential: { ...potential, values: new Float32Array(6).fill(NaN) } }),
        "every value is missing",
      ],
      [
        other({ potential: { ...potential, values: new Float32Array(6).fill(Infinity) } }),
        "infinite",
      ],
      [other({ potential: undefined }), "neither potential nor activation"],
      [
        other({ activation: { nodes: Int32Array.of(0), times_ms: Float64Array.of(1e30) } }),
        "activation time 0 is 1e+30 ms",
      ],
      [
        other({ stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: [9], value: 1 }] } }),
        "node 9",
      ],
      [
        { ...example, split: { ...example.split, train: [], test: ["c", "a"] } },
        "nothing to train on",
      ],
    ];
    for (const [value, words] of bad) {
      const directory = fresh();
      expect((await problemOf(() => writeCase(directory, value))).message).toContain(words);
      expect(existsSync(directory)).toBe(false);
    }
    const noTest = { ...example, split: { train: ["a", "c"], validation: ["../b"], test: [] } };
    expect((await problemOf(() => writeCase(fresh(), noTest))).code).toBe("no-test");
  });

  test("only a case is replaced, and only when told", async () => {
    const directory = fresh();
    await writeCase(directory, example);
    expect((await problemOf(() => writeCase(directory, example))).code).toBe("exists");
    await writeCase(directory, { ...example, name: "second" }, { replace: true });
    expect((await readCase(directory)).name).toBe("second");
    writeFileSync(join(directory, "notes.txt"), "mine");
    expect((await problemOf(() => writeCase(directory, example, { replace: true }))).code).toBe(
      "exists",
    );
    const photos = fresh();
    mkdirSync(photos);
    writeFileSync(join(photos, "cat.jpg"), "x");
    expect((await problemOf(() => writeCase(photos, example, { replace: true }))).code).toBe(
      "exists",
    );
    expect(readdirSync(photos)).toEqual(["cat.jpg"]);
  });
});

describe("atomic writing", () => {
  test("failures leave nothing behind and say why", async () => {
    const missing = await problemOf(() => writeFileAtomic(join(folder, "no", "file"), "x"));
    expect(missing).toMatchObject({ code: "cannot-write", fix: "Create the folder first." });
    const directory = fresh();
    const broken = async () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    const full = await problemOf(() => writeDirectoryAtomic(directory, broken));
    expect(full.message).toContain("the disk is full");
    expect(existsSync(directory)).toBe(false);
    mkdirSync(join(folder, "taken"));
    expect((await problemOf(() => writeFileAtomic(join(folder, "taken"), "x"))).code).toBe(
      "cannot-write",
    );
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  // The super-user may write anywhere, so the permission cannot be refused there.
  test.skipIf(process.getuid?.() === 0)("a read-only folder (skipped for root)", async () => {
    const directory = fresh();
    mkdirSync(directory);
    chmodSync(directory, 0o555);
    const problem = await problemOf(() => writeFileAtomic(join(directory, "x"), "x"));
    expect(problem.message).toContain("no permission");
  });

  test("an old file survives a failed replacement", async () => {
    const path = join(folder, "kept.txt");
    await writeFileAtomic(path, "old");
    await writeFileAtomic(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
  });
});

describe("choice of sites", () => {
  const line = Float64Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? i / 3 : 0));
  const all = Array.from({ length: 100 }, (_, i) => i);
  test("seeded, distinct and spread", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const chosen = chooseSites(line, all, { count: 10, seed });
      expect(chosen).toEqual(chooseSites(line, all, { count: 10, seed }));
      expect(new Set(chosen).size).toBe(10);
      const gaps = chosen.slice(1).map((x, i) => x - chosen[i]);
      expect(Math.max(...gaps)).toBeLessThan(30);
    }
    expect(chooseSites(line, all, { count: 10, seed: 1 })).not.toEqual(
      chooseSites(line, all, { count: 10, seed: 2 }),
    );
    expect(chooseSites(new Float64Array(30), all.slice(0, 10), { count: 10, seed: 1 })).toEqual(
      all.slice(0, 10),
    );
    for (const bad of [0, 1.5, 101, NaN])
      expect((await problemOf(() => chooseSites(line, all, { count: bad, seed: 1 }))).code).toBe(
        "bad-count",
      );
  });
});

describe("arrays with a manifest", () => {
  const home = fresh();
  mkdirSync(home);
  const put = (name: string, content: string | Uint8Array) =>
    writeFileSync(join(home, name), content);
  put("square.vtu", encodeVtu(squareMesh));
  put(
    "v.npy",
    encodeNpy({
      shape: [3, 4],
      data: [-85, -85, 35, -25, 0, 0, 0, 0, 35, 35, 35, NaN],
      type: "f4",
    }),
  );
  put("t.npy", encodeNpy({ shape: [2], data: [1.5, NaN], type: "f8" }));
  put("at.csv", "node,time_ms\n1,0.5\n4,\n");
  const manifest = {
    format: "leads-arrays",
    version: 1,
    name: "square",
    source: "test",
    mesh: { file: "square.vtu", unit: "mm" },
    index_base: 1,
    recordings: [
      {
        id: "p",
        split: "train",
        stimuli: [{ kind: "initial", nodes: [1], value: 1 }],
        potential: {
          file: "v.npy",
          nodes: "all",
          sampling_hz: 500,
          unit: "mV",
          rest_mV: -85,
          peak_mV: 35,
        },
      },
      { id: "q", split: "test", stimuli: "unknown", activation: { file: "at.csv" } },
      { id: "r", split: "test", stimuli: "unknown", activation: { file: "t.npy", nodes: [2, 3] } },
    ],
  };
  const load = (...edits: Edit[]) => {
    put("manifest.json", JSON.stringify(edited(structuredClone(manifest), edits)));
    return importArrays(join(home, "manifest.json"));
  };

  test("potential in mV, activation tables, numbers from 1", async () => {
    const { case: value, report } = await load();
    const [p, q, r] = value.recordings;
    expect(Array.from(p.potential?.values ?? []).slice(0, 4)).toEqual([0, 0, 1, 0.5]);
    expect(Array.from(p.potential?.times_ms ?? [])).toEqual([0, 2, 4]);
    expect(p.stimuli).toEqual({
      kind: "given",
      stimuli: [{ kind: "initial", nodes: [0], value: 1 }],
    });
    expect(q.activation).toEqual({
      nodes: Int32Array.of(0, 3),
      times_ms: Float64Array.of(0.5, NaN),
    });
    expect(r.activation?.nodes).toEqual(Int32Array.of(1, 2));
    expect(report.join("\n")).toContain(
      "p: potential 3 frames x 4 nodes, 0 to 4 ms, 1 values missing",
    );
  });

  test("every mismatch names itself", async () => {
    const plain = { file: "v.npy", nodes: "all", sampling_hz: 1, unit: "normalised" };
    const edits: [Edit[], string][] = [
      [[["recordings/0/potential/nodes", [1, 2, 3]]], "(3, 4) for 3 nodes"],
      [[["recordings/0/potential/unit", "normalised"]], 'belong to "unit": "mV"'],
      [[["recordings/0/potential", plain]], "about 0 to 1"],
      [[["recordings/0/potential/times_ms_file", "t.npy"]], "either times_ms_file or sampling_hz"],
      [[["recordings/0/potential/peak_mV", undefined]], "larger peak_mV"],
      [[["recordings/2/activation/nodes", [2, 9]]], "node 9 is not in the mesh"],
      [[["index_base", 0]], "node 4 is not in the mesh"],
      [[["recordings/2/activation/nodes", [2]]], "(2) for 1 nodes"],
      [[["recordings/2/activation/nodes", undefined]], "needs nodes"],
      [[["recordings/1/id", "p"]], 'called "p"'],
      [
        [
          ["recordings/1/split", "train"],
          ["recordings/2/split", "train"],
        ],
        "no test recording",
      ],
      [[["recordings/0/split", "exam"]], "/recordings/0/split"],
      [[["extra", 1]], "extra"],
      [[["mesh/file", "none.vtu"]], "none.vtu"],
    ];
    for (const [list, words] of edits)
      expect((await problemOf(() => load(...list))).message).toContain(words);
  });
});
