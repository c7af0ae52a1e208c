import type { Node } from "../model/graph.js";
import type { OperationName } from "../model/operations.js";
import { type Machine, type Step, shift } from "./machine-code.js";
import { op, simd, unsigned, vector } from "./wasm-encoding.js";

export const get = (local: number): number[] => [op.localGet, ...unsigned(local)];
export const set = (local: number): number[] => [op.localSet, ...unsigned(local)];
export const tee = (local: number): number[] => [op.localTee, ...unsigned(local)];

type Builder = (machine: Machine, args: readonly Step[]) => Step;
const plain =
  (code: number): Builder =>
  (machine, args) =>
    machine.apply(vector(code), ...args);

/** Operations that WebAssembly can do; all others are lowered to these before printing. */
const instructions: Readonly<Partial<Record<OperationName, Builder>>> = {
  add: plain(simd.add),
  sub: plain(simd.sub),
  mul: plain(simd.mul),
  div: plain(simd.div),
  neg: plain(simd.neg),
  abs: plain(simd.abs),
  sqrt: plain(simd.sqrt),
  // pmin(a, b) = b < a ? b : a, one instruction where min takes seven.
  min: plain(simd.pmin),
  max: plain(simd.pmax),
  lt: plain(simd.lt),
  le: plain(simd.le),
  and: plain(simd.and),
  or: plain(simd.or),
  not: plain(simd.not),
  select: (machine, [condition, yes, no]) =>
    machine.apply(vector(simd.bitselect), yes, no, condition),
  exp: (machine, [x]) => exponential(machine, x),
  log: (machine, [x]) => logarithm(machine, x),
  tanh: (machine, [x]) => hyperbolicTangent(machine, x),
};

export function instruction(node: Node, args: readonly Step[], machine: Machine): Step {
  const build = node.op === "constant" || node.op === "input" ? undefined : instructions[node.op];
  if (!build) throw new Error(`"${node.op}" has no WebAssembly instruction and was not lowered.`);
  return build(machine, args);
}

/** Horner's rule from `start` on; coefficients from the highest power down. */
function horner(machine: Machine, x: Step, start: Step, coefficients: readonly number[]): Step {
  return coefficients.reduce((sum, c) => machine.multiplyAdd(sum, x, machine.constant(c)), start);
}

/** x held between both ends; pmin and pmax take the second only if it is beyond the first. */
function clamped(machine: Machine, x: Step, low: number, high: number): Step {
  const above = machine.apply(vector(simd.pmax), x, machine.constant(low));
  return machine.apply(vector(simd.pmin), above, machine.constant(high));
}

/** 1.5 * 2^23: adding it rounds to an integer that then sits in the low bits. */
const magic = 12582912;

const exponentialSeries = [
  1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5, 1, 1,
];

/**
 * exp, relative error 1.2e-7 on [-87, 88], clamped outside.
 * x = k ln 2 + r; exp(r) by a polynomial of degree 7 (Cephes), k added into the exponent bits.
 */
function exponential(machine: Machine, given: Step): Step {
  const { constant } = machine;
  const x = clamped(machine, given, -87, 88);
  const k = machine.multiplyAdd(x, constant(Math.LOG2E), constant(magic));
  const whole = machine.apply(vector(simd.sub), k, constant(magic));
  // r = x - k ln2, ln 2 in two parts so that the first product is exact.
  const first = machine.subtractProduct(x, whole, constant(0.693359375));
  const r = machine.subtractProduct(first, whole, constant(-2.1219444e-4));
  const power = horner(machine, r, constant(1.9875691e-4), exponentialSeries);
  const exponent = machine.apply(shift(simd.i32Shl, 23), k);
  return machine.apply(vector(simd.i32Add), power, exponent);
}

const logarithmSeries = [
  -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/**
 * Natural logarithm, 2.4e-7 relative; the argument must be a positive normal number.
 * x = 2^e m with m in [sqrt(1/2), sqrt(2)); log(m) by a polynomial in f = m - 1 (Cephes).
 */
function logarithm(machine: Machine, bits: Step): Step {
  const { constant } = machine;
  const sqrtHalf = machine.integer(0x3f3504f3);
  const exponent = machine.apply(
    shift(simd.i32ShrS, 23),
    machine.apply(vector(simd.i32Sub), bits, sqrtHalf),
  );
  const scale = machine.apply(shift(simd.i32Shl, 23), exponent);
  const m = machine.apply(vector(simd.i32Sub), bits, scale);
  const f = machine.apply(vector(simd.sub), m, constant(1));
  const e = machine.apply(vector(simd.convertI32), exponent);
  // f - f^2/2 + f^3 P(f) + e ln2, smallest terms first.
  const tail = horner(machine, f, constant(7.0376836292e-2), logarithmSeries);
  const bent = machine.multiplyAdd(tail, f, constant(-0.5));
  const square = machine.apply(vector(simd.mul), machine.apply(vector(simd.mul), bent, f), f);
  const low = machine.multiplyAdd(e, constant(-2.1219444e-4), square);
  const nearly = machine.apply(vector(simd.add), low, f);
  return machine.multiplyAdd(e, constant(0.693359375), nearly);
}

/** Coefficients from the highest power down, all divided by the one of x^8 below. */
const tanhAbove = [46.7625999, 12173.9268, 535124.188, 4143970.75];
const tanhBelow = [981.249023, 98466.0547, 1916442.5, 4143971.5];
/** Here the quotient rounds to exactly 1, where tanh is 1 - 3.9e-7; not above 1 before it. */
const tanhEnd = 7.7247448;

/**
 * tanh, relative error 4.3e-7: x P(x^2) / Q(x^2), degrees 7 and 8, with the least largest relative
 * error up to the end; Q = x^8 + ..., so that both take about as long.
 */
function hyperbolicTangent(machine: Machine, given: Step): Step {
  const { constant } = machine;
  const x = clamped(machine, given, -tanhEnd, tanhEnd);
  const square = machine.apply(vector(simd.mul), x, x);
  const [highest, ...others] = tanhAbove;
  const above = horner(machine, square, constant(highest), others);
  const [first, ...rest] = tanhBelow;
  const start = machine.apply(vector(simd.add), square, constant(first));
  const below = horner(machine, square, start, rest);
  const numerator = machine.apply(vector(simd.mul), above, x);
  return machine.apply(vector(simd.div), numerator, below);
}
