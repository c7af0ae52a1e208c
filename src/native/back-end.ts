import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fail, LeadsError } from "../core/errors.js";
import { printC } from "../kernel/c-printer.js";
import type { NativeBackEnd, NativePass } from "../kernel/native.js";

export interface NativeOptions {
  /** A C compiler with GCC's vector extension: GCC 12 or newer, or Clang; CC or cc if absent. */
  readonly compiler?: string;
  /** Folder that keeps what was compiled. */
  readonly cache?: string;
}

/**
 * Without -ffast-math: it would let the compiler undo (y + c) - c, and on loading switch denormal
 * numbers off for the whole thread.
 */
const flags = [
  ...["-x", "c", "-std=gnu11", "-O2", "-march=native", "-fPIC", "-shared", "-w"],
  ...["-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"],
];

const compilerFix =
  "Install GCC 12 or newer, or Clang, or name one in the environment variable CC.";

/**
 * Passes as C, compiled for this very machine and called through koffi: several times as fast as
 * WebAssembly where vectors are wide. Results differ from machine to machine in their last bits.
 *
 * Errors: "no-native" without koffi, without a compiler that reads our C, or without a folder of
 * one's own for what it makes; "native-compiler" where a compilation fails later.
 */
export async function nativeBackEnd(options: NativeOptions = {}): Promise<NativeBackEnd> {
  const { compiler = process.env.CC || "cc", cache = defaultCache() } = options;
  const koffi = await loadKoffi();
  const macros = predefined(compiler);
  const vectorFloats = widestVector(macros);
  const known = new Map<string, readonly NativePass[]>();
  const compile: NativeBackEnd["compile"] = (source, passes) => {
    // What the compiler says of itself and of the processor is part of what is compiled.
    const name = hashOf(macros, flags, source);
    const found = known.get(name);
    if (found) return found;
    const library = load(koffi, { compiler, cache, name, source });
    const calls = Array.from({ length: passes }, (_, k) =>
      library.func(`void pass${k}(uintptr_t, uintptr_t, uintptr_t)`),
    ) as unknown as readonly NativePass[];
    known.set(name, calls);
    return calls;
  };
  probe(compile, vectorFloats);
  return {
    name: "native-f32",
    version: `${versionIn(macros)}, ${hashOf(macros, flags).slice(0, 8)}`,
    vectorFloats,
    addressOf: (memory) => Number(koffi.address(memory)),
    compile,
  };
}

const hashOf = (...parts: unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

type Koffi = typeof import("koffi");

async function loadKoffi(): Promise<Koffi> {
  try {
    return await import("koffi");
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    return fail({
      code: "no-native",
      message: isAbsent
        ? "The package koffi, through which native code is called, is not installed."
        : `The package koffi cannot be loaded: ${(cause as Error).message}`,
      fix: "Install it where leads-ep is (npm install koffi, or npm install -g koffi).",
      cause,
    });
  }
}

/** Relative paths are left aside, as the XDG specification asks. */
function defaultCache(): string {
  const { XDG_CACHE_HOME: given = "" } = process.env;
  return join(isAbsolute(given) ? given : join(homedir(), ".cache"), "leads", "native");
}

/** All macros that the compiler defines for this processor. */
function predefined(compiler: string): string {
  const ask = ["-march=native", "-dM", "-E", "-x", "c", "-"];
  try {
    return execFileSync(compiler, ask, { input: "", encoding: "utf8", stdio: "pipe" });
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const takesFlags = isAbsent && /\s/.test(compiler.trim());
    return fail({
      code: "no-native",
      message: isAbsent
        ? `"${compiler}" is no C compiler: there is no such program.`
        : `"${compiler}" is no C compiler that knows -march=native.`,
      fix: takesFlags ? "Name the program alone, without flags, in CC." : compilerFix,
      cause,
    });
  }
}

const versionIn = (macros: string): string => /#define __VERSION__ "(.*)"/.exec(macros)?.[1] ?? "";

function widestVector(macros: string): number {
  if (/#define __AVX512F__ /.test(macros)) return 16;
  return /#define __AVX__ /.test(macros) ? 8 : 4;
}

/** One trajectory and four of nothing: whether this compiler knows all that passes are made of. */
function probe(compile: NativeBackEnd["compile"], floats: number): void {
  try {
    for (const nodes of [floats, floats / 4])
      compile(printC([], { floats, nodes, kind: "nodes" }), 0);
  } catch (cause) {
    if (!(cause instanceof LeadsError) || cause.code !== "native-compiler") throw cause;
    fail({ code: "no-native", message: cause.message, fix: compilerFix, cause });
  }
}

interface Compilation {
  readonly compiler: string;
  readonly cache: string;
  readonly name: string;
  readonly source: string;
}

/** Path of the library; made beside its place and moved there, so that nobody loads half of one. */
function compiled({ compiler, cache, name, source }: Compilation): string {
  const path = join(cache, `${name}.so`);
  const work = inOwn(cache, () =>
    existsSync(path) ? undefined : mkdtempSync(join(cache, "making-")),
  );
  if (work === undefined) return path;
  const [text, made] = [join(work, "passes.c"), join(work, "passes.so")];
  try {
    inOwn(cache, () => writeFileSync(text, source));
    run(compiler, [...flags, "-o", made, text]);
    if (!existsSync(made))
      fail({
        code: "native-compiler",
        message: `"${compiler}" says nothing, and has compiled nothing.`,
        fix: compilerFix,
      });
    inOwn(cache, () => renameSync(made, path));
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(compiler: string, args: readonly string[]): void {
  try {
    execFileSync(compiler, args, { stdio: "pipe" });
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: Buffer };
    const lines = String(stderr ?? "").split("\n");
    const said = lines.find((line) => /\berror\b/.test(line)) ?? message.split("\n")[0];
    fail({
      code: "native-compiler",
      message: `${compiler} could not compile the passes of a twin: ${said.replace(/^.*passes\.c:/, "line ")}`,
      fix: compilerFix,
      cause,
    });
  }
}

/** Work in the cache, which must be the user's alone: what lies there is loaded and run. */
function inOwn<T>(cache: string, work: () => T): T {
  const refuse = (why: string, cause?: unknown): never =>
    fail({
      code: "no-native",
      path: cache,
      message: `Compiled passes cannot be kept in ${cache}: ${why}.`,
      fix: "Name another folder in the environment variable XDG_CACHE_HOME.",
      cause,
    });
  try {
    makeFolder(cache);
    const { uid, mode } = statSync(cache);
    if (process.getuid && (uid !== process.getuid() || (mode & 0o022) !== 0))
      return refuse("others can write there");
    return work();
  } catch (cause) {
    if (cause instanceof LeadsError) throw cause;
    return refuse((cause as Error).message, cause);
  }
}

/** Step by step: where nothing can be made (/proc), Node's own recursion never ends. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another worker was quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** What was compiled before may be damaged: then it is compiled once more. */
function load(koffi: Koffi, asked: Compilation) {
  const path = compiled(asked);
  try {
    return koffi.load(path);
  } catch {
    inOwn(asked.cache, () => rmSync(path, { force: true }));
  }
  try {
    return koffi.load(compiled(asked));
  } catch (cause) {
    return fail({
      code: "no-native",
      path,
      message: `${path}, compiled just now, cannot be loaded: ${(cause as Error).message}.`,
      fix: "Name a folder that programs may be run from in the environment variable XDG_CACHE_HOME.",
      cause,
    });
  }
}
