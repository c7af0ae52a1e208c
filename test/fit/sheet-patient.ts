import type { Case, Recording, Stimulus } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { type Mesh, nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import type { TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";

interface SheetPatient {
  readonly mesh: Mesh;
  readonly truth: TwinSpec;
  /** One recording each: two to learn from, then one to validate on, then one to test on. */
  readonly sites: readonly [number, number, number, number];
  /** What is done to the nodes within 5 mm of the site. */
  readonly stimulus: (nodes: readonly number[]) => Stimulus;
  readonly interval_ms: number;
  readonly frames: number;
}

/** A sheet whose recordings are roll-outs of `truth` at its starting values, seen at every node. */
export function sheetPatient(wanted: SheetPatient): Case {
  const { mesh, truth, sites, stimulus, interval_ms, frames } = wanted;
  const nodes = Array.from({ length: nodeCount(mesh) }, (_, i) => i);
  const compiled = compileTwin(catalog, truth, mesh);
  const values = initialValues(compiled.declared, compiled.model, nodes.length, 1);
  const grid = timeGrid(interval_ms, frames, stableStep_ms(compiled, values));
  const recordings = sites.map((site, k): Recording => {
    const near = nodes.filter(
      (i) =>
        Math.hypot(...[0, 1].map((x) => mesh.points[3 * i + x] - mesh.points[3 * site + x])) < 5,
    );
    const stimuli = { kind: "given", stimuli: [stimulus(near)] } as const;
    const recording = { id: `r${k}`, beat: `r${k}`, stimuli } as const;
    const simulation = simulate(compiled, [{ values, recording }], { grid });
    const potential = {
      times_ms: Float64Array.from({ length: frames }, (_, f) => f * interval_ms),
      nodes: Int32Array.from(nodes),
      values: Float32Array.from(lanePotential(simulation, 0)),
      arbitraryScale: false,
    };
    return { ...recording, potential };
  });
  const split = { train: ["r0", "r1"], validation: ["r2"], test: ["r3"] };
  return { name: "sheet", source: "test", mesh, recordings, split };
}
