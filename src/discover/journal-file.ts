import { type FileHandle, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fail } from "../core/errors.js";
import type { JournalStore } from "./journal.js";

/** A journal as a file, one event a line. Every line is on the disk before the run goes on. */
export interface FileStore extends JournalStore {
  close(): Promise<void>;
}

/**
 * The file is created when the first line is written. Errors: "cannot-read", "cannot-write", and
 * "journal-busy" when another process has written to the file in between.
 */
export function fileStore(path: string): FileStore {
  let handle: FileHandle | undefined;
  let length = 0;
  const opened = async (): Promise<FileHandle> => {
    if (handle) return handle;
    handle = await open(path, "a");
    await syncDirectory(dirname(path));
    return handle;
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      return unusable(path, "written", cause);
    }
  };
  const requireLength = async (): Promise<void> => {
    const size = await guarded(async () => (await (await opened()).stat()).size);
    if (size !== length) busy(path);
  };
  return {
    name: path,
    read: async () => {
      const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) =>
        cause.code === "ENOENT" ? new Uint8Array() : unusable(path, "read", cause),
      );
      length = bytes.length;
      return bytes;
    },
    truncate: async (wanted) => {
      if (wanted === length) return;
      await requireLength();
      await guarded(async () => {
        const file = await opened();
        await file.truncate(wanted);
        await file.sync();
      });
      length = wanted;
    },
    append: async (line) => {
      const bytes = new TextEncoder().encode(line);
      await requireLength();
      await guarded(async () => {
        const file = await opened();
        await file.writeFile(bytes);
        await file.sync();
      });
      length += bytes.length;
    },
    close: async () => {
      await handle?.close();
      handle = undefined;
    },
  };
}

/** A new file survives a power cut only when its folder is flushed too; some systems cannot. */
async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function busy(path: string): never {
  return fail({
    code: "journal-busy",
    path,
    message: `${path}: another process is writing to this journal.`,
    fix: "Stop the other run, then resume this one.",
  });
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ["the disk is full", "Free some space; the run can be resumed."],
  EDQUOT: ["your disk quota is used up", "Free some space; the run can be resumed."],
  EACCES: ["no permission", "Choose a folder you may use."],
  EPERM: ["no permission", "Choose a folder you may use."],
  EROFS: ["the file system is read-only", "Choose a folder you may write to."],
  ENOENT: ["its folder does not exist", "Create the folder first."],
  EISDIR: ["it is a folder", "Name the run's journal file."],
};

function unusable(path: string, verb: "read" | "written", cause: unknown): never {
  const code = (cause as NodeJS.ErrnoException).code ?? "";
  const [reason, fix] = reasons[code] ?? [`the system says ${code || String(cause)}`, "Check it."];
  return fail({
    code: verb === "read" ? "cannot-read" : "cannot-write",
    path,
    message: `${path}: cannot be ${verb}: ${reason}.`,
    fix,
    cause,
  });
}
