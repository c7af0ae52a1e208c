import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url).pathname;
const source = join(root, "src");

/**
 * Which room may import from which (DESIGN.md, "Rooms"): the whole truth, without exceptions.
 * A room sees itself; files that lie in src/ itself are the room "index".
 */
const below = {
  core: [],
  model: ["core"],
  kernel: ["core", "model"],
  mesh: ["core"],
  catalog: ["core", "model"],
  case: ["core", "mesh", "model"],
  twin: ["core", "model", "kernel", "mesh", "case"],
  verify: ["core", "model", "kernel", "mesh", "catalog", "case", "twin"],
  io: ["core", "mesh", "case", "twin"],
  native: ["core", "kernel"],
  fit: ["core", "model", "kernel", "mesh", "catalog", "case", "twin", "native"],
  discover: ["core", "model", "mesh", "case", "twin", "fit"],
  report: ["core", "model", "mesh", "case", "twin", "verify", "fit", "discover"],
  view: ["core", "case", "mesh", "twin", "fit", "discover"],
  // biome-ignore format: one room a line
  table: ["core", "model", "mesh", "catalog", "case", "twin", "io", "native", "fit", "discover", "report"],
  // biome-ignore format: one room a line
  cli: ["core", "model", "mesh", "catalog", "case", "twin", "verify", "io", "native", "fit", "discover", "report", "view", "table"],
  // biome-ignore format: one room a line
  index: ["core", "model", "kernel", "mesh", "catalog", "case", "twin", "verify", "io", "native", "fit", "discover", "report", "view", "table"],
} as const satisfies Record<string, readonly string[]>;
type Room = keyof typeof below;

/** Packages of the registry, and the rooms that may use them. */
const packages: Readonly<Record<string, readonly Room[]>> = {
  "pure-rand": ["core"],
  "ml-matrix": ["twin"],
  "fast-png": ["io"],
  koffi: ["native"],
  zod: ["io", "discover", "view", "cli"],
  hono: ["cli"],
  "@hono/node-server": ["cli"],
  ai: ["discover"],
  "@ai-sdk/anthropic": ["discover"],
  "@ai-sdk/google": ["discover"],
  "@ai-sdk/openai": ["discover"],
  "@ai-sdk/openai-compatible": ["discover"],
  commander: ["cli"],
  picocolors: ["cli"],
  "@modelcontextprotocol/sdk": ["cli"],
};

/** Rooms that run in a browser as they are: nothing of Node in them. */
// biome-ignore format: one line a list
const browserRooms: readonly Room[] = ["core", "model", "kernel", "mesh", "catalog", "case", "twin", "verify", "report", "view"];

interface Import {
  readonly file: string;
  readonly room: Room;
  /** As written. */
  readonly target: string;
}

/** Static, type-only, side-effect and dynamic imports, re-exports, and worker files by URL. */
const forms = [
  /\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"'\n]+)["']/g,
  /\bimport\s*["']([^"'\n]+)["']/g,
  /\bimport\s*\(\s*["'`]([^"'`\n]+)["'`]/g,
  /\bnew URL\(\s*["']([^"'\n]+\.js)["']\s*,\s*import\.meta\.url/g,
];

/** The code alone: no comments, so that prose cannot look like an import. */
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/(^|\s)\/\/.*$/gm, "$1");

const targetsIn = (text: string): string[] =>
  forms.flatMap((form) => [...withoutComments(text).matchAll(form)].map(([, target]) => target));

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"))
  .sort();
const textOf = new Map(files.map((file) => [file, readFileSync(join(source, file), "utf8")]));

function roomOf(file: string): Room {
  const [first, ...rest] = file.split("/");
  return (rest.length === 0 ? "index" : first) as Room;
}

const imports: readonly Import[] = files.flatMap((file) =>
  targetsIn(textOf.get(file)!).map((target) => ({ file, room: roomOf(file), target })),
);
const isInside = (target: string) => target.startsWith(".");
const resolved = ({ file, target }: Import) =>
  normalize(join(dirname(file), target))
    .split(sep)
    .join("/");
const packageOf = (target: string) =>
  target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
const said = ({ file, target }: Import) => `${file} imports ${target}`;

test("the reader of imports sees every form, and not what only looks like one", () => {
  const text = `
    import a from "./a.js"; import { type B, c } from "../b.js";
    import type { D } from "../d.js"; export { e } from "./e.js"; export * from "./f.js";
    import "./g.js"; const h = await import("./h.js"); type I = import("./i.js").I;
    const w = new URL("./worker.js", import.meta.url);
    // import x from "./comment.js"
    /* import y from "./block.js" */
    const end = { end: "from", state: "./no.js" };
  `;
  const names = targetsIn(text).map((target) => target.replace(/^.*\/|\.js$/g, ""));
  expect(names.sort()).toEqual(["a", "b", "d", "e", "f", "g", "h", "i", "worker"]);
});

test("every folder of src is a room, and the table has no circle", () => {
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(below).sort());
  expect(files.filter((file) => !file.includes("/"))).toEqual(["index.ts"]);
  // Rooms stand in an order in which each sees earlier ones alone.
  const order = Object.keys(below);
  for (const [room, seen] of Object.entries(below))
    for (const other of seen)
      expect(order.indexOf(other), `${room} sees ${other}`).toBeLessThan(order.indexOf(room));
});

test("imports go down the ladder", () => {
  expect(imports.filter(({ target }) => isInside(target)).length).toBeGreaterThan(200);
  const wrong = imports.filter((one) => {
    if (!isInside(one.target)) return false;
    const other = roomOf(resolved(one));
    return other !== one.room && !(below[one.room] as readonly string[]).includes(other);
  });
  expect(wrong.map(said)).toEqual([]);
});

test("an import names a file that exists, with its extension, or a package", () => {
  const missing = imports.filter(
    (one) => isInside(one.target) && !textOf.has(resolved(one).replace(/\.js$/, ".ts")),
  );
  expect(missing.map(said)).toEqual([]);
});

test("no import at run time is computed: the reader could not follow it", () => {
  const computed = files.filter((file) =>
    /\bimport\s*\((?!\s*["'`][^"'`$]+["'`]\s*\))/.test(withoutComments(textOf.get(file)!)),
  );
  expect(computed).toEqual([]);
});

test("packages are used in their rooms only, and each dependency is used", () => {
  const used = imports.filter(({ target }) => !isInside(target) && !target.startsWith("node:"));
  const stray = used.filter(
    ({ room, target }) => !(packages[packageOf(target)] ?? []).includes(room),
  );
  expect(stray.map(said)).toEqual([]);
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const names = [...new Set(used.map(({ target }) => packageOf(target)))];
  expect(Object.keys({ ...dependencies, ...peerDependencies }).sort()).toEqual(names.sort());
});

test("what runs in a browser imports nothing of Node", () => {
  const wrong = imports.filter(
    ({ room, target }) => browserRooms.includes(room) && target.startsWith("node:"),
  );
  expect(wrong.map(said)).toEqual([]);
});

test("only the command line touches console and process; native asks the machine", () => {
  // A local value may be called "process" (a Gaussian one is); the global one has these members.
  const global =
    /\bconsole\s*[.[]|\bprocess\s*\.\s*(?:env|argv|exit\w*|std\w+|on|off|cwd|pid|versions)\b/;
  const guilty = files.filter(
    (file) =>
      !["cli", "native"].includes(roomOf(file)) && global.test(withoutComments(textOf.get(file)!)),
  );
  expect(guilty).toEqual([]);
});
