import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actionNames } from "../../src/discover/actions.js";
import { expertRules } from "../../src/discover/agents/expert.js";
import { encodeNpy } from "../../src/io/npy.js";
import { encodeVtu } from "../../src/io/vtu-write.js";
import { ellipsoidShell } from "../../src/mesh/generators.js";
import { interpolators } from "../../src/twin/interpolation/interpolators.js";
import { score } from "../../src/twin/metrics.js";
import type { StudioIndex } from "../../src/view/contract.js";
import { leads, temporaryFolder, tiny } from "../cli/leads.js";
import { lacking } from "../kernel/native-here.js";
import { startStudio } from "../studio/browser.js";

const root = new URL("../../", import.meta.url).pathname;
const sock = new URL("../../../shared/data/utah-sock490/", import.meta.url).pathname;
const execute = promisify(execFile);
const home = temporaryFolder();

const documents = [
  ...readdirSync(root).filter((name) => /^[A-Z]+\.md$/.test(name)),
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
].sort();
const textOf = (document: string) => readFileSync(join(root, document), "utf8");

interface Block {
  readonly language: string;
  /** What stands behind the language: a file's name. */
  readonly name: string;
  readonly code: string;
}
const blocksOf = (document: string): Block[] =>
  [...textOf(document).matchAll(/^```(\w+) ?([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language, name, code]) => ({ language, name: name.trim(), code }),
  );

/** Lines that begin with `leads`; a line that ends with \ goes on. */
const commandsIn = (code: string): string[] =>
  code
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line.startsWith("leads "));

/** As a shell splits it: what stands between quotes is one word. */
const wordsOf = (line: string): string[] =>
  (line.match(/(?:'[^']*'|"[^"]*"|\S)+/g) ?? []).map((word) => word.replaceAll(/^['"]|['"]$/g, ""));

/** A case and a row that take seconds. */
const tableCell = {
  published: ["aliev-panfilov", "zero"],
  hard: ["noise-2", "zero"],
  real: ["utah-sock490", "thin-plate"],
} as const;

/** The same command on something small; the last value of an option counts. */
function small(args: readonly string[]): string[] {
  const [command] = args;
  if (command === "synth") return [...args, ...tiny];
  if (command === "demo" && !args.includes("--quick")) return [...args, "--quick"];
  // One cell, and none at all of recordings that are not here.
  if (command === "table") {
    const suite = args.includes("real") ? "real" : args.includes("hard") ? "hard" : "published";
    const [cases, rows] = tableCell[suite];
    return [...args, "--quick", "--seeds", "1", "--cases", cases, "--rows", rows];
  }
  if (command === "verify") return [...args, "--only", "invariants"];
  if (command === "branch" || (command === "discover" && !args.includes("--resume")))
    return [...args, "--evaluations", "1", "--seconds", "600"];
  return [...args];
}

/** Speaks the chat protocol of OpenAI-compatible servers: one short fit, then the end. */
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    const input = { thought: "A short fit first.", fit: { starts: 1, potentialIterations: 2 } };
    const call = { name: "set_fit", arguments: JSON.stringify(input) };
    const message = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "call", type: "function", function: call }],
    };
    const choices = [{ index: 0, finish_reason: "tool_calls", message }];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: "x", created: 1, model: "m", choices }));
  });
});

/** What the documents take for granted: recordings of one's own, and a package in node_modules. */
function provideFiles(folder: string, document: string): void {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  symlinkSync(root, join(folder, "node_modules", "leads-ep"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  const makes = (name: string) => new RegExp(`--out ${name}(?![\\w-])`).test(textOf(document));
  for (const name of ["patient", "patient.truth.json", "run"])
    if (!makes(name.replace(".truth.json", "")))
      cpSync(join(home, name), join(folder, name), { recursive: true });
  const mesh = ellipsoidShell({ semiAxes_mm: [15, 15, 20], spacing_mm: 5, open: true });
  const nodes = mesh.points.length / 3;
  const [frames, beat] = [40, 20];
  const data = Float32Array.from({ length: frames * nodes }, (_, k) =>
    Math.floor(k / nodes) > 5 + (k % nodes) / 10 ? 30 : -80,
  );
  writeFileSync(join(folder, "heart.vtu"), encodeVtu(mesh));
  writeFileSync(join(folder, "apex.npy"), encodeNpy({ shape: [frames, nodes], data, type: "f4" }));
  const times = Array.from({ length: 12 }, (_, i) => `${i},${(10 + i).toFixed(1)}`);
  writeFileSync(join(folder, "base.csv"), `node,time_ms\n${times.join("\n")}\n`);
  mkdirSync(join(folder, "frames"));
  for (let t = 0; t < 6 * 150; t++) {
    const light = t % 150 >= 30 && t % 150 < 30 + beat ? 5800 : 6000;
    const pixels = Uint16Array.from({ length: 36 }, (_, p) => light + 10 * p);
    const image = { width: 6, height: 6, depth: 16, channels: 1, data: pixels } as const;
    writeFileSync(join(folder, "frames", `${t}.png`), encode(image));
  }
  if (existsSync(sock))
    for (const name of ["rsm10jan01-cs-0004.mat", "490sock.pts", "490sock.fac"])
      symlinkSync(join(sock, name), join(folder, name));
}

/** It serves until it is stopped: one look at what it shows. */
async function openStudio(args: readonly string[], cwd: string): Promise<void> {
  const { url, stop } = await startStudio(args, cwd);
  const index = (await (await fetch(`${url}data/index.json`)).json()) as StudioIndex;
  await stop();
  expect(index.runs.length + index.cases.length).toBeGreaterThan(0);
}

async function runCommand(line: string, cwd: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const [, ...args] = wordsOf(line.replace("127.0.0.1:11434", `127.0.0.1:${port}`));
  if (args[0] === "studio" && args[1] !== "export") return openStudio(args.slice(1), cwd);
  const run = await leads(small(args), { cwd });
  // A language model behind a key: the door is there, and says what it needs.
  if (/^leads discover .*--agent llm:(anthropic|openai|google):/.test(line)) {
    expect(run, line).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(/^error: No key for \w+ in the environment\./);
    return;
  }
  // Cut short to one evaluation, a search ends at that limit.
  const expected = /^leads (discover|branch)/.test(line) ? 3 : 0;
  expect(run.code, `${line}\n${run.stderr}`).toBe(expected);
}

/** Compiles a document's TypeScript against the built package, as a user's project would. */
async function compile(folder: string, names: readonly string[]): Promise<void> {
  const compilerOptions = {
    ...{ target: "ES2023", lib: ["ES2023", "DOM"], module: "NodeNext", strict: true, types: [] },
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: names }));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  await execute(process.execPath, [compiler, "-p", folder], { cwd: folder }).catch((error) => {
    throw new Error(error.stdout || String(error));
  });
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const here = { cwd: home };
  expect((await leads(["synth", ...tiny, "--out", "patient"], here)).code).toBe(0);
  const asked = ["--evaluations", "1", "--out", "run"];
  expect((await leads(["discover", "patient", ...asked], here)).code).toBe(3);
}, 180_000);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("what the documents show works", () => {
  const shown = documents.filter((document) =>
    blocksOf(document).some(
      ({ language, code }) => language === "ts" || commandsIn(code).length > 0,
    ),
  );
  test("there is something to run", () => {
    expect(shown).toEqual(
      expect.arrayContaining([
        "README.md",
        "CONTRIBUTING.md",
        "docs/library.md",
        "docs/formats.md",
      ]),
    );
  });

  test.each(shown)("%s", { timeout: 300_000 }, async (document) => {
    const folder = join(home, document.replaceAll(/\W/g, "-"));
    mkdirSync(folder);
    provideFiles(folder, document);
    const blocks = blocksOf(document);
    const programs = blocks.filter(({ language }) => language === "ts");
    const programName = new Map(programs.map((block, k) => [block, `block-${k + 1}`]));
    for (const [{ code }, name] of programName) writeFileSync(join(folder, `${name}.ts`), code);
    if (programs.length > 0)
      await compile(
        folder,
        [...programName.values()].map((name) => `${name}.ts`),
      );
    for (const block of blocks) {
      // Not every machine has a compiler.
      if (lacking && block.code.includes("nativeBackEnd")) continue;
      if (block.language === "ts")
        await execute(process.execPath, [`${programName.get(block)}.js`], { cwd: folder });
      if (block.language === "json") {
        JSON.parse(block.code);
        if (block.name) writeFileSync(join(folder, block.name), block.code);
      }
      if (block.language === "sh")
        for (const line of commandsIn(block.code)) {
          // Real recordings never travel with the project.
          if (line.includes("import map3d") && !existsSync(sock)) continue;
          await runCommand(line, folder);
        }
    }
  });
});

describe("what the documents say is there", () => {
  test.each(documents)("%s: its links lead to files", (document) => {
    const targets = [...textOf(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to]) => to);
    const missing = targets
      .filter((to) => !/^[a-z]+:/.test(to))
      .filter((to) => !existsSync(new URL(to, `file://${join(root, document)}`).pathname));
    expect(missing).toEqual([]);
  });

  test.each(documents)("%s: the source files it names exist", (document) => {
    const named = textOf(document).matchAll(
      /`((?:src|test|scripts|bench)\/[\w./-]+\.(?:ts|mjs))`/g,
    );
    const missing = [...named]
      .map(([, path]) => path)
      .filter((path) => !path.includes("NAME") && !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  /** Names in the first column or at the start of a numbered line, in the document's order. */
  const listed = (document: string, from: string, to: string) => {
    const text = textOf(document);
    const part = text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from) + from.length));
    return [...part.matchAll(/^(?:\| `|\d+\. \*\*)(.+?)(?:` \||\*\*:)/gm)].flatMap(([, names]) =>
      names.split("`, `"),
    );
  };

  test("the expert's rules, in their order", () => {
    const names = expertRules.map(({ name }) => name);
    expect(listed("docs/agents.md", "<!-- rules -->", "<!-- /rules -->")).toEqual(names);
  });

  test("the actions", () => {
    expect(listed("docs/agents.md", "## Actions", "A decision")).toEqual(actionNames);
  });

  test("the figures, and the predictors without a model", () => {
    expect(listed("docs/metrics.md", "| figure", "**Activation**")).toEqual(Object.keys(score([])));
    const predictors = ["zero", "spatial_mean", "nearest_pacing", ...Object.keys(interpolators)];
    expect(listed("docs/metrics.md", "| name", "On training")).toEqual(predictors);
  });

  /** `leads studio FOLDER` has a folder where others have a command of their own. */
  const hasCommands = ([first, second]: readonly string[]) =>
    ["import", "session"].includes(first) ||
    (first === "studio" && ["open", "export"].includes(second));

  test("every option that a document writes exists in the command's help", async () => {
    const lines = documents.flatMap((document) =>
      blocksOf(document).flatMap(({ code }) => commandsIn(code)),
    );
    const help = new Map<string, string>();
    for (const line of new Set(lines)) {
      const words = line.split(/\s+/).slice(1);
      const command = words.slice(0, hasCommands(words) ? 2 : 1);
      const key = command.join(" ");
      if (!help.has(key)) help.set(key, (await leads([...command, "--help"])).stdout);
      for (const option of line.match(/--[a-z-]+/g) ?? [])
        expect(help.get(key), line).toContain(option);
    }
  });
});
