/**
 * `npm test`: every check of the project in order, then one line that a machine can read.
 * A stage that is not vitest counts as one test. Later stages run even where an earlier one failed,
 * but for those that need the build.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "leads-test-"));
const unitReport = join(scratch, "vitest.json");
const total = { passed: 0, failed: 0 };

/** Runs a command with its output shown; returns whether it ended well. */
function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    ...options,
  });
  if (error) console.error(`${command}: ${error.message}`);
  return status === 0;
}

function stage(name, work) {
  const began = performance.now();
  console.log(`\n== ${name}`);
  let counts;
  try {
    counts = work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    counts = false;
  }
  const { passed, failed } =
    typeof counts === "object" ? counts : { passed: counts ? 1 : 0, failed: counts ? 0 : 1 };
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`== ${name}: ${failed === 0 ? "passed" : "FAILED"} (${seconds} s)`);
  return failed === 0;
}

/** A file that could not even be loaded holds no tests, and is a failure all the same. */
function unitTests() {
  const ok = run("npx", [
    "vitest",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${unitReport}`,
  ]);
  const report = JSON.parse(readFileSync(unitReport, "utf8"));
  const empty = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((a) => a.status === "failed"),
  ).length;
  const failed = report.numFailedTests + empty;
  return { passed: report.numPassedTests, failed: failed === 0 && !ok ? 1 : failed };
}

/** What a user gets: the packed package in an empty folder, and its own first commands. */
function packedPackage() {
  const folder = join(scratch, "user");
  const packed = spawnSync(
    "npm",
    ["pack", "--ignore-scripts", "--json", "--pack-destination", scratch],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const [{ filename, files, size }] = JSON.parse(packed.stdout);
  console.log(`${filename}: ${files.length} files, ${(size / 1024).toFixed(0)} KiB`);
  const strays = files
    .map(({ path }) => path)
    .filter((path) => /^(src|test|bench|scripts)\//.test(path));
  if (strays.length > 0) throw new Error(`the package holds ${strays[0]}`);
  const here = { cwd: folder };
  const commands = [
    ["npm", ["init", "--yes", "--silent"], { ...here, stdio: "ignore" }],
    ["npm", ["install", "--no-audit", "--no-fund", join(scratch, filename)], here],
    ["npx", ["--no-install", "leads", "demo", "--quick"], here],
  ];
  run("mkdir", ["-p", folder]);
  for (const [command, args, options] of commands)
    if (!run(command, args, options)) throw new Error(`${command} ${args.join(" ")} failed`);
  if (!existsSync(join(folder, "leads-demo", "run", "report.html")))
    throw new Error("leads demo --quick left no report");
  const listed = spawnSync("npx", ["--no-install", "leads", "catalog", "--json"], {
    ...here,
    encoding: "utf8",
  });
  const { reactions, diffusions } = JSON.parse(listed.stdout);
  console.log(
    `leads catalog --json: ${reactions.length} reactions, ${diffusions.length} diffusions`,
  );
  return reactions.length > 0 && diffusions.length > 0;
}

try {
  const built = stage("build", () => run("npm", ["run", "--silent", "build"]));
  stage("lint", () => run("npm", ["run", "--silent", "lint"]));
  stage("type check", () => run("npm", ["run", "--silent", "typecheck"]));
  stage("unit, property, contract and command-line tests", unitTests);
  stage("packed package", () => built && packedPackage());
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\ntests: ${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
