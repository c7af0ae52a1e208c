import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fail } from "../core/errors.js";
import type { BackEnd } from "../kernel/engine.js";
import type { NativeBackEnd, NativePass } from "../kernel/native.js";

/** What simulations run on, as people choose it. */
export const engineNames = ["wasm", "native"] as const;
export type EngineName = (typeof engineNames)[number];

/** Errors: those of `nativeBackEnd`. */
export const backEndOf = async (engine: EngineName): Promise<BackEnd> =>
  engine === "native" ? nativeBackEnd() : "wasm-f32x4";

export interface NativeOptions {
  /** A C compiler with GCC's vector extension: GCC 12 or newer, or Clang. */
  readonly compiler?: string;
  /** Folder that keeps what was compiled; only its owner may write there. */
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

const unavailable = (message: string, fix: string): never =>
  fail({ code: "no-native", message, fix });

/**
 * Passes as C, compiled for this very machine and called through koffi: several times as fast as
 * WebAssembly where vectors are wide. Results differ from machine to machine in their last bits.
 *
 * Errors: "no-native" without koffi or a compiler; "native-compiler" where it cannot read our C.
 */
export async function nativeBackEnd(options: NativeOptions = {}): Promise<NativeBackEnd> {
  const { compiler = process.env.CC || "cc", cache = defaultCache() } = options;
  const koffi = await import("koffi").catch(() =>
    unavailable("The package koffi, which calls native code, is not here.", "npm install koffi"),
  );
  const macros = predefined(compiler);
  const known = new Map<string, readonly NativePass[]>();
  return {
    name: "native-f32",
    vectorFloats: widestVector(macros),
    addressOf: (memory) => Number(koffi.address(memory)),
    compile: (source, passes) => {
      // What the compiler says of itself and of the processor is part of what is compiled.
      const hash = createHash("sha256").update(JSON.stringify([macros, flags, source]));
      const name = hash.digest("hex").slice(0, 32);
      const found = known.get(name);
      if (found) return found;
      const library = koffi.load(compiled({ compiler, cache, name, source }));
      const calls = Array.from({ length: passes }, (_, k) =>
        library.func(`void pass${k}(uintptr_t, uintptr_t, uintptr_t)`),
      ) as unknown as readonly NativePass[];
      known.set(name, calls);
      return calls;
    },
  };
}

const defaultCache = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "leads", "native");

/** All macros that the compiler defines for this processor. */
function predefined(compiler: string): string {
  const ask = ["-march=native", "-dM", "-E", "-x", "c", "-"];
  try {
    return execFileSync(compiler, ask, { input: "", encoding: "utf8", stdio: "pipe" });
  } catch {
    return unavailable(
      `"${compiler}" is no C compiler that knows -march=native.`,
      "Install GCC 12 or Clang, or name one in the environment variable CC.",
    );
  }
}

function widestVector(macros: string): number {
  if (/#define __AVX512F__ /.test(macros)) return 16;
  return /#define __AVX__ /.test(macros) ? 8 : 4;
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
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const work = mkdtempSync(join(cache, "making-"));
  const [text, made] = [join(work, "passes.c"), join(work, "passes.so")];
  try {
    writeFileSync(text, source);
    execFileSync(compiler, [...flags, "-o", made, text], { stdio: "pipe" });
    renameSync(made, path);
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? error).trim();
    fail({
      code: "native-compiler",
      message: `${compiler} could not compile the passes of this twin: ${said.split("\n")[0]}`,
      fix: "Use GCC 12 or newer, or Clang; name it in the environment variable CC.",
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path;
}
