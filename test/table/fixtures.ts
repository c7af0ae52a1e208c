import { noScore } from "../../src/fit/candidate.js";
import type { Cell } from "../../src/table/cell.js";
import type { TableConfiguration } from "../../src/table/configuration.js";
import { methods } from "../../src/table/methods.js";
import { tableConfiguration } from "../../src/table/suites.js";

const whole = tableConfiguration({
  suite: "published",
  quick: true,
  seeds: 3,
  languageModels: [],
  program: "0.0.0",
});

const rows = ["expert", "random", "oracle", "leads-published", "zero"];

/** Two cases, three seeds, five rows. */
export const configuration: TableConfiguration = {
  ...whole,
  cases: whole.cases.slice(0, 2),
  methods: methods.filter(({ name }) => rows.includes(name)),
};

export const hash = "a".repeat(64);

export const cell = (change: Partial<Cell>): Cell => ({
  format: "leads-table-cell",
  version: 1,
  case: "aliev-panfilov",
  method: "expert",
  seed: 1,
  configuration: hash,
  caseHash: "c",
  status: "scored",
  reason: "",
  score: { ...noScore, mse: 1e-6, at_mae_ms: 0.5, activation_agreement: 1 },
  structure: "aliev-panfilov + finite-element",
  reaction: "aliev-panfilov",
  parameterCount: 6,
  identified: true,
  parameters: [],
  dice: null,
  evaluations: 3,
  trace: [1e-2, 1e-2, 1e-6],
  simulations: 100,
  seconds: 10,
  tokens: null,
  fingerprint: "f",
  ...change,
});

/** Every cell of the configuration, scripted: `mse` by method, case and seed. */
export const everyCell = (
  mse: (method: string, name: string, seed: number) => number,
  of: TableConfiguration = configuration,
): Cell[] =>
  of.methods.flatMap(({ name: method, kind }) =>
    of.cases.flatMap(({ name }) =>
      of.seeds.map((seed) =>
        cell({
          method,
          case: name,
          seed,
          caseHash: `${name}/${seed}`,
          score: { ...noScore, mse: mse(method, name, seed), at_mae_ms: 1 },
          ...(kind === "search" ? {} : { identified: null, trace: [], evaluations: null }),
        }),
      ),
    ),
  );
