import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fail } from "../core/errors.js";

/**
 * Writes a file so that a reader sees the old one or the whole new one, never a part:
 * temporary name in the same folder, flush, rename. Errors: "cannot-write" with the reason.
 */
export async function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    unwritable(path, cause);
  }
}

export interface DirectoryWriteOptions {
  /** May an existing folder that holds these names be replaced? Absent: only an empty one. */
  readonly mayReplace?: (names: readonly string[]) => boolean;
}

/**
 * Fills a folder under a temporary name beside `path`, then renames it into place.
 * An existing folder is kept until the new one is complete, and put back if the swap fails.
 * Errors: "exists" for a folder that may not be replaced, "cannot-write".
 */
export async function writeDirectoryAtomic(
  path: string,
  fill: (temporary: string) => Promise<void>,
  options: DirectoryWriteOptions = {},
): Promise<void> {
  const old = await namesIn(path);
  if (old && old.length > 0 && !options.mayReplace?.(old)) refuse(path);
  const temporary = temporaryName(path);
  try {
    await makeFolders(dirname(temporary));
    await mkdir(temporary);
    await fill(temporary);
    await swap(temporary, path, old !== undefined);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    unwritable(path, cause);
  }
}

/**
 * Makes a folder and those above it. Errors: "cannot-write". Step by step, since Node's own recursion
 * never ends where nothing can be made (/proc).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (cause) {
    unwritable(path, cause);
  }
}

async function makeFolders(path: string): Promise<void> {
  if (existsSync(path)) return;
  if (dirname(path) !== path) await makeFolders(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another process was quicker.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

async function swap(temporary: string, path: string, hasOld: boolean): Promise<void> {
  if (!hasOld) return rename(temporary, path);
  const kept = temporaryName(path);
  await rename(path, kept);
  try {
    await rename(temporary, path);
  } catch (cause) {
    await rename(kept, path);
    throw cause;
  }
  await rm(kept, { recursive: true, force: true });
}

const temporaryName = (path: string): string => {
  const full = resolve(path);
  return join(dirname(full), `.${basename(full)}.${randomBytes(6).toString("hex")}.tmp`);
};

async function namesIn(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    return unwritable(path, cause);
  }
}

const refuse = (path: string): never =>
  fail({
    code: "exists",
    message: `${path}: the folder exists and is not empty.`,
    path,
    fix: "Name a new folder, or remove this one first.",
  });

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "Free some space or write to another disk."],
  EDQUOT: ["your disk quota is used up", "Free some space or write to another disk."],
  EACCES: ["no permission to write there", "Choose a folder you may write to."],
  EPERM: ["no permission to write there", "Choose a folder you may write to."],
  EROFS: ["the file system is read-only", "Choose a folder you may write to."],
  ENOENT: ["its folder does not exist", "Create the folder first."],
  ENOTDIR: ["a part of its path is a file", "Choose another path."],
  EISDIR: ["it is a folder", "Name a file."],
  EEXIST: ["something of that name exists", "Choose another path."],
  ENAMETOOLONG: ["the name is too long", "Choose a shorter name."],
};

function unwritable(path: string, cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  // A LeadsError from the filling function already says what is wrong.
  if (!/^(E[A-Z]+|ERR_[A-Z_]+)$/.test(code)) throw cause;
  const [reason, fix] = reasons[code] ?? [
    `the system says ${code}`,
    "Check the path and the disk.",
  ];
  return fail({
    code: "cannot-write",
    message: `${path}: cannot be written: ${reason}.`,
    path,
    fix,
    cause,
  });
}
