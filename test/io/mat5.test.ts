import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeNumbers, joinBytes, type NumberType } from "../../src/io/bytes.js";
import { type MatValue, parseMat5 } from "../../src/io/mat5.js";
import { fromBase64, matFiles } from "./golden.js";
import { expectSafeDamage, expectSafePrefixes, problemOf, utf8 } from "./helpers.js";

/** A small writer of its own for the tests: element, matrix, file, in either byte order. */
const element = (type: number, body: Uint8Array, little: boolean): Uint8Array => {
  const padding = type === 15 ? 0 : (8 - (body.length % 8)) % 8;
  const tag = encodeNumbers([type, body.length], { type: "u4", littleEndian: little });
  return joinBytes([tag, body, new Uint8Array(padding)]);
};
const words = (values: number[], type: NumberType, little: boolean) =>
  encodeNumbers(values, { type, littleEndian: little });
function matrix(
  name: string,
  classNumber: number,
  shape: number[],
  rest: Uint8Array[],
  little: boolean,
  nameType = 1,
) {
  const head = [
    element(6, words([classNumber, 0], "u4", little), little),
    element(5, words(shape, "i4", little), little),
    element(nameType, utf8(name), little),
  ];
  return element(14, joinBytes([...head, ...rest]), little);
}
function file(elements: Uint8Array[], little: boolean): Uint8Array {
  const text = utf8("MATLAB 5.0 MAT-file, made by a test".padEnd(124));
  const version = words([0x0100], "u2", little);
  return joinBytes([text, version, utf8(little ? "IM" : "MI"), ...elements]);
}
const storages: [number, NumberType][] = [
  [1, "i1"],
  [2, "u1"],
  [3, "i2"],
  [4, "u2"],
  [5, "i4"],
  [6, "u4"],
  [7, "f4"],
  [9, "f8"],
  [12, "i8"],
  [13, "u8"],
];
const parse = (bytes: Uint8Array) => parseMat5(bytes, "x.mat");

describe("mat5", () => {
  for (const kind of ["plain", "compressed"] as const)
    test(`reads what scipy wrote (${kind})`, () => {
      const values = parse(fromBase64(matFiles[kind]));
      expect(values.get("a")).toEqual({
        kind: "numeric",
        className: "double",
        shape: [3, 2],
        data: Float64Array.of(1.5, 3, NaN, 2, -4, Infinity),
      });
      expect(values.get("i")).toMatchObject({
        className: "int16",
        shape: [1, 2],
        data: Float64Array.of(-3, 7),
      });
      expect(values.get("s")).toMatchObject({ kind: "text", rows: ["hallo"] });
      expect(values.get("rows")).toMatchObject({ kind: "text", rows: ["ab", "cd"] });
      expect(values.get("c")).toMatchObject({
        data: Float64Array.of(1, 3),
        imaginary: Float64Array.of(2, -1),
      });
      expect(values.get("flag")).toMatchObject({
        className: "logical",
        data: Float64Array.of(1, 0),
      });
      expect(values.get("u64")).toMatchObject({ data: Float64Array.of(2 ** 40) });
      expect(values.get("sp")).toMatchObject({
        kind: "sparse",
        shape: [2, 2],
        rows: Float64Array.of(1, 0),
        columnStarts: Float64Array.of(0, 1, 2),
        data: Float64Array.of(3, 2),
      });
      const st = values.get("st") as Extract<MatValue, { kind: "struct" }>;
      expect(st.fields).toEqual(["x", "name", "in"]);
      expect(st.values[0].get("name")).toMatchObject({ rows: ["mü"] });
      const inner = st.values[0].get("in") as Extract<MatValue, { kind: "struct" }>;
      expect(inner.values[0].get("deep")).toMatchObject({
        className: "single",
        data: Float64Array.of(2.5),
      });
      const cell = values.get("cell") as Extract<MatValue, { kind: "cell" }>;
      expect(cell.values[1]).toMatchObject({ kind: "text", rows: ["t"] });
    });

  test("struct arrays", () => {
    const arr = parse(fromBase64(matFiles.structArray)).get("arr") as Extract<
      MatValue,
      { kind: "struct" }
    >;
    expect(arr.values).toHaveLength(2);
    expect(arr.values[1].get("v")).toMatchObject({ data: Float64Array.of(0, 1, 2) });
    expect(arr.values[1].get("t")).toMatchObject({ rows: ["q"] });
  });

  test("all storage types, both byte orders, compressed or not, int8 and uint8 names", () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 127 }), { minLength: 1, maxLength: 12 });
    const pick = fc.constantFrom(...storages);
    fc.assert(
      fc.property(
        numbers,
        pick,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(1, 2),
        (list, [code, type], little, squeeze, nameType) => {
          const body = element(code, words(list, type, little), little);
          const plain = matrix("ts", 6, [1, list.length], [body], little, nameType);
          const stored = squeeze ? element(15, deflateSync(plain), little) : plain;
          const value = parse(file([stored], little)).get("ts");
          expect(value).toMatchObject({ kind: "numeric", shape: [1, list.length] });
          expect(Array.from((value as Extract<MatValue, { kind: "numeric" }>).data)).toEqual(list);
        },
      ),
    );
  });

  test("small data elements", () => {
    // Type and size share one word: bytes 3 (size 2, type 3 = int16).
    for (const little of [true, false]) {
      const tag = words([(4 << 16) | 3], "u4", little);
      const small = joinBytes([tag, words([-5, 9], "i2", little)]);
      const value = parse(file([matrix("v", 10, [1, 2], [small], little)], little)).get("v");
      expect(value).toMatchObject({ className: "int16", data: Float64Array.of(-5, 9) });
    }
  });

  test("foreign files say what to type in MATLAB", async () => {
    const v73 = joinBytes([utf8("MATLAB 7.3 MAT-file".padEnd(512)), new Uint8Array([0x89, 0x48])]);
    expect(await problemOf(() => parse(v73))).toMatchObject({
      code: "foreign-file",
      fix: expect.stringContaining("-v7"),
    });
    const opaque = file([matrix("t", 17, [1, 1], [], true)], true);
    expect(await problemOf(() => parse(opaque))).toMatchObject({
      code: "foreign-file",
      fix: expect.stringContaining("struct("),
    });
    expect((await problemOf(() => parse(utf8("a,b\n1,2\n".repeat(50))))).code).toBe("foreign-file");
    expect((await problemOf(() => parse(new Uint8Array()))).code).toBe("truncated-file");
  });

  test("lying sizes ask for no memory", async () => {
    const cells = file([matrix("c", 1, [2 ** 30, 2 ** 30], [], true)], true);
    expect((await problemOf(() => parse(cells))).code).toBe("truncated-file");
    const numbers = file(
      [matrix("n", 6, [2 ** 30, 8], [element(9, words([1], "f8", true), true)], true)],
      true,
    );
    expect((await problemOf(() => parse(numbers))).code).toBe("malformed-file");
    const long = joinBytes([file([], true), words([14, 2 ** 32 - 1], "u4", true)]);
    expect((await problemOf(() => parse(long))).code).toBe("truncated-file");
    let nested = matrix("", 1, [0, 0], [], true);
    for (let depth = 0; depth < 80; depth++) nested = matrix("c", 1, [1, 1], [nested], true);
    expect((await problemOf(() => parse(file([nested], true)))).message).toContain("nested deeper");
    const beyond = element(12, encodeNumbers([2 ** 60], { type: "i8", littleEndian: true }), true);
    expect(
      (await problemOf(() => parse(file([matrix("b", 14, [1, 1], [beyond], true)], true)))).message,
    ).toContain("exactly");
  });

  test("cuts and damage", () => {
    expectSafePrefixes(fromBase64(matFiles.structArray), parse);
    const single = file(
      [matrix("v", 6, [1, 2], [element(9, words([1, 2], "f8", true), true)], true)],
      true,
    );
    expectSafePrefixes(single, parse);
    for (const kind of ["plain", "compressed"] as const)
      expectSafeDamage(fromBase64(matFiles[kind]), parse);
  });
});
