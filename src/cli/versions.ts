import { readFileSync } from "node:fs";

/** This package's own version, from its package.json. */
export const packageVersion: string = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;

export const versions = (): Record<string, string> => ({
  "leads-ep": packageVersion,
  node: process.versions.node,
});
