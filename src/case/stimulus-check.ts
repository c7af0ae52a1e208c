import { fail } from "../core/errors.js";
import type { Stimulus } from "./case.js";

/** `path`: case, recording, part. */
export const wrong = (path: string, message: string, fix: string): never =>
  fail({ code: "bad-case", message: `${path}: ${message}.`, path, fix });

/** Observed or paced nodes: at least one, inside the mesh, none twice. */
export function checkNodes(list: ArrayLike<number>, nodes: number, path: string): void {
  if (list.length === 0) wrong(path, "names no node", "Name one node at least.");
  const seen = new Set<number>();
  for (let i = 0; i < list.length; i++) {
    const node = list[i];
    if (!Number.isInteger(node) || node < 0 || node >= nodes)
      wrong(
        path,
        `node ${node} is not in the mesh`,
        `Nodes are 0 to ${nodes - 1}; is the list counted from 1?`,
      );
    if (seen.has(node)) wrong(path, `node ${node} stands twice`, "Keep one value a node.");
    seen.add(node);
  }
}

/** A stimulus selects nodes of the mesh, and is made of finite numbers. Errors: "bad-case". */
export function checkStimulus(stimulus: Stimulus, nodes: number, path: string): void {
  checkNodes(stimulus.nodes, nodes, path);
  if (stimulus.kind === "initial") {
    if (!Number.isFinite(stimulus.value))
      wrong(path, `value ${stimulus.value}`, "Give a finite value.");
    return;
  }
  const { start_ms, duration_ms, strength_per_ms } = stimulus;
  if (!Number.isFinite(start_ms) || !(duration_ms > 0) || !Number.isFinite(duration_ms))
    wrong(
      path,
      `start ${start_ms} ms, duration ${duration_ms} ms`,
      "Give a finite start and a positive duration.",
    );
  if (!Number.isFinite(strength_per_ms))
    wrong(path, `strength ${strength_per_ms}`, "Give a finite strength.");
}
