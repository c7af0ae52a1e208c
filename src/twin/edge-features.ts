import { elementEdges } from "../mesh/graph.js";
import { type EdgeGraph, elementCount, type Mesh, nodesPerElement } from "../mesh/mesh.js";

/**
 * What edge equations may read of the middle of every edge, [E] each: `length` (mm), `x y z` scaled
 * to [-1, 1] over the mesh, `fibre` the squared cosine between edge and fibre (1/3 without fibres).
 */
export function edgeFeaturesOf(mesh: Mesh, graph: EdgeGraph): Record<string, Float64Array> {
  const count = graph.lengths.length;
  const { points } = mesh;
  const scaled = [0, 1, 2].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = axis; i < points.length; i += 3) {
      low = Math.min(low, points[i]);
      high = Math.max(high, points[i]);
    }
    const [middle, half] = [(low + high) / 2, Math.max((high - low) / 2, 1e-9)];
    return Float64Array.from({ length: count }, (_, e) => {
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      return ((points[3 * i + axis] + points[3 * j + axis]) / 2 - middle) / half;
    });
  });
  return {
    length: graph.lengths,
    x: scaled[0],
    y: scaled[1],
    z: scaled[2],
    fibre: fibreAlignment(mesh, graph),
  };
}

function fibreAlignment(mesh: Mesh, graph: EdgeGraph): Float64Array {
  const count = graph.lengths.length;
  const { fibres, points } = mesh;
  if (!fibres) return new Float64Array(count).fill(1 / 3);
  const sum = new Float64Array(count);
  const weight = new Float64Array(count);
  const perElement = nodesPerElement(mesh) === 3 ? 3 : 6;
  const edgesOf = elementEdges(mesh, graph);
  for (let element = 0; element < elementCount(mesh); element++)
    for (let k = 0; k < perElement; k++) {
      const e = edgesOf[element * perElement + k];
      const [i, j] = [graph.edges[2 * e], graph.edges[2 * e + 1]];
      let dot = 0;
      for (let axis = 0; axis < 3; axis++)
        dot += fibres[3 * element + axis] * (points[3 * j + axis] - points[3 * i + axis]);
      sum[e] += (dot / graph.lengths[e]) ** 2;
      weight[e]++;
    }
  return sum.map((s, e) => s / Math.max(1, weight[e]));
}
