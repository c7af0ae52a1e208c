import type { TwinSpec } from "../../../src/twin/spec.js";

/** Above it a beat takes longer to simulate than anybody likes to wait without having asked. */
const mostUnasked = 30_000;

/** Each refinement makes four triangles of one: about four times the nodes. */
export const simulatedNodes = (nodes: number, { numerics }: Pick<TwinSpec, "numerics">): number =>
  nodes * 4 ** numerics.refinements;

/** Simulating is asked for, not begun, on meshes of so many nodes. */
export const isLargeMesh = (nodes: number): boolean => nodes > mostUnasked;

/** What is said in place of a simulation. */
export const largeMeshText = (nodes: number): string =>
  `This mesh has ${nodes.toLocaleString("en")} nodes. A beat of the twin takes seconds to minutes ` +
  "on it: finer meshes have more nodes and need shorter steps.";
