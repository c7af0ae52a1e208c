import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTwin, type StoredTwin, writeTwin } from "../../src/io/twin-directory.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { defaultSpec } from "../../src/twin/spec.js";

const mesh = sheet({ width_mm: 20, height_mm: 12, spacing_mm: 2 });
const stored: StoredTwin = {
  mesh,
  twin: {
    spec: {
      ...defaultSpec,
      reaction: { name: "aliev-panfilov", variant: "constant-e" },
      diffusion: { name: "conductivity-field", options: { smoothness: 3e-6 } },
    },
    values: {
      scalars: { "reaction.a": 0.1 + 0.2, "diffusion.D": 1 / 3 },
      fields: { "diffusion.log_scale": Float64Array.from({ length: nodeCount(mesh) }, Math.sin) },
      network: Float64Array.from([1e-300, -0.5]),
      sites: { "beat-1": [{ node: 3, onset_ms: 1.25 }] },
    },
  },
};
const folder = async () => join(await mkdtemp(join(tmpdir(), "leads-twin-")), "twin");

test("a twin comes back bit for bit", async () => {
  const path = await folder();
  await writeTwin(path, stored);
  const { twin, mesh: read } = await readTwin(path);
  expect(twin).toEqual(stored.twin);
  expect([...read.points]).toEqual([...mesh.points]);
  expect([...read.elements]).toEqual([...mesh.elements]);
});

test("a twin keeps how it is stepped; files from before that choice are read as they are", async () => {
  const path = await folder();
  const split = { scheme: "strang", diffusion: "crank-nicolson", mass: "consistent" } as const;
  const numerics = { ...split, dt_ms: 0.1, stepFraction: 0.72, refinements: 0 };
  const spec = { ...stored.twin.spec, numerics };
  await writeTwin(path, { ...stored, twin: { ...stored.twin, spec } });
  expect((await readTwin(path)).twin.spec.numerics).toEqual(numerics);

  const before = { scheme: "rk4", stepFraction: 0.72, refinements: 0 };
  const text = await readFile(join(path, "twin.json"), "utf8");
  const content = JSON.parse(text);
  content.spec.numerics = before;
  await writeFile(join(path, "twin.json"), JSON.stringify(content));
  expect((await readTwin(path)).twin.spec.numerics).toEqual(before);
});

test.each([
  { dt_ms: 0 },
  { diffusion: "implicit" },
  { mass: "full" },
  { scheme: "strung" },
])("numerics %j are refused", async (wrong) => {
  const path = await folder();
  await writeTwin(path, stored);
  const content = JSON.parse(await readFile(join(path, "twin.json"), "utf8"));
  Object.assign(content.spec.numerics, wrong);
  await writeFile(join(path, "twin.json"), JSON.stringify(content));
  await expect(readTwin(path)).rejects.toThrow(`numerics.${Object.keys(wrong)[0]}`);
});

test("an older twin is replaced, another folder never", async () => {
  const path = await folder();
  await writeTwin(path, stored);
  await writeTwin(path, stored);
  await writeFile(join(path, "notes.txt"), "mine");
  await expect(writeTwin(path, stored)).rejects.toMatchObject({ code: "exists" });
  expect(await readdir(path)).toContain("notes.txt");
});

test.each([
  ["a damaged array", "field-1.npy", (bytes: Buffer) => bytes.fill(7, 140, 148), /not the file/],
  ["half a description", "twin.json", (bytes: Buffer) => bytes.subarray(0, 200), /not JSON/],
  [
    "an unknown key",
    "twin.json",
    (bytes: Buffer) => Buffer.from(bytes.toString().replace('"starts"', '"starst"')),
    /starst|starts/,
  ],
  [
    "a path out of the folder",
    "twin.json",
    (bytes: Buffer) => Buffer.from(bytes.toString().replace("mesh.vtu", "../mesh.vtu")),
    /not a plain file name/,
  ],
])("%s is refused with the reason", async (_, file, damage, message) => {
  const path = await folder();
  await writeTwin(path, stored);
  await writeFile(join(path, file), damage(await readFile(join(path, file))));
  await expect(readTwin(path)).rejects.toThrow(message);
});
