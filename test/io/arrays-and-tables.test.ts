import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeCsv, parseCsv, parseNumberColumns } from "../../src/io/csv.js";
import { encodeNpy, parseNpy } from "../../src/io/npy.js";
import { fromBase64, npyFiles } from "./golden.js";
import { expectSafeDamage, expectSafePrefixes, problemOf, utf8 } from "./helpers.js";

const read = (name: keyof typeof npyFiles) => parseNpy(fromBase64(npyFiles[name]), name);

describe("npy", () => {
  test("reads what numpy wrote: types, byte orders, Fortran order, scalars, empty arrays", () => {
    expect(Array.from(read("f2").data)).toEqual([0.5, -2, 65504, 2 ** -24, Infinity, NaN]);
    expect(read("be_i4_fortran")).toMatchObject({ shape: [2, 3], dtype: ">i4" });
    expect(Array.from(read("be_i4_fortran").data)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Array.from(read("u1_3d_fortran").data)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(Array.from(read("bool").data)).toEqual([1, 0]);
    expect(read("scalar")).toMatchObject({ shape: [], data: Float64Array.of(3.25) });
    expect(read("empty")).toMatchObject({ shape: [0, 3], data: new Float64Array() });
  });

  test("what is written comes back bit for bit", () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 24 }), (values) => {
        const bytes = encodeNpy({ shape: [values.length], data: values, type: "f8" });
        expect(bytes.indexOf(10) % 64).toBe(63);
        expect(Object.is(parseNpy(bytes, "x").data.length, values.length)).toBe(true);
        expect(Array.from(parseNpy(bytes, "x").data)).toEqual(values);
      }),
    );
    const whole = encodeNpy({ shape: [2, 2], data: [1, -2, 2 ** 31 - 1, -(2 ** 31)], type: "i4" });
    expect(Array.from(parseNpy(whole, "x").data)).toEqual([1, -2, 2147483647, -2147483648]);
    const single = encodeNpy({ shape: [1], data: [0.1], type: "f4" });
    expect(parseNpy(single, "x").data[0]).toBe(Math.fround(0.1));
  });

  test("cuts, damage, lies and code are refused", async () => {
    const bytes = encodeNpy({ shape: [3, 2], data: [1, 2, 3, 4, 5, 6], type: "f8" });
    expectSafePrefixes(bytes, (part) => parseNpy(part, "x"));
    expectSafeDamage(bytes, (part) => parseNpy(part, "x"));
    expect((await problemOf(() => read("object"))).code).toBe("foreign-file");
    const huge = utf8(`\x93NUMPY`);
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999), }\n";
    const lying = new Uint8Array([0x93, ...huge.slice(2), 1, 0, header.length, 0, ...utf8(header)]);
    expect((await problemOf(() => parseNpy(lying, "x"))).code).toBe("truncated-file");
    const many = new Uint8Array([...bytes, 0]);
    expect((await problemOf(() => parseNpy(many, "x"))).code).toBe("malformed-file");
    const fraction = () => encodeNpy({ shape: [1], data: [0.5], type: "i4" });
    expect((await problemOf(fraction)).message).toContain("not a 32-bit integer");
    expect((await problemOf(() => encodeNpy({ shape: [2], data: [1], type: "f8" }))).code).toBe(
      "mismatch",
    );
  });
});

describe("csv", () => {
  test("quotes, separators and line ends", () => {
    const table = parseCsv('a;"b;""x"""\r\n1;"two\nlines"\r\n\r\n', "t");
    expect(table).toEqual({ header: ["a", 'b;"x"'], rows: [["1", "two\nlines"]] });
    expect(parseCsv("1,2\n3,4", "t").header).toBeUndefined();
    expect(parseNumberColumns("node\ttime_ms\n3\t\n4\t1e-3\n", "t")).toEqual({
      node: Float64Array.of(3, 4),
      time_ms: Float64Array.of(NaN, 1e-3),
    });
  });

  test("numbers and names come back exactly", () => {
    const value = fc.double();
    const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(rows, fc.string({ minLength: 1 }), (pairs, word) => {
        const name = `n${word.trim()}`;
        const columns = { [name]: pairs.map(([a]) => a), "second column": pairs.map(([, b]) => b) };
        const back = parseNumberColumns(encodeCsv(columns), "t");
        expect(Array.from(back[name])).toEqual(columns[name]);
        expect(Array.from(back["second column"])).toEqual(columns["second column"]);
      }),
    );
  });

  test("errors name the line, the row and the column", async () => {
    const cases: [string, string][] = [
      ["a,b\n1,2\n3\n", "line 3: 1 cells"],
      ['a,b\n1,"2\n', "never closed"],
      ['a\n"1"x\n', "after a closing quote"],
      ["a,b\n1,x\n", 'row 1, column "b"'],
      ["a,a\n1,2\n", 'two columns are called "a"'],
      ["", "empty"],
    ];
    for (const [text, words] of cases)
      expect((await problemOf(() => parseNumberColumns(text, "t.csv"))).message).toContain(words);
    expect((await problemOf(() => encodeCsv({ a: [1], b: [] }))).code).toBe("mismatch");
  });

  test("any text gives a table or a LeadsError", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", "1", ";") }),
        (text) => {
          try {
            expect(parseCsv(text, "t").rows).toBeInstanceOf(Array);
          } catch (error) {
            expect((error as Error).name).toBe("LeadsError");
          }
        },
      ),
    );
  });
});
