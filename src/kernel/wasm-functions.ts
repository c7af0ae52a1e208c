import type { Node } from "../model/graph.js";
import type { OperationName } from "../model/operations.js";
import { join, op, simd, unsigned, vector } from "./wasm-encoding.js";

/** What instruction sequences need from the function they are printed into. */
export interface Emit {
  /** Pushes a float32 constant in all lanes (kept in a local: V8 does not hoist constants). */
  constant(value: number): number[];
  /** Pushes an int32 constant in all lanes. */
  integer(value: number): number[];
  /** A scratch local of type v128. */
  temporary(name: string): number;
}

export const get = (local: number): number[] => [op.localGet, ...unsigned(local)];
export const set = (local: number): number[] => [op.localSet, ...unsigned(local)];
export const tee = (local: number): number[] => [op.localTee, ...unsigned(local)];

type Printer = (args: readonly number[][], emit: Emit) => number[];
const plain =
  (code: number): Printer =>
  (args) =>
    join(...args, vector(code));

/** Operations that WebAssembly can do; all others are lowered to these before printing. */
const instructions: Readonly<Partial<Record<OperationName, Printer>>> = {
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
  select: ([condition, yes, no]) => [...yes, ...no, ...condition, ...vector(simd.bitselect)],
  exp: ([x], emit) => [...x, ...exponential(emit)],
  log: ([x], emit) => [...x, ...logarithm(emit)],
  tanh: ([x], emit) => [...x, ...hyperbolicTangent(emit)],
};

export function instruction(node: Node, args: readonly number[][], emit: Emit): number[] {
  const print = node.op === "constant" || node.op === "input" ? undefined : instructions[node.op];
  if (!print) throw new Error(`"${node.op}" has no WebAssembly instruction and was not lowered.`);
  return print(args, emit);
}

/** Horner's rule in the vector held by `x`; coefficients from the highest power down. */
function horner(emit: Emit, x: number, coefficients: readonly number[]): number[] {
  return coefficients.flatMap((c, k) =>
    k === 0
      ? emit.constant(c)
      : [...get(x), ...vector(simd.mul), ...emit.constant(c), ...vector(simd.add)],
  );
}

/** 1.5 * 2^23: adding it rounds to an integer that then sits in the low bits. */
const magic = 12582912;

/**
 * exp on the stack's top, relative error 1.2e-7 on [-87, 88], clamped outside.
 * x = k ln 2 + r; exp(r) by a polynomial of degree 7 (Cephes), k added into the exponent bits.
 */
export function exponential(emit: Emit): number[] {
  const [x, k, r] = ["exp:x", "exp:k", "exp:r"].map(emit.temporary);
  return [
    ...emit.constant(-87),
    ...vector(simd.pmax),
    ...emit.constant(88),
    ...vector(simd.pmin),
    ...tee(x),
    ...[...emit.constant(Math.LOG2E), ...vector(simd.mul)],
    ...[...emit.constant(magic), ...vector(simd.add), ...set(k)],
    // r = x - k ln2, ln 2 in two parts so that the first product is exact.
    ...[...get(x), ...get(k), ...emit.constant(magic), ...vector(simd.sub), ...tee(r)],
    ...[...emit.constant(0.693359375), ...vector(simd.mul), ...vector(simd.sub)],
    ...[...get(r), ...emit.constant(-2.1219444e-4), ...vector(simd.mul), ...vector(simd.sub)],
    ...set(r),
    ...horner(
      emit,
      r,
      [1.9875691e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5, 1, 1],
    ),
    ...[...get(k), op.i32Const, 23, ...vector(simd.i32Shl), ...vector(simd.i32Add)],
  ];
}

/**
 * Natural logarithm of the stack's top, 2.4e-7 relative; the argument must be a positive normal
 * number. x = 2^e m with m in [sqrt(1/2), sqrt(2)); log(m) by a polynomial in m - 1 (Cephes).
 */
export function logarithm(emit: Emit): number[] {
  const [bits, e, f] = ["log:bits", "log:e", "log:f"].map(emit.temporary);
  const sqrtHalf = 0x3f3504f3;
  const tail = [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ];
  return [
    ...[...tee(bits), ...emit.integer(sqrtHalf), ...vector(simd.i32Sub)],
    ...[op.i32Const, 23, ...vector(simd.i32ShrS), ...set(e)],
    ...[...get(bits), ...get(e), op.i32Const, 23, ...vector(simd.i32Shl), ...vector(simd.i32Sub)],
    ...[...emit.constant(1), ...vector(simd.sub), ...set(f)],
    ...[...get(e), ...vector(simd.convertI32), ...set(e)],
    // f - f^2/2 + f^3 P(f) + e ln2, smallest terms first.
    ...horner(emit, f, tail),
    ...[...get(f), ...vector(simd.mul), ...emit.constant(-0.5), ...vector(simd.add)],
    ...[...get(f), ...vector(simd.mul), ...get(f), ...vector(simd.mul)],
    ...[...get(e), ...emit.constant(-2.1219444e-4), ...vector(simd.mul), ...vector(simd.add)],
    ...[...get(f), ...vector(simd.add)],
    ...[...get(e), ...emit.constant(0.693359375), ...vector(simd.mul), ...vector(simd.add)],
  ];
}

/** Coefficients from the highest power down, all divided by the one of x^6 below. */
const tanhAbove = [
  -2.30398426e-10, 1.66924589e-7, -7.18098163e-5, 4.27478507e-2, 1.23990148e1, 5.31823463e2,
  4.0838642e3,
];
const tanhBelow = [9.89224913e1, 1.89310974e3, 4.08386472e3];
/** Here the quotient rounds to exactly 1, where tanh is 1 - 2.9e-7; not above 1 before it. */
const tanhEnd = 7.88265;

/**
 * tanh of the stack's top, relative error 3.6e-7: x P(x^2) / Q(x^2), degrees 13 and 6 (Eigen),
 * Q = x^6 + ...; one division where 1 - 2 / (1 + e^2x) has one beside an exponential.
 */
export function hyperbolicTangent(emit: Emit): number[] {
  const [x, square] = ["tanh:x", "tanh:square"].map(emit.temporary);
  const [first, ...others] = tanhBelow;
  return [
    ...[...emit.constant(-tanhEnd), ...vector(simd.pmax)],
    ...[...emit.constant(tanhEnd), ...vector(simd.pmin), ...tee(x)],
    ...[...get(x), ...vector(simd.mul), ...set(square)],
    ...[...horner(emit, square, tanhAbove), ...get(x), ...vector(simd.mul)],
    ...[...get(square), ...emit.constant(first), ...vector(simd.add)],
    ...others.flatMap((c) => [
      ...[...get(square), ...vector(simd.mul), ...emit.constant(c), ...vector(simd.add)],
    ]),
    ...vector(simd.div),
  ];
}
