import { lstat, readdir, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fail } from "../../core/errors.js";

/** The folder that a client may work in, and nothing beside it. */
export interface Root {
  readonly folder: string;
  /** A path of the client as it really is, links followed. Errors: "outside". */
  resolve(path: string): Promise<string>;
  /** The same for a folder that is read as a whole: no link in it leads outside either. */
  resolveAll(path: string): Promise<string>;
  /** The same for a folder that is to be made: not the root itself. */
  resolveNew(path: string): Promise<string>;
  /** The client's name of a path that `resolve` gave. */
  nameOf(path: string): string;
}

export async function openRoot(folder: string): Promise<Root> {
  const real = await realpath(folder).catch((cause) =>
    fail({
      code: "cannot-read",
      path: folder,
      message: `${folder}: there is no such folder.`,
      fix: "Name an existing folder with --root.",
      cause,
    }),
  );
  const find = async (path: string): Promise<string> => {
    const found = path.includes("\0") ? undefined : await follow(resolve(real, path));
    return found !== undefined && isInside(real, found) ? found : outside(path);
  };
  return {
    folder: real,
    nameOf: (path) => relative(real, path) || ".",
    resolve: find,
    resolveAll: async (path) => {
      const found = await find(path);
      for (const link of await linksIn(found)) await find(link);
      return found;
    },
    resolveNew: async (path) => {
      const found = await find(path);
      return found === real ? outside(path) : found;
    },
  };
}

/** The real path of what exists, and the rest as it is written; undefined for a dead link. */
async function follow(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined) return real;
  if (await lstat(path).catch(() => undefined)) return undefined;
  const parent = dirname(path);
  const above = parent === path ? undefined : await follow(parent);
  return above === undefined ? undefined : join(above, basename(path));
}

/** Links in a folder and below; none where there is no such folder. */
async function linksIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isSymbolicLink())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string): never {
  return fail({
    code: "outside",
    path,
    message: `${JSON.stringify(path)} is not inside the folder that this server works in.`,
    fix: "Name a path inside it, relative to it; a person can choose another with --root.",
  });
}
