/** The few parts of the WebAssembly binary format that the printer needs (W3C core spec 2.0). */

export const valueType = { i32: 0x7f, v128: 0x7b } as const;

export const op = {
  block: 0x02,
  loop: 0x03,
  drop: 0x1a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  f32Store: 0x38,
  i32Const: 0x41,
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  f32Add: 0x92,
} as const;

/** Second bytes of SIMD instructions (prefix 0xfd). */
export const simd = {
  load: 0x00,
  splat32: 0x09,
  store: 0x0b,
  constant: 0x0c,
  extractLane: 0x1f,
  lt: 0x43,
  le: 0x45,
  not: 0x4d,
  and: 0x4e,
  or: 0x50,
  bitselect: 0x52,
  loadLane32: 0x56,
  loadZero32: 0x5c,
  i32Shl: 0xab,
  i32ShrS: 0xac,
  i32Add: 0xae,
  i32Sub: 0xb1,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  pmin: 0xea,
  pmax: 0xeb,
  convertI32: 0xfa,
  /** Relaxed SIMD: a * b + c and c - a * b, rounded once or twice. */
  multiplyAdd: 0x105,
  subtractProduct: 0x106,
} as const;

/** Code after code. Spreading would go through an iterator byte by byte, several times for each. */
export const join = (...parts: readonly (number | readonly number[])[]): number[] =>
  ([] as number[]).concat(...parts);

export function unsigned(value: number): number[] {
  if (value >= 0 && value < 0x80) return [value];
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
  } while (rest);
  return bytes;
}

export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}

const vectors = Object.values(simd).map((code) => [code, [0xfd, ...unsigned(code)]] as const);
const vectorOf: ReadonlyMap<number, readonly number[]> = new Map(vectors);

/** A SIMD instruction without operands. */
export const vector = (code: number): readonly number[] => vectorOf.get(code)!;

export const section = (id: number, content: readonly number[]): number[] =>
  join(id, unsigned(content.length), content);
export const list = (items: readonly (readonly number[])[]): number[] =>
  join(unsigned(items.length), ...items);
export const string = (text: string): number[] => [
  ...unsigned(text.length),
  ...[...text].map((c) => c.charCodeAt(0)),
];

export interface FunctionBody {
  readonly name: string;
  /** Number of i32 parameters. */
  readonly parameters: number;
  readonly i32Locals: number;
  readonly v128Locals: number;
  /** Vectors of scratch memory that it writes and reads again. */
  readonly scratchVectors: number;
  readonly code: readonly number[];
}

/** One module that imports `env.memory` and exports the functions; all take i32 and return nothing. */
export function encodeModule(functions: readonly FunctionBody[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((f) => [
    0x60,
    ...list(Array.from({ length: f.parameters }, () => [valueType.i32])),
    0x00,
  ]);
  const bodies = functions.map((f) => {
    const locals = list([
      [...unsigned(f.i32Locals), valueType.i32],
      [...unsigned(f.v128Locals), valueType.v128],
    ]);
    const body = join(locals, f.code, op.end);
    return join(unsigned(body.length), body);
  });
  const memoryImport = [...string("env"), ...string("memory"), 0x02, 0x00, ...unsigned(1)];
  return new Uint8Array(
    join(
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, list(types)),
      section(2, list([memoryImport])),
      section(3, list(functions.map((_, k) => unsigned(k)))),
      section(7, list(functions.map((f, k) => [...string(f.name), 0x00, ...unsigned(k)]))),
      section(10, list(bodies)),
    ),
  );
}

/** Valid only where products and sums can be rounded together. */
export const relaxedProbe: FunctionBody = {
  ...{ name: "probe", parameters: 0, i32Locals: 0, v128Locals: 1, scratchVectors: 0 },
  code: join(
    [0, 0, 0].flatMap((k) => [op.localGet, k]),
    vector(simd.multiplyAdd),
    op.drop,
  ),
};
