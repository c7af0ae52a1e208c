import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sha256 } from "../discover/canonical.js";

/** Static and dynamic imports of other modules of this package. */
const imported = /(?:from|import)\s*\(?\s*"(\.[^"]+\.js)"/g;

/**
 * SHA-256 over the compiled modules that a worker of the table may load: two programs with the same
 * hash make the same cells. Pages and texts have no part in it.
 */
export function buildHash(entry = new URL("./table-worker.js", import.meta.url)): Promise<string> {
  const texts = new Map<string, string>();
  const waiting = [entry];
  for (let url = waiting.pop(); url; url = waiting.pop()) {
    if (texts.has(url.href)) continue;
    const text = readFileSync(fileURLToPath(url), "utf8");
    texts.set(url.href, text);
    for (const [, path] of text.matchAll(imported)) waiting.push(new URL(path, url));
  }
  const base = new URL("../", entry).href;
  const modules = [...texts].map(([href, text]) => `${href.replace(base, "")}\n${text}`);
  return sha256(modules.sort().join("\n"));
}
