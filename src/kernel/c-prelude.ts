import { exponential, hyperbolicTangent, ln2, logarithm, magic } from "./single-precision.js";

/** Floats in a vector of the machine and nodes in a vector of the layout. */
export interface VectorShape {
  readonly floats: number;
  readonly nodes: number;
}

/** A float of C. */
export function literal(value: number): string {
  const single = Math.fround(value);
  if (Number.isFinite(single))
    return `${Object.is(single, -0) ? "-" : ""}${single.toExponential()}f`;
  if (Number.isNaN(single)) return '__builtin_nanf("")';
  return `${single < 0 ? "-" : ""}__builtin_inff()`;
}

const horner = (x: string, start: string, coefficients: readonly number[]): string =>
  coefficients.reduce((sum, c) => `(${sum} * ${x} + ${literal(c)})`, start);
const series = (x: string, [highest, ...others]: readonly number[]): string =>
  horner(x, literal(highest), others);

/**
 * Types and functions that passes in C are written with, in the vector extension of GCC and Clang.
 * Vectors are read and written at multiples of a float, and may alias.
 */
export function printPrelude({ floats, nodes }: VectorShape): string {
  const lanes = floats / nodes;
  const [low, high] = exponential.range.map(literal);
  const end = literal(hyperbolicTangent.end);
  const [start, ...rest] = hyperbolicTangent.below;
  return `
typedef float vf __attribute__((vector_size(${4 * floats})));
typedef int vi __attribute__((vector_size(${4 * floats})));
typedef float memory __attribute__((vector_size(${4 * floats}), aligned(4), may_alias));
#define inlined static inline __attribute__((always_inline))

inlined vf load(const float *at) { return *(const memory *)at; }
inlined void store(float *at, vf value) { *(memory *)at = value; }
inlined vf splat(float value) {
  vf all;
  for (int k = 0; k < ${floats}; k++) all[k] = value;
  return all;
}
/* One row, a float a trajectory, for all nodes; and ${nodes} nodes from ${nodes} places. */
${lanes === 1 ? oneByOne(floats) : inParts(floats, lanes)}
inlined void store_row(float *at, vf value) {
  for (int lane = 0; lane < ${lanes}; lane++) {
    float sum = 0;
    for (int node = 0; node < ${nodes}; node++) sum += value[node * ${lanes} + lane];
    at[lane] = sum;
  }
}
/* As good as zero below the size: denormal numbers make every operation five times slower. */
inlined vf flushed(vf value, float size) { return (value + size) - size; }
inlined vf choose(vi condition, vf yes, vf no) {
  return (vf)((condition & (vi)yes) | (~condition & (vi)no));
}
inlined vf least(vf a, vf b) { return choose(b < a, b, a); }
inlined vf most(vf a, vf b) { return choose(a < b, b, a); }
inlined vf size(vf a) { return (vf)((vi)a & 0x7fffffff); }
inlined vf root(vf a) {
  for (int k = 0; k < ${floats}; k++) a[k] = __builtin_sqrtf(a[k]);
  return a;
}
inlined vf exponential(vf x) {
  x = least(most(x, splat(${low})), splat(${high}));
  vf k = x * ${literal(Math.LOG2E)} + ${literal(magic)};
  vf whole = k - ${literal(magic)};
  vf r = (x - whole * ${literal(ln2.high)}) - whole * ${literal(ln2.low)};
  vf power = ${series("r", exponential.series)};
  return (vf)((vi)power + ((vi)k << 23));
}
inlined vf logarithm(vf x) {
  vi exponent = ((vi)x - ${logarithm.sqrtHalf}) >> 23;
  vf f = (vf)((vi)x - (exponent << 23)) - 1.0f;
  vf e = __builtin_convertvector(exponent, vf);
  vf bent = ${series("f", logarithm.series)};
  return e * ${literal(ln2.high)} + ((e * ${literal(ln2.low)} + bent * f * f) + f);
}
inlined vf hyperbolic_tangent(vf x) {
  x = least(most(x, splat(-${end})), splat(${end}));
  vf square = x * x;
  vf above = ${series("square", hyperbolicTangent.above)};
  vf below = ${horner("square", `(square + ${literal(start)})`, rest)};
  return above * x / below;
}
`;
}

/**
 * One trajectory: loads one by one, put together in fours. With AVX-512's own gather the gradient of
 * W1 took a quarter longer (AMD EPYC).
 */
function oneByOne(floats: number): string {
  const four = (first: number) =>
    `(vp){${[0, 1, 2, 3].map((k) => `stream[places[${first + k}]]`).join(", ")}}`;
  return `typedef float vp __attribute__((vector_size(16)));
inlined vf row(const float *at) { return splat(*at); }
inlined vf gather(const float *stream, const int *places) { return ${joined(floats, 4, four)}; }`;
}

/** Several trajectories: a vector is put together from the short ones of its nodes. */
function inParts(floats: number, lanes: number): string {
  const bytes = 4 * lanes;
  const node = (first: number) => `part(stream + places[${first / lanes}])`;
  return `typedef float vp __attribute__((vector_size(${bytes})));
typedef float short_memory __attribute__((vector_size(${bytes}), aligned(4), may_alias));
inlined vp part(const float *at) { return *(const short_memory *)at; }
inlined vf row(const float *at) {
  return __builtin_shufflevector(part(at), part(at), ${indices(floats, lanes)});
}
inlined vf gather(const float *stream, const int *places) { return ${joined(floats, lanes, node)}; }`;
}

/** A vector of so many floats from parts of `size`, halves first. */
function joined(floats: number, size: number, part: (first: number) => string, first = 0): string {
  if (floats === size) return part(first);
  const half = floats / 2;
  const [low, high] = [first, first + half].map((at) => joined(half, size, part, at));
  return `__builtin_shufflevector(${low}, ${high}, ${indices(floats, floats)})`;
}

const indices = (count: number, period: number): string =>
  Array.from({ length: count }, (_, k) => k % period).join(", ");
