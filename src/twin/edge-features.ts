import { unitFibresOf } from "../mesh/element-checks.js";
import { elementEdges } from "../mesh/graph.js";
import { type EdgeGraph, elementCount, type Mesh, nodesPerElement } from "../mesh/mesh.js";
import { dot, pointAt, subtract, type Vector } from "../mesh/vector.js";
import type { EdgeFeature } from "../model/coupling.js";

/**
 * What edge equations may read of the middle of every edge, [E]: `length` (mm), `x y z` scaled to
 * [-1, 1] over the mesh, `fibre` the squared cosine between edge and fibre (1/3 without fibres).
 */
export function edgeFeature(mesh: Mesh, graph: EdgeGraph, name: EdgeFeature): Float64Array {
  if (name === "length") return graph.lengths;
  if (name === "fibre") return fibreAlignment(mesh, graph);
  return scaledMiddles(mesh, graph, ["x", "y", "z"].indexOf(name));
}

function scaledMiddles({ points }: Mesh, { edges }: EdgeGraph, axis: number): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (let i = axis; i < points.length; i += 3) {
    low = Math.min(low, points[i]);
    high = Math.max(high, points[i]);
  }
  const [middle, half] = [(low + high) / 2, Math.max((high - low) / 2, 1e-9)];
  const result = new Float64Array(edges.length / 2);
  for (let e = 0; e < result.length; e++) {
    const sum = points[3 * edges[2 * e] + axis] + points[3 * edges[2 * e + 1] + axis];
    result[e] = (sum / 2 - middle) / half;
  }
  return result;
}

function fibreAlignment(mesh: Mesh, graph: EdgeGraph): Float64Array {
  const count = graph.lengths.length;
  const { points } = mesh;
  if (mesh.grid?.fibre) return gridAlignment(mesh.grid.fibre, mesh, graph);
  const fibres = unitFibresOf(mesh);
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

function gridAlignment(fibre: Vector, { points }: Mesh, graph: EdgeGraph): Float64Array {
  return graph.lengths.map((length, e) => {
    const along = subtract(
      pointAt(points, graph.edges[2 * e + 1]),
      pointAt(points, graph.edges[2 * e]),
    );
    return (dot(fibre, along) / length) ** 2;
  });
}
