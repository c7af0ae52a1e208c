import { expect, test } from "vitest";
import { z } from "zod";
import { plainParse } from "../../src/discover/plain-parse.js";
import { steeringCommandSchema } from "../../src/discover/steering.js";

const schema = z.strictObject({
  count: z.number().int().min(1).max(64),
  seconds: z.number().positive().optional(),
  names: z.array(z.string().min(1).max(3)).min(1).optional(),
  blur: z.union([z.number(), z.literal("fitted")]).optional(),
});

test.each([
  [{}, "count: is missing"],
  [{ count: 1.5 }, "count: must be a whole number"],
  [{ count: 0 }, "count: must be at least 1"],
  [{ count: 65 }, "count: must be at most 64"],
  [{ count: "a" }, "count: must be a number"],
  [{ count: 1, seconds: 0 }, "seconds: must be more than 0"],
  [{ count: 1, names: [] }, "names: must not be empty"],
  [{ count: 1, names: ["long"] }, "names.0: must be at most 3 characters long"],
  [{ count: 1, blur: "fit" }, 'blur: must be a number or "fitted"'],
  [{ count: 1, other: 2 }, 'thing: has no "other"'],
  [7, "thing: must be an object"],
])("%j is refused in plain words", (value, reason) => {
  expect(plainParse(schema, value, "thing")).toEqual({ ok: false, reason });
});

test("what a person says to a run, too", () => {
  const reasonOf = (value: unknown) => plainParse(steeringCommandSchema, value, "command");
  expect(reasonOf({ command: "pin", component: "heart" })).toMatchObject({
    reason: expect.stringMatching(/^component: must be one of reaction, diffusion, /),
  });
  expect(reasonOf({ command: "jump" })).toMatchObject({
    reason: expect.stringMatching(/^command: must be one of pause, resume, /),
  });
  expect(reasonOf({ command: "pause" })).toEqual({ ok: true, value: { command: "pause" } });
});
