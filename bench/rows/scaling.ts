import { trajectoryBudget_bytes } from "../../src/twin/compile.js";
import { placed } from "../ours/problem.js";
import { edgeIteration, prepareEdges, startTheta } from "../ours/w1.js";
import { underLock } from "../peers/process.js";
import type { Session } from "../session.js";
import { medianTime } from "../stats.js";
import { ellipsoidProblem } from "../w1-mesh.js";
import type { RowFigure } from "./row.js";

/** W1's forward and gradient per node and step as the mesh grows; beyond the budget checkpointed. */
export async function scalingRow(session: Session): Promise<RowFigure[]> {
  const sizes = session.quick ? [642, 2562] : [642, 2562, 10242, 40962, 163842];
  const steps = session.quick ? 60 : 600;
  const figures: RowFigure[] = [];
  for (const { layout, backEnd, lanes } of session.ways) {
    const costs: { nodes: number; cost_ns: number }[] = [];
    for (const nodes of sizes) {
      const problem = placed(ellipsoidProblem(nodes), "near");
      const memory_bytes = trajectoryBudget_bytes;
      const setup = { problem, adjoint: true, steps, lanes, memory_bytes } as const;
      const prepared = prepareEdges({ ...setup, backEnd });
      const theta = new Float64Array(problem.lengths.length).fill(startTheta);
      const data = new Float64Array((steps / prepared.options.sampleEvery) * nodes);
      const work = () => void edgeIteration(prepared, theta, data);
      const few = nodes > 5000;
      const repetitions = { warm: few ? 1 : 3, calls: few ? 3 : 5, seconds: 0.2 };
      const time_ms = await underLock(() => medianTime(work, repetitions));
      costs.push({ nodes, cost_ns: (1e6 * time_ms) / (nodes * steps * lanes) });
    }
    const least = Math.min(...costs.map(({ cost_ns }) => cost_ns));
    const worst = Math.max(...costs.map(({ cost_ns }) => cost_ns));
    for (const { nodes, cost_ns } of costs)
      figures.push({
        row: "scaling",
        title: "cost per node-step, W1, against the cheapest size",
        nodes,
        layout,
        headline: layout === session.ways[0].layout && cost_ns === worst,
        ours: { value: cost_ns, unit: "ns" },
        value: cost_ns / least,
        unit: "x",
        better: "lower",
        reach: 2,
        aim: 1.3,
      });
  }
  return figures;
}
