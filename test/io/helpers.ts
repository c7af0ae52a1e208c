import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import type { Mesh } from "../../src/mesh/mesh.js";

export const dataFolder = new URL("../../../shared/data/", import.meta.url).pathname;

/** A folder that vanishes after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "leads-io-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The LeadsError that `action` must end in. */
export async function problemOf(action: () => unknown): Promise<LeadsError> {
  try {
    await action();
  } catch (error) {
    expect(error).toBeInstanceOf(LeadsError);
    return error as LeadsError;
  }
  throw new Error("expected a LeadsError, got a result");
}

/** Any cut of a valid file gives a LeadsError or the very same result, never another exception. */
export function expectSafePrefixes<T>(
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => T,
  step = 1,
): void {
  const whole = parse(bytes);
  let refused = 0;
  for (let length = 0; length < bytes.length; length += step) {
    let result: T | undefined;
    try {
      result = parse(bytes.slice(0, length));
    } catch (error) {
      if (!(error instanceof LeadsError)) throw error;
      refused++;
      continue;
    }
    expect(result, `cut at ${length}`).toEqual(whole);
  }
  expect(refused).toBeGreaterThan(bytes.length / step / 2);
}

/** Flips bytes of a valid file: a result or a LeadsError, nothing else. */
export function expectSafeDamage(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  let tried = 0;
  for (let at = 0; at < bytes.length; at += Math.max(1, Math.floor(bytes.length / 400)))
    for (const value of [0, 0x7f, 0xff]) {
      const damaged = bytes.slice();
      damaged[at] = value;
      tried++;
      try {
        parse(damaged);
      } catch (error) {
        if (!(error instanceof LeadsError)) throw error;
      }
    }
  expect(tried).toBeGreaterThan(0);
}

export const utf8 = (text: string) => new TextEncoder().encode(text);

/** Two tetrahedra with regions, fibres, names and node data. */
export const tetMesh: Mesh = {
  points: Float64Array.of(0, 0, 0, 10.1, 0, 0, 0, 20.2, 0, 0, 0, 30.3, 10, 20, 30),
  elementKind: "tetrahedron",
  elements: Int32Array.of(0, 1, 2, 3, 1, 2, 3, 4),
  regions: Int32Array.of(1, -2),
  regionNames: { "1": "LV <free> & wall", "-2": "Größe" },
  fibres: Float64Array.of(1, 0, 0, 0, 0.6, 0.8),
  nodeData: { transmural: Float64Array.of(0, 0.1, Number.NaN, 1 / 3, -0) },
};

export const squareMesh: Mesh = {
  points: Float64Array.of(0, 0, 0, 20, 0, 0, 20, 20, 0, 0, 20, 1 / 3),
  elementKind: "triangle",
  elements: Int32Array.of(0, 1, 2, 0, 2, 3),
  regions: Int32Array.of(0, 0),
  regionNames: {},
};
