import { expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { offeredCatalog } from "../../src/discover/offer.js";
import { defaultSpec, numericsFor } from "../../src/twin/spec.js";

const [first, second] = Object.values(catalog.reactions);
const stiff = {
  ...second,
  name: "stiff",
  onRequest: true,
  numerics: { scheme: "rush-larsen", step_ms: 0.02 },
} as const;
const wider = { ...catalog, reactions: { [first.name]: first, stiff } };
const names = (asked?: readonly string[]) => Object.keys(offeredCatalog(wider, asked).reactions);

test("agents meet what is there on request only where it is asked for", () => {
  expect(names()).toEqual([first.name]);
  expect(names(["stiff"])).toEqual(["stiff"]);
  expect(names(["all"])).toEqual([first.name, "stiff"]);
});

test("a name that does not exist is answered with those that do", () => {
  expect(() => names(["stif"])).toThrow(/did you mean "stiff"/);
  expect(() => names([])).toThrow(/No reaction is named/);
});

test("a stiff reaction brings its scheme and takes it away again", () => {
  const set = numericsFor(stiff);
  expect(set.scheme).toBe("rush-larsen");
  expect(numericsFor(first, set).scheme).toBe(defaultSpec.numerics.scheme);
  expect(numericsFor(first, { ...set, scheme: "rush-larsen-2" }).scheme).toBe("rk4");
  expect(numericsFor(first, { ...set, scheme: "heun" }).scheme).toBe("heun");
});
