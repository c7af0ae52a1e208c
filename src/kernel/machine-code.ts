import { op, signed, simd, vector } from "./wasm-encoding.js";

/**
 * A value and the instruction that makes it: `code` follows whatever pushes the arguments. What is
 * "given" costs nothing (constants, values from before all loops), what is "held" lies in a local
 * from an earlier region of the pass, and a "load" reads memory that the pass may write to later.
 */
export interface Step {
  /** Counted from 0 within a region; arguments have smaller ones. */
  readonly id: number;
  readonly kind: "given" | "held" | "load" | "work";
  readonly code: Code;
  readonly args: readonly Step[];
}

/** Instructions; where streams of slots are read, those for the slot so many ahead of the one in hand. */
export type Code = readonly number[] | ((ahead: number) => readonly number[]);

export const codeOf = ({ code }: Step, ahead: number): readonly number[] =>
  typeof code === "function" ? code(ahead) : code;

/** Builds the steps of one region. */
export interface Machine {
  /** A float32 in all lanes. */
  constant(value: number): Step;
  /** An int32 in all lanes. */
  integer(value: number): Step;
  apply(code: readonly number[], ...args: readonly Step[]): Step;
  /** a * b + c, in one instruction where the engine rounds only once. */
  multiplyAdd(a: Step, b: Step, c: Step): Step;
  /** c - a * b, likewise. */
  subtractProduct(c: Step, a: Step, b: Step): Step;
  make(kind: Step["kind"], code: Code): Step;
}

export interface MachineRequest {
  /** Code that pushes a constant, given its bits. */
  constant(bits: number): readonly number[];
  /** Products are added without being rounded first (relaxed SIMD). */
  readonly fused: boolean;
}

export function createMachine({ constant, fused }: MachineRequest): Machine {
  let count = 0;
  const step = (kind: Step["kind"], code: Code, args: readonly Step[]): Step => ({
    id: count++,
    kind,
    code,
    args,
  });
  const apply: Machine["apply"] = (code, ...args) => step("work", code, args);
  const integer = (value: number) => step("given", constant(value), []);
  return {
    apply,
    integer,
    constant: (value) => integer(floatBits(value)),
    make: (kind, code) => step(kind, code, []),
    multiplyAdd: (a, b, c) =>
      fused
        ? apply(vector(simd.multiplyAdd), a, b, c)
        : apply(vector(simd.add), apply(vector(simd.mul), a, b), c),
    subtractProduct: (c, a, b) =>
      fused
        ? apply(vector(simd.subtractProduct), a, b, c)
        : apply(vector(simd.sub), c, apply(vector(simd.mul), a, b)),
  };
}

const asFloat = new Float32Array(1);
const asInteger = new Int32Array(asFloat.buffer);

export function floatBits(value: number): number {
  asFloat[0] = value;
  return asInteger[0];
}

/** Shifts the four integers on the stack. */
export const shift = (code: number, bits: number): number[] => [
  ...[op.i32Const, ...signed(bits)],
  ...vector(code),
];
