import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { fail } from "../core/errors.js";
import { decodeText } from "./bytes.js";
import { malformed, truncated } from "./problems.js";

/** Thin doors to the disk: every failure comes back as a LeadsError that names the file. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    return unreadable(path, cause);
  }
}

export const readText = async (path: string): Promise<string> => decodeText(await readBytes(path));

export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (cause) {
    return unreadable(path, cause);
  }
}

/** Without such a file in it. */
export const isFolderWithout = (directory: string, file: string): boolean =>
  (statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false) &&
  !existsSync(join(directory, file));

const readFixes: Readonly<Record<string, string>> = {
  ENOENT: "Check the path; nothing is there.",
  EISDIR: "Name a file; this is a folder.",
  ENOTDIR: "Name a folder; this, or a part of its path, is a file.",
  EACCES: "Give yourself read permission on it.",
  ERR_FS_FILE_TOO_LARGE: "The file is larger than 2 GiB: split it or thin it out.",
};

function unreadable(path: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? "unknown";
  return fail({
    code: "cannot-read",
    message: `${path}: cannot be read (${code}).`,
    path,
    fix: readFixes[code] ?? "Check the path and the disk.",
    cause,
  });
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

/** What a compressed block may grow to, so that a small file cannot fill the memory. */
const largestInflated_bytes = 2 ** 30;

/** zlib stream (RFC 1950) -> bytes. Errors: truncated-file, malformed-file. */
export function inflate(bytes: Uint8Array, path: string): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: largestInflated_bytes });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "Z_BUF_ERROR") return truncated(path, "a compressed block is incomplete");
    if (code === "ERR_BUFFER_TOO_LARGE")
      return malformed(path, "a compressed block grows beyond 1 GiB", "Save it uncompressed.");
    return malformed(path, `a compressed block is damaged (${code ?? String(cause)})`);
  }
}
