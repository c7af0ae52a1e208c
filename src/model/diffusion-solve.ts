import { inputsOf, type Node } from "./graph.js";
import type { KernelSpec, Output, Reduction, Source } from "./kernel-spec.js";
import { algebra } from "./operations.js";
import { adjointFlush, flushOf, type Parts } from "./pass.js";
import { type DiffusionStep, type MassKind, thetas } from "./schemes.js";

/**
 * The step of linear diffusion alone, in increments: with v = (1 - theta) u + theta u',
 *   A delta = dt sum_j g_ij (u_j - u_i),   u' = u + delta,
 *   (A u)_i = m_i u_i + sum_j a_ij (u_j - u_i),   a_ij = c_ij - theta dt g_ij,
 * m the lumped mass, c_ij the consistent mass between two nodes (0 where it is lumped). A is
 * symmetric, so its adjoint solves the same system:
 *   A mu = lambda',   lambda_i = lambda'_i + dt sum_j g_ij (mu_j - mu_i),
 *   d loss / d g_ij = -dt (mu_i - mu_j) (v_i - v_j).
 * `x` stands for delta and for mu. Conjugate gradients with the diagonal of A: residual `r`,
 * direction `p`, `q` = A p; the run-time (src/kernel/solver.ts) works out the two step lengths.
 */
export interface DiffusionSolve {
  /** The edge value g. */
  readonly conductance: string;
  readonly mass: MassKind;
  readonly start: KernelSpec;
  readonly finish: KernelSpec;
  readonly startReverse: KernelSpec;
  readonly finishReverse: KernelSpec;
  /** Absent where A is the lumped mass: `start` divides by it, and that is all. */
  readonly iteration?: {
    /** Once per roll-out: mass, 1 / diagonal, and the number of negative diagonals. */
    readonly prepare: KernelSpec;
    readonly apply: KernelSpec;
    readonly advance: KernelSpec;
    readonly redirect: KernelSpec;
  };
}

/** Edge stream of c_ij; not a name that an equation could have. */
export const consistentMassEdge = "mass.consistent";
/** Rows of the `solver` stream. */
export const solverRows = ["alpha", "beta"] as const;

interface SolveRequest {
  readonly conductance: string;
  readonly diffusionStep: DiffusionStep;
  readonly mass: MassKind;
}

export function diffusionSolve(parts: Parts, request: SolveRequest): DiffusionSolve {
  const { conductance, mass } = request;
  const theta = thetas[request.diffusionStep];
  const make = builder(parts, conductance, theta, mass);
  const direct = theta === 0 && mass === "lumped";
  const { flow, lambda } = make;
  return {
    conductance,
    mass,
    start: direct ? make.divide("solve_start", flow) : make.begin("solve_start", flow),
    startReverse: direct
      ? make.divide("solve_reverse_start", lambda)
      : make.begin("solve_reverse_start", lambda),
    finish: make.finish(),
    finishReverse: make.finishReverse(),
    ...(direct ? {} : { iteration: make.iteration() }),
  };
}

type Right = { readonly value: Node; readonly sums: Readonly<Record<string, Node>> };

function builder(parts: Parts, conductance: string, theta: number, mass: MassKind) {
  const { graph, potential, reaction } = parts;
  const g = algebra(graph);
  const at = (name: string) => graph.input(`solve.${name}`);
  const total = graph.input("total.solve");
  const dt = graph.input("dt");
  const edge = graph.input(`edge.${conductance}`);
  const flux = g.mul(edge, g.sub(at("before_j"), at("before")));
  const flow: Right = { value: g.mul(dt, total), sums: { "total.solve": flux } };
  const lambda: Right = { value: at("lambda"), sums: {} };
  const implicit = g.mul(g.mul(g.num(theta), dt), edge);
  const shared = mass === "consistent" ? graph.input(`edge.${consistentMassEdge}`) : g.num(0);
  const a = g.sub(shared, implicit);
  const square = (r: Node) => g.mul(g.mul(r, r), at("inverse_diagonal"));
  const sum = (value: Node): Reduction => ({ per: "node", value });
  const pass = (name: string, body: Body): KernelSpec => solverPass(parts, name, body);
  const reciprocal = (x: Node) => g.div(g.num(1), x);
  const [alpha, beta] = solverRows.map((row) => graph.input(row));

  const divide = (name: string, { value, sums }: Right) =>
    pass(name, { sums, outputs: [store("x", g.mul(value, graph.input("inverse_mass")))] });
  const begin = (name: string, { value, sums }: Right) =>
    pass(name, {
      sums,
      outputs: [
        store("x", g.num(0)),
        store("r", value),
        store("p", g.mul(value, at("inverse_diagonal"))),
      ],
      reductions: [sum(square(value))],
    });
  const prepare = () => {
    const own = reciprocal(graph.input("inverse_mass"));
    const diagonal = g.sub(own, total);
    return pass("solve_prepare", {
      sums: { "total.solve": a },
      outputs: [store("mass", own), store("inverse_diagonal", reciprocal(diagonal))],
      reductions: [sum(g.select(g.lt(diagonal, g.num(0)), g.num(1), g.num(0)))],
    });
  };
  const apply = () => {
    const q = g.add(g.mul(at("mass"), at("p")), total);
    return pass("solve_apply", {
      sums: { "total.solve": g.mul(a, g.sub(at("p_j"), at("p"))) },
      outputs: [store("q", q)],
      reductions: [sum(g.mul(at("p"), q))],
    });
  };
  const advance = () => {
    const r = g.sub(at("r"), g.mul(alpha, at("q")));
    const x = g.add(at("x"), g.mul(alpha, at("p")));
    return pass("solve_advance", {
      outputs: [store("x", x), store("r", r)],
      reductions: [sum(square(r))],
    });
  };
  const redirect = () => {
    const p = g.add(g.mul(at("r"), at("inverse_diagonal")), g.mul(beta, at("p")));
    return pass("solve_redirect", { outputs: [store("p", p)] });
  };
  const finish = () => {
    const flush = flushOf(reaction.states[0]);
    return pass("solve_finish", {
      outputs: [store("after", g.add(at("before"), at("x")), { flush })],
    });
  };
  const finishReverse = () => {
    const between = (name: string) => g.sub(at(`${name}_j`), at(name));
    const drop = g.add(
      g.mul(g.num(1 - theta), between("before")),
      g.mul(g.num(theta), between("after")),
    );
    return pass("solve_reverse_finish", {
      sums: { "total.solve": g.mul(edge, between("x")) },
      outputs: [
        store("lambda", g.add(at("lambda"), g.mul(dt, total)), { flush: adjointFlush }),
        // Each end adds its half: dt mu_i (v_j - v_i) here, dt mu_j (v_i - v_j) there.
        {
          per: "slot",
          stream: `grad.edge.${conductance}`,
          value: g.mul(g.mul(dt, at("x")), drop),
          mode: "add",
        },
      ],
    });
  };
  const iteration = () => ({
    prepare: prepare(),
    apply: apply(),
    advance: advance(),
    redirect: redirect(),
  });
  return { flow, lambda, divide, begin, finish, finishReverse, iteration };

  /** The adjoint of the potential has a stream of its own. */
  function store(name: string, value: Node, more: { flush?: number } = {}): Output {
    const stream = name === "lambda" ? `partial.${potential}` : `solve.${name}`;
    return { per: "node", stream, value, mode: "store", ...more };
  }
}

interface Body {
  readonly sums?: Readonly<Record<string, Node>>;
  readonly outputs: readonly Output[];
  readonly reductions?: readonly Reduction[];
}

function solverPass(parts: Parts, name: string, body: Body): KernelSpec {
  const { graph, padded } = parts;
  const { sums = {}, outputs, reductions = [] } = body;
  const roots = [...Object.values(sums), ...[...outputs, ...reductions].map((o) => o.value)];
  const names = [...inputsOf(roots)].filter((input) => !(input in sums));
  const inputs = Object.fromEntries(names.map((input) => [input, sourceOf(parts, input)]));
  return { name, graph, inputs, sums, outputs, reductions, padded };
}

function sourceOf({ globals, potential }: Parts, name: string): Source {
  const row = (solverRows as readonly string[]).indexOf(name);
  if (row >= 0) return { from: "global", stream: "solver", index: row };
  if (name === "dt") return { from: "global", stream: "globals", index: globals.indexOf("dt") };
  if (name.startsWith("edge.")) return { from: "slot", stream: name };
  if (name === "solve.lambda") return { from: "node", stream: `partial.${potential}` };
  if (name.endsWith("_j")) return { from: "neighbour", stream: name.slice(0, -"_j".length) };
  return { from: "node", stream: name };
}
