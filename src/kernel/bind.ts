import type { EngineKernel } from "./engine.js";
import { homeOf, offsetOf, type Workspace } from "./workspace.js";

export function split(stream: string): { prefix: string; name: string } {
  const dot = stream.indexOf(".");
  return dot < 0
    ? { prefix: stream, name: "" }
    : { prefix: stream.slice(0, dot), name: stream.slice(dot + 1) };
}

/** A fixed offset, a state of the stored slot at either end of the step, or the stream's own place. */
export type Place = number | { readonly end: "from" | "to"; readonly state: number } | undefined;

/** Prepares calls of a kernel: only the addresses that move with the step are set again each time. */
export function bind(
  workspace: Workspace,
  kernel: EngineKernel,
  place: (stream: string) => Place,
): (from: number, to: number) => void {
  const { unit } = kernel;
  const places = kernel.streams.map((stream) => place(stream) ?? offsetOf(workspace, stream));
  const args = [
    workspace.layout.places / workspace.layout.width,
    offsetOf(workspace, "rowStart") * unit,
    offsetOf(workspace, "neighbourIndex") * unit,
    ...places.map((p) => (typeof p === "number" ? p * unit : 0)),
  ] as [number, number, number, ...number[]];
  const moving = places.flatMap((p, k) => (typeof p === "number" ? [] : [{ ...p, at: k + 3 }]));
  return (from, to) => {
    for (const { end, state, at } of moving)
      args[at] = workspace.stored(end === "from" ? from : to, state) * unit;
    kernel.run.apply(undefined, args);
  };
}

/** Where state `k` lies at a point of the step (see `homeOf`). */
export function placeAt(workspace: Workspace, point: number, k: number): Place {
  const home = homeOf(workspace.program, point, k);
  return home === "from" || home === "to" ? { end: home, state: k } : offsetOf(workspace, home);
}
