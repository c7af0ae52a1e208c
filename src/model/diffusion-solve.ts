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
  const terms = termsOf(parts, request);
  const direct = terms.theta === 0 && request.mass === "lumped";
  const begin = direct ? divided : started;
  const { flow, lambda } = terms;
  return {
    conductance: request.conductance,
    mass: request.mass,
    start: begin(terms, "solve_start", flow),
    finish: finish(terms),
    startReverse: begin(terms, "solve_reverse_start", lambda),
    finishReverse: finishReverse(terms, request.conductance),
    ...(direct ? {} : { iteration: iteration(terms) }),
  };
}

/** A right-hand side, and the sums over neighbours that it reads. */
type Right = { readonly value: Node; readonly sums: Readonly<Record<string, Node>> };
type Terms = ReturnType<typeof termsOf>;

/** The expressions that the passes are made of. */
function termsOf(parts: Parts, { conductance, diffusionStep, mass }: SolveRequest) {
  const { graph } = parts;
  const g = algebra(graph);
  const theta = thetas[diffusionStep];
  const at = (name: string) => graph.input(`solve.${name}`);
  const between = (name: string) => g.sub(at(`${name}_j`), at(name));
  const total = graph.input("total.solve");
  const dt = graph.input("dt");
  const edge = graph.input(`edge.${conductance}`);
  const summed = (value: Node) => ({ "total.solve": value });
  const flow: Right = { value: g.mul(dt, total), sums: summed(g.mul(edge, between("before"))) };
  const lambda: Right = { value: at("lambda"), sums: {} };
  const shared = mass === "consistent" ? graph.input(`edge.${consistentMassEdge}`) : g.num(0);
  const a = g.sub(shared, g.mul(g.mul(g.num(theta), dt), edge));
  return { parts, g, theta, at, between, total, dt, edge, summed, flow, lambda, a };
}

/** x = right-hand side / mass. */
function divided({ parts, g }: Terms, name: string, { value, sums }: Right): KernelSpec {
  const x = g.mul(value, parts.graph.input("inverse_mass"));
  return solverPass(parts, name, { sums, outputs: [store("x", x)] });
}

/** x = 0, r = right-hand side, p = r / diagonal. */
function started({ parts, g, at }: Terms, name: string, { value, sums }: Right): KernelSpec {
  const p = g.mul(value, at("inverse_diagonal"));
  const outputs = [store("x", g.num(0)), store("r", value), store("p", p)];
  return solverPass(parts, name, { sums, outputs, reductions: [summedUp(g.mul(value, p))] });
}

function iteration({ parts, g, at, between, total, summed, a }: Terms) {
  const [alpha, beta] = solverRows.map((row) => parts.graph.input(row));
  const own = g.div(g.num(1), parts.graph.input("inverse_mass"));
  const diagonal = g.sub(own, total);
  const q = g.add(g.mul(at("mass"), at("p")), total);
  const r = g.sub(at("r"), g.mul(alpha, at("q")));
  const x = g.add(at("x"), g.mul(alpha, at("p")));
  const p = g.add(g.mul(at("r"), at("inverse_diagonal")), g.mul(beta, at("p")));
  return {
    prepare: solverPass(parts, "solve_prepare", {
      sums: summed(a),
      outputs: [store("mass", own), store("inverse_diagonal", g.div(g.num(1), diagonal))],
      reductions: [summedUp(g.select(g.lt(diagonal, g.num(0)), g.num(1), g.num(0)))],
    }),
    apply: solverPass(parts, "solve_apply", {
      sums: summed(g.mul(a, between("p"))),
      outputs: [store("q", q)],
      reductions: [summedUp(g.mul(at("p"), q))],
    }),
    advance: solverPass(parts, "solve_advance", {
      outputs: [store("x", x), store("r", r)],
      reductions: [summedUp(g.mul(g.mul(r, r), at("inverse_diagonal")))],
    }),
    redirect: solverPass(parts, "solve_redirect", { outputs: [store("p", p)] }),
  };
}

/** u' = u + x */
function finish({ parts, g, at }: Terms): KernelSpec {
  const after = store("after", g.add(at("before"), at("x")));
  const flush = flushOf(parts.reaction.states[0]);
  return solverPass(parts, "solve_finish", { outputs: [{ ...after, flush }] });
}

function finishReverse(terms: Terms, conductance: string): KernelSpec {
  const { parts, g, theta, at, between, total, dt, edge, summed } = terms;
  const drop = g.add(
    g.mul(g.num(1 - theta), between("before")),
    g.mul(g.num(theta), between("after")),
  );
  const lambda: Output = {
    ...{ per: "node", stream: partialOf(parts), mode: "store", flush: adjointFlush },
    value: g.add(at("lambda"), g.mul(dt, total)),
  };
  // Each end adds its half: dt mu_i (v_j - v_i) here, dt mu_j (v_i - v_j) there.
  const slope: Output = {
    ...{ per: "slot", stream: `grad.edge.${conductance}`, mode: "add" },
    value: g.mul(g.mul(dt, at("x")), drop),
  };
  const sums = summed(g.mul(edge, between("x")));
  return solverPass(parts, "solve_reverse_finish", {
    sums,
    outputs: [lambda, ...(parts.wanted.edges.includes(conductance) ? [slope] : [])],
  });
}

const store = (name: string, value: Node): Output => ({
  per: "node",
  stream: `solve.${name}`,
  value,
  mode: "store",
});
const summedUp = (value: Node): Reduction => ({ per: "node", value });
/** Where the adjoint of the potential lies; `solve.lambda` reads it. */
const partialOf = ({ potential }: Parts) => `partial.${potential}`;

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

function sourceOf(parts: Parts, name: string): Source {
  const { globals } = parts;
  const row = (solverRows as readonly string[]).indexOf(name);
  if (row >= 0) return { from: "global", stream: "solver", index: row };
  if (name === "dt") return { from: "global", stream: "globals", index: globals.indexOf(name) };
  if (name.startsWith("edge.")) return { from: "slot", stream: name };
  if (name === "solve.lambda") return { from: "node", stream: partialOf(parts) };
  if (name.endsWith("_j")) return { from: "neighbour", stream: name.slice(0, -"_j".length) };
  return { from: "node", stream: name };
}
