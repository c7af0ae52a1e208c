import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "../w1-mesh.js";

/** What `pytorch/bench.py --export` wrote: a problem as PyTorch had it, its loss and gradient. */
export interface Exported {
  readonly nodes: number;
  readonly steps: number;
  /** Neighbour and edge number of every slot, [K * N]; edge -1: padding. */
  readonly neighbour: Int32Array;
  readonly edge: Int32Array;
  readonly c: Float32Array;
  readonly mass: Float32Array;
  readonly u0: Float32Array;
  readonly dist: Float32Array;
  /** [T * N] */
  readonly data: Float32Array;
  readonly loss: number;
  readonly gradient: Float32Array;
  /** Weights of variant D. */
  readonly network?: Float32Array;
}

export function readExport(folder: string, variant: "A" | "B" | "D"): Exported {
  const bytes = (name: string) => {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name));
    return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  };
  const floats = (name: string) => new Float32Array(bytes(name));
  const [nodes, , steps] = new Int32Array(bytes("shape.i32"));
  return {
    nodes,
    steps,
    neighbour: new Int32Array(bytes("nbr.i32")),
    edge: new Int32Array(bytes("eid.i32")),
    c: floats("c.f32"),
    mass: floats("mass.f32"),
    u0: floats("u0.f32"),
    dist: floats("dist.f32"),
    data: floats("data.f32"),
    loss: new Float64Array(bytes("loss.f64"))[0],
    gradient: floats("grad.f32"),
    ...(variant === "D" && { network: floats("mlp.f32") }),
  };
}

/** Relative difference that single precision leaves. */
const tolerance = 1e-5;

/** Throws unless our mesh is the peer's: the same nodes, edges, weights, masses and start. */
export function requireSameProblem(own: Problem, peer: Exported): void {
  const complain = (what: string): never => {
    throw new Error(`N = ${own.nodes}: our ${what} is not the one that PyTorch exported.`);
  };
  if (peer.nodes !== own.nodes) complain("number of nodes");
  for (let slot = 0; slot < peer.edge.length; slot++) {
    const e = peer.edge[slot];
    if (e < 0) continue;
    const [i, j] = [slot % peer.nodes, peer.neighbour[slot]];
    if (own.edges[2 * e] !== Math.min(i, j) || own.edges[2 * e + 1] !== Math.max(i, j))
      complain(`edge ${e}`);
  }
  const fields = { c: own.c, mass: own.mass, u0: own.u0, dist: own.lengths };
  for (const [name, values] of Object.entries(fields)) {
    const theirs = peer[name as "c" | "mass" | "u0" | "dist"];
    if (theirs.length !== values.length) complain(`number of values in ${name}`);
    values.forEach((v, k) => {
      if (!(Math.abs(v - theirs[k]) <= tolerance * Math.max(1, Math.abs(v))))
        complain(`${name}[${k}]`);
    });
  }
}
