import type { Node } from "../model/graph.js";
import type { OperationName } from "../model/operations.js";
import { type Machine, type Step, shift } from "./machine-code.js";
import {
  exponential as exp,
  ln2,
  logarithm as log,
  magic,
  hyperbolicTangent as tanh,
} from "./single-precision.js";
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

function series(machine: Machine, x: Step, [highest, ...others]: readonly number[]): Step {
  return horner(machine, x, machine.constant(highest), others);
}

/** x held between both ends; pmin and pmax take the second only if it is beyond the first. */
function clamped(machine: Machine, x: Step, low: number, high: number): Step {
  const above = machine.apply(vector(simd.pmax), x, machine.constant(low));
  return machine.apply(vector(simd.pmin), above, machine.constant(high));
}

function exponential(machine: Machine, given: Step): Step {
  const { constant } = machine;
  const x = clamped(machine, given, ...exp.range);
  const k = machine.multiplyAdd(x, constant(Math.LOG2E), constant(magic));
  const whole = machine.apply(vector(simd.sub), k, constant(magic));
  const first = machine.subtractProduct(x, whole, constant(ln2.high));
  const r = machine.subtractProduct(first, whole, constant(ln2.low));
  const power = series(machine, r, exp.series);
  const exponent = machine.apply(shift(simd.i32Shl, 23), k);
  return machine.apply(vector(simd.i32Add), power, exponent);
}

function logarithm(machine: Machine, bits: Step): Step {
  const { constant } = machine;
  const sqrtHalf = machine.integer(log.sqrtHalf);
  const exponent = machine.apply(
    shift(simd.i32ShrS, 23),
    machine.apply(vector(simd.i32Sub), bits, sqrtHalf),
  );
  const scale = machine.apply(shift(simd.i32Shl, 23), exponent);
  const m = machine.apply(vector(simd.i32Sub), bits, scale);
  const f = machine.apply(vector(simd.sub), m, constant(1));
  const e = machine.apply(vector(simd.convertI32), exponent);
  // Smallest terms first.
  const bent = series(machine, f, log.series);
  const square = machine.apply(vector(simd.mul), machine.apply(vector(simd.mul), bent, f), f);
  const low = machine.multiplyAdd(e, constant(ln2.low), square);
  const nearly = machine.apply(vector(simd.add), low, f);
  return machine.multiplyAdd(e, constant(ln2.high), nearly);
}

function hyperbolicTangent(machine: Machine, given: Step): Step {
  const { constant } = machine;
  const x = clamped(machine, given, -tanh.end, tanh.end);
  const square = machine.apply(vector(simd.mul), x, x);
  const above = series(machine, square, tanh.above);
  const [first, ...rest] = tanh.below;
  const start = machine.apply(vector(simd.add), square, constant(first));
  const below = horner(machine, square, start, rest);
  const numerator = machine.apply(vector(simd.mul), above, x);
  return machine.apply(vector(simd.div), numerator, below);
}
