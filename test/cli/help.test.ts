import { expect, test } from "vitest";
import { leads, temporaryFolder } from "./leads.js";

const here = { cwd: temporaryFolder() };
const commands = [
  ...["demo", "synth", "import", "import map3d", "import optical", "import arrays"],
  ...["estimate", "discover", "steer", "branch", "evaluate", "simulate", "catalog"],
  ...["memory", "memory add", "memory show"],
  ...["session", "session open", "session observe", "session act", "session close", "mcp"],
  ...["replay", "report", "uncertainty", "next-site", "verify", "table"],
  ...["studio", "studio open", "studio export"],
];

test("the program lists its commands, an example and the exit codes", async () => {
  const { code, stdout } = await leads(["--help"], here);
  expect(code).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}([a-z-]+)(?: \[| {2}).* {2,}\S/gm)].map(
    ([, name]) => name,
  );
  expect(listed).toEqual([...commands.filter((name) => !name.includes(" ")), "help"]);
  expect(stdout).toMatch(/Example:\n {2}leads demo\n/);
  expect(stdout).toMatch(/Exit codes: 0 .*1 .*2 .*3 /);
});

test.each(commands)("leads %s --help has an example of itself", async (name) => {
  const { code, stdout, stderr } = await leads([...name.split(" "), "--help"], here);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(`Usage: leads ${name}`);
  expect(stdout).toMatch(new RegExp(`Example:\n {2}leads ${name}\\b`));
});

test("the version is the package's", async () => {
  const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
  expect(await leads(["--version"], here)).toMatchObject({
    code: 0,
    stdout: `${manifest.version}\n`,
  });
});

test.each([
  "mitchell-schaeffer",
  "luo-rudy",
  "conductivity-field",
])("catalog shows %s", async (name) => {
  const text = await leads(["catalog", name], here);
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/doi:|et al\./);
  const entry = JSON.parse((await leads(["catalog", name, "--json"], here)).stdout);
  expect(entry.name).toBe(name);
});

test("catalog shows an ionic model in its units, with its step, and a potential that is not 0 to 1", async () => {
  const { stdout } = await leads(["catalog", "luo-rudy"], here);
  expect(stdout).toContain("V = -84.5478 + 130 u mV");
  expect(stdout).toContain("step: 0.025 ms or less, rush-larsen-2");
  expect(stdout).toMatch(/ {2}Ca_i +concentration +0\.000178359 +mM/);
  expect((await leads(["catalog", "karma"], here)).stdout).toContain("mV = -85 + 100 E / 3.8");
  expect((await leads(["catalog"], here)).stdout).toMatch(/luo-rudy \* +8 /);
});
