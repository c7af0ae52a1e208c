import { afterEach, beforeEach, expect, vi } from "vitest";

/** Library code never talks on its own: any unexpected console call fails the test. */
const calls: unknown[][] = [];
beforeEach(() => {
  calls.length = 0;
  for (const method of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      calls.push(words);
    });
});
afterEach(() => {
  expect(calls, "unexpected console output").toEqual([]);
  vi.restoreAllMocks();
});
