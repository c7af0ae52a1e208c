import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision } from "../../src/discover/actions.js";
import type { Agent } from "../../src/discover/agents/agent.js";
import { expertAgent } from "../../src/discover/agents/expert.js";
import { decode } from "../../src/discover/canonical.js";
import { memoryStore, openJournal, readJournal } from "../../src/discover/journal.js";
import {
  markUnrecorded,
  numberSpans,
  piecesOf,
  type RecordedFacts,
  type RecordedNumber,
  unrecordedIn,
} from "../../src/discover/number-gate.js";
import type { Observation } from "../../src/discover/observation.js";
import { factsOf, gateDecision } from "../../src/discover/recorded-facts.js";
import { short } from "../../src/discover/render.js";
import { replay } from "../../src/discover/replay.js";
import {
  catalog,
  type Landscape,
  plainTruth,
  runWith,
  scarTruth,
  scripted,
  summary,
} from "./fixtures.js";

const facts = (numbers: readonly RecordedNumber[], more: Partial<RecordedFacts> = {}) => ({
  numbers,
  names: ["luo-rudy", "mitchell-schaeffer-2003", "p1"],
  titleWords: new Set(["luo-rudy", "two-variable", "aliev-panfilov"]),
  candidates: 4,
  step: 6,
  counts: { reaction: 5, candidate: 4 },
  ...more,
});
const known = facts([
  { value: 3.2146e-5, unit: "" },
  { value: 0.8214, unit: "" },
  { value: 1.974, unit: "ms" },
  { value: 642, unit: "s" },
  { value: 12345, unit: "" },
  { value: 20, unit: "" },
  { value: -4.5, unit: "mV" },
]);
const flagged = (text: string, given: RecordedFacts = known) =>
  unrecordedIn(text, given).map((span) => span.text);

describe("a number is recorded", () => {
  test.each([
    "excess 3.2e-5, 3.21e-5, 3e-5 or 0.0000321",
    "excess 3.2 x 10^-5, 3.21 × 10⁻⁵, 3.2·10^−5",
    "correlation 0.82, that is 82 % or 82.1%",
    "activation error 1.97 ms, about 2 ms, 0.00197 s",
    "642 s left: 11 min",
    "12345 nodes; 12,345 nodes; 12300 nodes",
    "20 recordings",
    "rest -4.5 mV, or −4.5 mV, or 4.5 mV away",
    "#3 beats #0; candidates 1, 2 and 3; candidate 2",
    "step 6, steps 1-3",
    "5 reactions, 3 other reactions, the 2 best candidates, the 3rd candidate",
    "Luo-Rudy 1991 is no two-variable model; Aliev-Panfilov (1996); Niederer et al. 2011",
    "mitchell-schaeffer-2003 on p1, RK4, L-2, in 3D",
    "no digits: two of three are better by half",
  ])("%s", (text) => expect(flagged(text)).toEqual([]));
});

describe("a number is not recorded", () => {
  test.each([
    ["excess 3.3e-5", ["3.3e-5"]],
    ["excess 3.215e-4", ["3.215e-4"]],
    ["a misfit below 1e-6", ["1e-6"]],
    ["error of 1.98 ms", ["1.98"]],
    ["1.974 mm and 1.974 %", ["1.974", "1.974 %"]],
    ["12 min left", ["12"]],
    ["#4 and candidate 17; candidates 1, 2 and 9", ["4", "17", "9"]],
    ["step 7", ["7"]],
    ["6 reactions and 19 candidates", ["6", "19"]],
    // Differences and ratios, even where the figure happens to be a recorded one.
    ["20 times better, by a factor of 20, 20x, 20-fold", ["20", "20", "20", "20"]],
    ["in 1991, and p1.5 or D0.4", ["1991", "1.5", "0.4"]],
    ["version 1.2.3", ["1.2.3"]],
    ["٤٢ and ４２", ["٤٢", "４２"]],
    ["12345.5", ["12345.5"]],
  ])("%s", (text, expected) => expect(flagged(text)).toEqual(expected));
});

test("spans lie where their text is, in order, and marks leave the rest as it was", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: "grapheme" }), fc.double(), fc.nat())),
      (parts) => {
        const text = parts.map(String).join(" ");
        const spans = numberSpans(text, known);
        let at = 0;
        for (const { start, end, text: written } of spans) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(text.slice(start, end)).toBe(written);
          at = end;
        }
        const unrecorded = unrecordedIn(text, known);
        expect(markUnrecorded(text, unrecorded, (number) => number)).toBe(text);
        expect(piecesOf(text, unrecorded).filter((piece) => piece.unrecorded).length).toBe(
          unrecorded.length,
        );
      },
    ),
  );
});

const figure = fc.double({ min: 1e-12, max: 1e12, noNaN: true });

test("any recorded number passes in every form that the project prints", () => {
  fc.assert(
    fc.property(figure, fc.boolean(), fc.integer({ min: 0, max: 5 }), (size, negative, digits) => {
      const value = negative ? -size : size;
      const only = facts([{ value, unit: "" }]);
      for (const written of [
        short(value),
        String(value),
        value.toExponential(digits),
        value.toPrecision(digits + 1),
        `${short(100 * value)} %`,
      ])
        expect(flagged(`it is ${written}, so`, only), written).toEqual([]);
    }),
  );
});

test("a number that differs within the digits written is flagged, and so is everything without facts", () => {
  fc.assert(
    fc.property(figure, fc.integer({ min: 1, max: 6 }), (value, digits) => {
      const written = value.toExponential(digits);
      const place = 10 ** (Number(written.split("e")[1]) - digits);
      const other = facts([{ value: Number(written) + 1.01 * place, unit: "" }]);
      expect(flagged(`it is ${written}`, other)).toEqual([written]);
      expect(flagged(`it is ${written}`, facts([]))).toEqual([written]);
    }),
  );
});

const lands: readonly (readonly [string, Landscape])[] = [
  ["a plain truth", plainTruth],
  ["a scar", scarTruth],
  ["noise and lost fits", { ...scarTruth, unresolved: 4e-4, lost: ["queen", "bishop/slow"] }],
  ["nothing that fits", { wrong: {}, scar: 2e-3, noise: 1e-3 }],
];
const patients = [
  summary,
  { ...summary, unknownStimuli: true, arbitraryScale: true },
  { ...summary, mesh: { ...summary.mesh, hasFibres: true } },
];

test.each(lands)("whatever the expert says on a whole run is recorded: %s", async (_, land) => {
  for (const patient of patients)
    for (const budget of [
      { evaluations: 30, seconds: 3600 },
      { evaluations: 4, seconds: 90.123 },
    ]) {
      const said: [string, readonly unknown[]][] = [];
      let numbers = 0;
      const expert = expertAgent();
      const watched: Agent = {
        name: "expert",
        decide: async (observation, random, signal) => {
          const decision = await expert.decide(observation, random, signal);
          const gated = gateDecision(decision, observation);
          numbers += numberSpans(decision.thought, factsOf(observation)).length;
          said.push([decision.thought, Object.values(gated).flat()]);
          return decision;
        },
      };
      const run = await runWith({
        case: patient,
        agent: watched,
        evaluate: scripted(land),
        budget,
      });
      expect(said.filter(([, spans]) => spans.length > 0)).toEqual([]);
      expect(run.archive.some(({ unrecorded }) => unrecorded)).toBe(false);
      if (land !== plainTruth && budget.evaluations > 4) expect(numbers).toBeGreaterThan(0);
    }
});

/** A language model's way: it says a figure that it was shown, and one that it made up. */
function inventive(shown: Observation[] = []): Agent {
  return {
    name: "scripted",
    decide: async (observation): Promise<Decision> => {
      shown.push(observation);
      const { candidates, step } = observation;
      if (step === 0)
        return {
          thought: "Interpolation has an MSE of 0.02.",
          actions: [{ action: "set_fit", fit: { starts: 9 } }],
        };
      if (step === 1) {
        const excess = short(candidates[0].excess);
        return {
          thought: `#0 has an excess of ${excess}; its MSE is 17.3, with 9 starts. I expect 0.00421.`,
          actions: [{ action: "set_reaction", reaction: "knight" }],
        };
      }
      const reason = `#1 reaches ${short(candidates[1].excess)}, 41 times better than before; MSE 17.3 is beaten.`;
      return { thought: "Done.", actions: [{ action: "stop", reason }] };
    },
  };
}

test("a number that a language model invents is marked, in the archive, the journal and a replay", async () => {
  const shown: Observation[] = [];
  const store = memoryStore();
  const run = await runWith({
    agent: inventive(shown),
    evaluate: scripted(scarTruth),
    journal: await openJournal(store),
  });
  expect(run.archive.map(({ unrecorded = [] }) => unrecorded.map(({ text }) => text))).toEqual([
    [],
    ["17.3", "0.00421"],
  ]);
  const view = shown[2].candidates[1];
  expect(view.thought).toBe(run.archive[1].thought);
  expect(markUnrecorded(view.thought, view.unrecorded)).toContain(
    "its MSE is 17.3[?], with 9 starts. I expect 0.00421[?].",
  );
  // What was invented once is no result the next time.
  expect(run.stop.unrecorded?.map(({ text }) => text)).toEqual(["41", "17.3"]);

  const { events } = await readJournal(store);
  const thoughts = events
    .filter((event) => event.type === "decided")
    .map((event) => decode(event.data) as Decision);
  expect(thoughts[1].thought).not.toContain("[?]");
  expect(thoughts[0]).not.toHaveProperty("unrecorded");
  const again: unknown[] = [];
  const report = await replay(events, {
    case: summary,
    catalog,
    evaluate: scripted(scarTruth),
    onEvent: (event) => event.type === "decided" && again.push(decode(event.data)),
  });
  expect(report.identical).toBe(true);
  expect(again.slice(0, 2)).toEqual(thoughts.slice(0, 2));
});
