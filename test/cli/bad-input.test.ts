import { chmodSync, cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeNpy } from "../../src/io/npy.js";
import { everything, leads, temporaryFolder, tiny, type Where } from "./leads.js";

const folder = temporaryFolder();

/** One line with cause and fix, exit code 2, no output, and nothing left behind. */
async function refused(args: readonly string[], why: RegExp, where: Where = {}): Promise<void> {
  const before = everything(folder);
  const { code, stdout, stderr: said } = await leads(args, { cwd: folder, ...where });
  // A slow machine is told what takes so long.
  const stderr = said.replace(/^(trying|simulating) \d+ beats.*\n/gm, "");
  expect(stderr).toMatch(why);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  // A cause, a full stop, and what to do about it.
  expect(stderr).toMatch(/^error: .+[.?)] \S.+\n$/);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(everything(folder)).toEqual(before);
}

describe("names and numbers on the command line", () => {
  const discover = (...rest: string[]) => ["discover", "patient", "--out", "run", ...rest];
  test.each<[string[], RegExp]>([
    [["discoverr"], /unknown command 'discoverr' \(Did you mean discover\?\) See: leads --help/],
    [["synth"], /required option '--out <folder>' not specified\. See: leads synth --help/],
    [["synth", "--out", "x", "--nods", "3"], /unknown option '--nods' \(Did you mean --nodes\?\)/],
    [["synth", "--out", "x", "--nodes", "few"], /'few' is invalid\. Not a number/],
    [["synth", "--out", "x", "--noise", "2"], /Must lie between 0 and 1/],
    [["synth", "--out", "x", "--recordings", "2"], /recordings = 2 .*at least 3/],
    [["synth", "--out", "x", "--reaction", "aliev-panfilof"], /did you mean "aliev-panfilov"\?/],
    [["synth", "--out", "x", "--preset", "publishd"], /did you mean "published"\?/],
    [["catalog", "mitchell-schaefer"], /did you mean "mitchell-schaeffer"\?/],
    [["catalog", "ten-tuscher"], /did you mean "ten-tusscher-panfilov"\?/],
    [discover("--agent", "exprt"), /"exprt" is not an agent; did you mean "expert"\?/],
    [discover("--agent", "llm"), /llm:<provider>:<model>|provider/],
    [discover("--agent", "llm:antropic:x"), /did you mean "anthropic"\?/],
    [discover("--agent", "llm:anthropic:x"), /No key for anthropic.*ANTHROPIC_API_KEY/],
    [discover("--agent", "llm:openai-compatible:x"), /--base-url http/],
    [discover("--base-url", "http://127.0.0.1:1"), /"expert" asks none/],
    [discover("--reactions", "luo-rudi"), /did you mean "luo-rudy"\?/],
    [discover("--evaluations", "0"), /Must be a whole number from 1/],
    [["discover", "patient"], /discover needs --out/],
    [["discover", "nothing", "--out", "run"], /There is no case at nothing/],
    [["discover", "--resume", "nothing"], /nothing\/config\.json: cannot be read/],
    [["evaluate", "nothing", "patient"], /nothing is neither a run nor a twin/],
    [["report", "nothing"], /cannot be read/],
    [["replay", "nothing"], /cannot be read/],
    [["import", "arrays", "--manifest", "none.json", "--out", "x"], /none\.json: cannot be read/],
  ])("leads %j", async (args, why) => {
    await refused(args, why);
  });

  beforeAll(async () => {
    const made = await leads(["synth", ...tiny, "--out", "patient"], { cwd: folder });
    expect(made.code).toBe(0);
  }, 120_000);
});

describe("a damaged case", () => {
  /** A copy of the patient, with something wrong, that discovery must not begin with. */
  async function refusedCase(name: string, harm: (path: string) => void, why: RegExp) {
    const path = join(folder, name);
    cpSync(join(folder, "patient"), path, { recursive: true });
    harm(path);
    await refused(["discover", name, "--out", "run"], why);
  }
  const change = (path: string, edit: (content: { split: Record<string, string[]> }) => void) => {
    const file = join(path, "case.json");
    const content = JSON.parse(readFileSync(file, "utf8"));
    edit(content);
    writeFileSync(file, JSON.stringify(content));
  };

  test("an unknown key", () =>
    refusedCase(
      "unknown-key",
      (path) => change(path, (c) => Object.assign(c, { colour: "red" })),
      /case\.json.*colour/,
    ));
  test("no test recordings", () =>
    refusedCase(
      "no-test",
      (path) =>
        change(path, ({ split }) => {
          split.train.push(...split.test.splice(0));
        }),
      /there is no test recording/,
    ));
  test("a truncated recording", () =>
    refusedCase(
      "cut",
      (path) => truncateSync(join(path, "recording-0001-potential-values.npy"), 1000),
      /recording-0001-potential-values\.npy: the content differs/,
    ));
  test("a truncated case.json", () =>
    refusedCase("cut-json", (path) => truncateSync(join(path, "case.json"), 700), /not JSON/));
  test("a foreign file", () =>
    refusedCase(
      "foreign",
      (path) => writeFileSync(join(path, "case.json"), '{"format":"something else"}'),
      /not a LEADS case/,
    ));
  test("a path that leads out of the case", () =>
    refusedCase(
      "escape",
      (path) => change(path, (c) => Object.assign(c, { mesh: "../patient/mesh.vtu" })),
      /case\.json: \/mesh/,
    ));
});

describe("arrays of one's own", () => {
  const [rows, columns] = [6, 6];
  const nodes = rows * columns;
  const frames = 5;
  interface Grid {
    readonly spacing?: number;
    readonly extra?: string;
  }
  /** A sheet as OBJ text. */
  function grid({ spacing = 2, extra = "" }: Grid = {}): string {
    const points = Array.from(
      { length: nodes },
      (_, i) => `v ${(i % columns) * spacing} ${Math.floor(i / columns) * spacing} 0`,
    );
    const faces: string[] = [];
    for (let r = 0; r + 1 < rows; r++)
      for (let c = 0; c + 1 < columns; c++) {
        const i = r * columns + c + 1;
        faces.push(
          `f ${i} ${i + 1} ${i + columns}`,
          `f ${i + 1} ${i + columns + 1} ${i + columns}`,
        );
      }
    return `${[...points, ...faces].join("\n")}\n${extra}`;
  }
  const array = (shape: number[], value: (k: number) => number) =>
    encodeNpy({
      shape,
      data: Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, k) => value(k)),
      type: "f8",
    });
  const good = array([frames, nodes], (k) => (k % 7) / 7);

  interface Mistake {
    readonly mesh?: string | Uint8Array;
    readonly values?: Uint8Array;
    readonly recording?: object;
    readonly manifest?: object;
    readonly meshEntry?: object;
    readonly split?: readonly string[];
  }
  /** Writes a manifest with a mistake; returns the arguments that import it. */
  function prepare(name: string, mistake: Mistake): string[] {
    const path = join(folder, `arrays-${name}`);
    mkdirSync(path);
    writeFileSync(join(path, "sheet.obj"), mistake.mesh ?? grid());
    writeFileSync(join(path, "u.npy"), mistake.values ?? good);
    const stimuli = [
      { kind: "current", nodes: [0], start_ms: 0, duration_ms: 2, strength_per_ms: 1 },
    ];
    const recordings = (mistake.split ?? ["train", "test"]).map((split, k) => ({
      id: `beat-${k}`,
      split,
      stimuli,
      potential: { file: "u.npy", nodes: "all", sampling_hz: 500, unit: "normalised" },
      ...mistake.recording,
    }));
    const manifest = {
      format: "leads-arrays",
      version: 1,
      name,
      source: "a test",
      mesh: { file: "sheet.obj", unit: "mm", ...mistake.meshEntry },
      index_base: 0,
      recordings,
      ...mistake.manifest,
    };
    writeFileSync(join(path, "manifest.json"), JSON.stringify(manifest));
    return ["import", "arrays", "--manifest", `arrays-${name}/manifest.json`, "--out", "made"];
  }
  const potential = (more: object) => ({
    recording: {
      potential: { file: "u.npy", nodes: "all", sampling_hz: 500, unit: "normalised", ...more },
    },
  });

  test.each<[string, Mistake, RegExp]>([
    ["unknown key", { manifest: { colour: "red" } }, /manifest\.json.*colour/],
    ["transposed", { values: array([nodes, frames], () => 0.1) }, /\(36, 5\).*transpose/],
    ["wrong shape", { values: array([frames, nodes - 1], () => 0.1) }, /\(5, 35\) for 36 nodes/],
    ["all NaN", { values: array([frames, nodes], () => Number.NaN) }, /every value is missing/],
    ["infinite", { values: array([frames, nodes], () => Infinity) }, /infinite|reaches/],
    ["truncated", { values: good.slice(0, good.length - 9) }, /u\.npy: the file ends too early/],
    ["millivolts unsaid", { values: array([frames, nodes], () => -80) }, /Give "unit": "mV"/],
    ["empty selection", potential({ nodes: [] }), /nodes/],
    ["node from 1", potential({ nodes: [36] }), /node 36 is not in the mesh.*index_base 0/],
    ["no times", potential({ sampling_hz: undefined }), /times_ms_file or sampling_hz/],
    ["no test", { split: ["train", "train"] }, /there is no test recording/],
    ["metres", { mesh: grid({ spacing: 0.002 }), meshEntry: { unit: undefined } }, /unit/],
    [
      "disconnected",
      { mesh: grid({ extra: "v 90 0 0\nv 92 0 0\nv 90 2 0\nf 37 38 39\n" }) },
      /connected|pieces/,
    ],
    [
      "duplicate nodes",
      { mesh: grid({ extra: "v 0 0 0\nf 37 2 7\n" }) },
      /same place|duplicate|coincide/,
    ],
    ["foreign mesh", { mesh: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3) }, /sheet\.obj/],
    ["no such mesh", { meshEntry: { file: "none.vtu" } }, /none\.vtu: cannot be read/],
    ["not a mesh", { meshEntry: { file: "u.npy" } }, /u\.npy/],
  ])("%s", async (name, mistake, why) => {
    await refused(prepare(name.replaceAll(" ", "-"), mistake), why);
  });

  test("text in a file is never run", async () => {
    const trap = "require('node:fs').writeFileSync('trap','')";
    const args = prepare("trap-inside", { manifest: { name: trap, source: `$(touch trap)` } });
    expect((await leads(args.with(-1, "harmless"), { cwd: folder })).code).toBe(0);
    expect(everything(folder)).not.toContain("trap");
  });

  test("what is right is taken, with a report of what was read", async () => {
    const run = await leads(prepare("right", {}), { cwd: folder });
    expect(run).toMatchObject({ code: 0, stdout: "made\n" });
    expect(run.stderr).toMatch(/36 nodes/);
    expect(run.stderr).toMatch(/nodes counted from 0/);
    expect(run.stderr).toMatch(/mm/);
  });
});

describe("places that cannot be written to", () => {
  const synth = (out: string) => ["synth", ...tiny, "--out", out];
  const long = { timeout: 60_000 };
  const root = process.getuid?.() === 0;

  test("a file where a folder is expected", async () => {
    writeFileSync(join(folder, "file"), "mine");
    await refused(synth("file"), /file: cannot be (read|written)|is a file/);
    await refused(synth("file/inside"), /file/);
    await refused(["discover", "file", "--out", "run"], /file\/case\.json: cannot be read/);
    await refused(["discover", "patient", "--out", "file"], /file/);
    await refused(["demo", "--quick", "--out", "file"], /file/);
    await refused(["report", "file"], /file\/config\.json: cannot be read/);
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("mine");
  }, 60_000);

  test("a folder of something else is named as such", async () => {
    mkdirSync(join(folder, "else"));
    await refused(["discover", "else", "--out", "run"], /else is not the folder of a case/);
    await refused(["report", "else"], /else is not the folder of a run/);
    await refused(["discover", "nowhere", "--out", "run"], /nowhere/);
  }, 60_000);

  test("a folder with something in it is never replaced", async () => {
    mkdirSync(join(folder, "precious"));
    writeFileSync(join(folder, "precious", "thesis.txt"), "years of work");
    for (const args of [
      synth("precious"),
      [...synth("precious"), "--replace"],
      synth("patient"),
      ["discover", "patient", "--out", "precious"],
      ["demo", "--quick", "--out", "precious"],
    ])
      await refused(args, /exists|holds a case already/);
  }, 60_000);

  test("a read-only folder", long, async () => {
    const locked = join(folder, "locked");
    mkdirSync(locked);
    chmodSync(folder, 0o755);
    chmodSync(locked, 0o555);
    // Root may write anywhere, so the command runs as nobody.
    const where = root ? { user: 65534 } : {};
    await refused(synth("locked/patient"), /no permission.*Choose a folder/, where);
    await refused(["discover", "patient", "--out", "locked/run"], /no permission/, where);
  });

  test.skipIf(process.platform === "win32")("a disk that fills up", long, async () => {
    // A limit on the size of files breaks writes in the middle, as a full disk does.
    const wrapper = ["bash", "-c", 'ulimit -f 8; exec "$@"', "-"];
    await refused(synth("full"), /cannot be written/, { wrapper });
  });
});
