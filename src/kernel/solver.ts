import { fail } from "../core/errors.js";
import type { DiffusionSolve } from "../model/diffusion-solve.js";
import { solverRows } from "../model/diffusion-solve.js";
import type { KernelSpec } from "../model/kernel-spec.js";
import { bind, placeAt } from "./bind.js";
import { offsetOf, type Workspace } from "./workspace.js";

/**
 * Relative residual of a solution: some ten to a hundred roundings, which is as far as the recurrence
 * of the residual comes; and the squared residual that is nothing at all (a uniform potential).
 */
const accuracy = {
  float64: { relative: 1e-13, least: 1e-200 },
  float32: { relative: 1e-6, least: 1e-30 },
};
/** A step takes 3 to 30 iterations; hundreds mean a step or an element far from the others. */
const mostIterations = 1000;

type Call = (from: number, to: number) => void;

/** The step of diffusion (src/model/diffusion-solve.ts); dt and edge values must be in place. */
export const solveForward = (workspace: Workspace, solve: DiffusionSolve, part: number): Call =>
  sequence(workspace, solve, { part, first: solve.start, last: solve.finish });

/** Its adjoint, between the same two points. */
export const solveReverse = (workspace: Workspace, solve: DiffusionSolve, part: number): Call =>
  sequence(workspace, solve, { part, first: solve.startReverse, last: solve.finishReverse });

function sequence(
  workspace: Workspace,
  solve: DiffusionSolve,
  { part, first, last }: { part: number; first: KernelSpec; last: KernelSpec },
): Call {
  const call = (spec: KernelSpec) =>
    bind(workspace, workspace.engine.kernel(spec.name), (stream) => {
      if (stream === "solve.before") return placeAt(workspace, part, 0);
      return stream === "solve.after" ? placeAt(workspace, part + 1, 0) : undefined;
    });
  const [begin, end] = [call(first), call(last)];
  const relax = createIteration(workspace, solve);
  return (from, to) => {
    begin(from, to);
    relax();
    end(from, to);
  };
}

/**
 * Conjugate gradients from x = 0, each lane with its own step lengths. A lane that has converged
 * stands still while others go on, so that no lane depends on its neighbours.
 */
function createIteration(workspace: Workspace, { iteration }: DiffusionSolve): () => void {
  if (!iteration) return () => undefined;
  const { engine } = workspace;
  const { floats, lanes } = engine;
  const pass = (spec: KernelSpec) => {
    const call = bind(workspace, engine.kernel(spec.name), () => undefined);
    return () => call(0, 0);
  };
  const [apply, advance, redirect] = [iteration.apply, iteration.advance, iteration.redirect].map(
    pass,
  );
  const reduced = offsetOf(workspace, "reduced");
  const sums = () => Float64Array.from(floats.subarray(reduced, reduced + lanes));
  pass(iteration.prepare)();
  if (sums().some((negative) => negative > 0)) notPositive();
  const solver = offsetOf(workspace, "solver");
  const set = (row: (typeof solverRows)[number], values: ArrayLike<number>) =>
    floats.set(values, solver + solverRows.indexOf(row) * lanes);
  const { relative, least } = accuracy[floats instanceof Float32Array ? "float32" : "float64"];
  return () => {
    let residual = sums();
    const first = residual;
    const goal = first.map((r) => Math.max(relative ** 2 * r, least));
    // False also where a lane has left the numbers, which the roll-out reports.
    const isOpen = (r: number, l: number) => r > goal[l];
    for (let k = 0; residual.some(isOpen); k++) {
      apply();
      const curvature = sums();
      if (residual.some((r, l) => isOpen(r, l) && curvature[l] <= 0)) notPositive();
      if (k === mostIterations) notConverged(first, residual);
      set(
        "alpha",
        residual.map((r, l) => (isOpen(r, l) ? quotient(r, curvature[l]) : 0)),
      );
      advance();
      const next = sums();
      set(
        "beta",
        next.map((r, l) => (isOpen(residual[l], l) ? r / residual[l] : 0)),
      );
      residual = next;
      redirect();
    }
  };
}

/** Infinite numbers become none, so that they end the iteration instead of stopping it. */
const quotient = (a: number, b: number) => (Number.isFinite(b) ? a / b : Number.NaN);

function notPositive(): never {
  return fail({
    code: "no-convergence",
    path: "numerics.diffusion",
    message: "The step of diffusion is not positive definite: some of it flows uphill.",
    fix: "Use conductances that are not negative, or a mesh without very obtuse elements.",
  });
}

function notConverged(first: ArrayLike<number>, residual: Float64Array): never {
  const worst = Math.max(...residual.map((r, l) => Math.sqrt(r / first[l]) || 0));
  return fail({
    code: "no-convergence",
    path: "numerics.diffusion",
    message: `Diffusion is not solved after ${mostIterations} iterations: residual ${worst.toPrecision(2)}.`,
    fix: "Take a smaller numerics.dt_ms, or coarsen the smallest elements.",
  });
}
