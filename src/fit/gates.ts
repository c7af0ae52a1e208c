import type { CompiledTwin } from "../twin/compile.js";
import { cellStep_ms, simulateCell } from "../twin/single-cell.js";
import type { TwinValues } from "../twin/spec.js";
import { reactionParameters, safeStep_ms } from "../twin/stability.js";
import type { PhysicsCheck } from "./candidate.js";

/** Smallest time step that is still worth simulating with, ms. */
const leastStep_ms = 1e-4;

/**
 * What a cell must do before anything is fitted or believed: stay at rest, ignore a small push,
 * answer a large one, come back, stay within the declared range; and a usable time step.
 */
export function physicsGates(compiled: CompiledTwin, values: TwinValues): PhysicsCheck[] {
  const parameters = reactionParameters(values);
  const unit = parameters["time_scale"] ?? 1;
  const cell = (start: number, end: number) =>
    simulateCell(compiled.system, parameters, {
      dt_ms: cellStep_ms(compiled.system, parameters),
      end_ms: end * unit,
      start,
      threshold: 0.1,
    });
  const [first] = compiled.system.states;
  const rest = cell(first.rest, 200);
  const drift = rest.states[0].reduce((a, u) => Math.max(a, Math.abs(u - first.rest)), 0);
  const small = cell(0.02, 100);
  const large = cell(0.6, 1000);
  const outside = compiled.system.states.findIndex((state, k) =>
    large.states[k].some((y) => !(y >= state.range[0] && y <= state.range[1])),
  );
  const step = safeStep_ms(compiled, values);
  const check = (name: PhysicsCheck["name"], passed: boolean, detail: string): PhysicsCheck => ({
    name,
    passed,
    detail,
  });
  return [
    check("rest", drift < 0.01, `moves by ${drift.toPrecision(2)} in 200 units of time at rest`),
    check(
      "threshold",
      small.peak < 0.2 && large.peak > 0.6,
      `a push to 0.02 peaks at ${small.peak.toFixed(2)}, one to 0.6 at ${large.peak.toFixed(2)}`,
    ),
    check(
      "bounds",
      outside < 0,
      outside < 0
        ? "all states stay in their declared range"
        : `"${compiled.system.stateNames[outside]}" leaves its range during an action potential`,
    ),
    check("time-step", step >= leastStep_ms, `stable up to ${step.toPrecision(3)} ms`),
  ];
}
