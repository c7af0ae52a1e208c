import type { Vector } from "./vector.js";

/**
 * A heart surface or volume. Lengths in mm. Elements are triangles (3 nodes) or tetrahedra (4).
 * Plain data: it travels to worker threads as it is.
 */
export interface Mesh {
  /** [N * 3] node positions, mm. */
  readonly points: Float64Array;
  readonly elementKind: "triangle" | "tetrahedron";
  /** [M * 3] or [M * 4], 0-based node numbers; triangles counter-clockwise from outside. */
  readonly elements: Int32Array;
  /** [M] region tag of each element; 0 where nothing is known. */
  readonly regions: Int32Array;
  /** Tag -> name, e.g. { "1": "LV", "2": "RV", "3": "septum" }. */
  readonly regionNames: Readonly<Record<string, string>>;
  /** [M * 3] unit fibre direction of each element; the zero vector means isotropic. */
  readonly fibres?: Float64Array;
  /** Named values per node for labels and display, [N] each (e.g. "transmural" 0 endo .. 1 epi). */
  readonly nodeData?: Readonly<Record<string, Float64Array>>;
  /** The lattice of a mesh without elements: finite differences take the place of elements. */
  readonly grid?: Grid;
}

/** A box of nodes; node (i, j, k) is i + nx * (j + ny * k). */
export interface Grid {
  /** Along x, y, z; 1 where the tissue is flat. */
  readonly nodes: Vector;
  /** Along x, y, z; 0 where there is one node. */
  readonly spacing_mm: Vector;
  /** Unit direction of all fibres. */
  readonly fibre?: Vector;
}

export const nodeCount = (mesh: Mesh): number => mesh.points.length / 3;
export const nodesPerElement = (mesh: Mesh): number => (mesh.elementKind === "triangle" ? 3 : 4);
export const elementCount = (mesh: Mesh): number => mesh.elements.length / nodesPerElement(mesh);

/**
 * The mesh seen as a weighted graph: what every diffusion entry computes on.
 * Undirected edges i < j, sorted by (i, j). `operators` hold the geometric part of conductances:
 * the lumped flux form is (mass_i du_i/dt) = sum_j w_ij (u_j - u_i).
 */
export interface EdgeGraph {
  readonly nodeCount: number;
  /** [E * 2] */
  readonly edges: Int32Array;
  /** [E] mm */
  readonly lengths: Float64Array;
}

/** One geometric operator on the edges of an EdgeGraph. */
export interface EdgeOperator {
  /** [N] lumped mass: area or volume of the node's cell, its degree, or 1, as the operator needs. */
  readonly mass: Float64Array;
  /** Named edge weights, [E] each; e.g. { w } or { w_across, w_fibre } or one per region. */
  readonly weights: Readonly<Record<string, Float64Array>>;
}
