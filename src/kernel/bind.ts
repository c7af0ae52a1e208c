import type { EngineKernel } from "./heap.js";
import { homeOf, offsetOf, type Workspace } from "./workspace.js";

export function split(stream: string): { prefix: string; name: string } {
  const dot = stream.indexOf(".");
  return dot < 0
    ? { prefix: stream, name: "" }
    : { prefix: stream.slice(0, dot), name: stream.slice(dot + 1) };
}

/** An offset, or a state of the stored slot at either end of the step; undefined: not known here. */
export type Place = number | { readonly end: "from" | "to"; readonly state: number } | undefined;

/**
 * Prepares calls of a kernel by placing the streams that have no place of their own; only the
 * addresses that move with the step are set again each time.
 */
export function bind(
  workspace: Workspace,
  kernel: EngineKernel,
  place: (stream: string) => Place,
): (from: number, to: number) => void {
  const { unit } = kernel;
  const places = kernel.moving.map((stream) => {
    const found = place(stream);
    if (found === undefined) throw new Error(`Nobody places stream "${stream}".`);
    return found;
  });
  const args = places.map((p) => (typeof p === "number" ? p * unit : 0));
  const moving = places.flatMap((p, at) => (typeof p === "number" ? [] : [{ ...p, at }]));
  return (from, to) => {
    for (const { end, state, at } of moving)
      args[at] = workspace.stored(end === "from" ? from : to, state) * unit;
    kernel.run(...args);
  };
}

/** Where state `k` lies at a point of the step (see `homeOf`). */
export function placeAt(workspace: Workspace, point: number, k: number): Place {
  const home = homeOf(workspace.program, point, k);
  return home === "from" || home === "to" ? { end: home, state: k } : offsetOf(workspace, home);
}
