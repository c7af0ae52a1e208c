import { offsetOf, type Workspace } from "./workspace.js";

/** Values per node lie in the order of the layout; only these functions know where. */
const placeOf = ({ layout: { place } }: Workspace, node: number): number =>
  place ? place[node] : node;

/** Index into the heap, from the start of a node stream, of one lane of a node. */
export const indexOfNode = (workspace: Workspace, node: number, lane: number): number =>
  placeOf(workspace, node) * workspace.engine.lanes + lane;

/** Writes [N] values into one lane of the node stream at `offset`. */
export function writeNodes(
  workspace: Workspace,
  { offset, lane }: { offset: number; lane: number },
  values: ArrayLike<number>,
): void {
  const { floats, lanes } = workspace.engine;
  for (let i = 0; i < values.length; i++)
    floats[offset + placeOf(workspace, i) * lanes + lane] = values[i];
  // Places beyond the last node are lone copies of it: finite, and without any influence.
  for (let p = values.length; p < workspace.layout.places; p++)
    floats[offset + p * lanes + lane] = values[values.length - 1];
}

/** Reads the node stream at `offset` into [N * lanes], lane-minor, from `at` on. */
export function readNodes(
  workspace: Workspace,
  offset: number,
  into: Float32Array | Float64Array,
  at = 0,
): void {
  const { layout, topology, engine } = workspace;
  const { floats, lanes } = engine;
  const count = topology.nodes * lanes;
  const { place } = layout;
  if (!place) {
    into.set(floats.subarray(offset, offset + count), at);
    return;
  }
  for (let i = 0; i < topology.nodes; i++)
    for (let l = 0; l < lanes; l++)
      into[at + i * lanes + l] = floats[offset + place[i] * lanes + l];
}

/** Adds [N * lanes] values, from `at` on, to the node stream at `offset`. */
export function addNodes(
  { layout: { place }, topology: { nodes }, engine: { floats, lanes } }: Workspace,
  offset: number,
  values: ArrayLike<number>,
  at = 0,
): void {
  const count = nodes * lanes;
  if (!place) {
    for (let k = 0; k < count; k++) floats[offset + k] += values[at + k];
    return;
  }
  for (let i = 0, k = at; i < nodes; i++)
    for (let l = 0; l < lanes; l++, k++) floats[offset + place[i] * lanes + l] += values[k];
}

/** Copies one value per node, [N], into one lane of a stream. */
export function fillLane(
  workspace: Workspace,
  stream: string,
  lane: number,
  values: ArrayLike<number>,
): void {
  writeNodes(workspace, { offset: offsetOf(workspace, stream), lane }, values);
}
