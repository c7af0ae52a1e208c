import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markUnrecorded, numberSpans, unrecordedIn } from "../../src/discover/number-gate.js";
import type { ReportData } from "../../src/report/data.js";
import { reportFacts } from "../../src/report/facts.js";
import { renderReport, summaryText } from "../../src/report/index.js";
import { verdicts } from "../../src/report/verdicts.js";
import { ellipsoid, sampleReport, score } from "./sample.js";

const data = sampleReport(ellipsoid(150));
const flagged = (text: string, of: ReportData = data) =>
  unrecordedIn(text, reportFacts(of)).map((span) => span.text);

describe("sentences of the report", () => {
  test("every number in the summary is recorded", () => {
    const summary = summaryText(data);
    expect(numberSpans(summary, reportFacts(data)).length).toBeGreaterThan(50);
    expect(flagged(summary)).toEqual([]);
    expect(summary).not.toContain("[?]");
  });

  const seconds_s = fc.integer({ min: 0, max: 2e6 }).map((tenths) => tenths / 10);
  const figure = fc.double({ min: 1e-9, max: 900, noNaN: true });
  test("whatever the figures are", () => {
    fc.assert(
      fc.property(figure, figure, seconds_s, (mse, ms, seconds) => {
        const other: ReportData = {
          ...data,
          twin: { train: null, validation: null, test: score(mse, ms) },
          run: { ...data.run, seconds, evaluations: 7, seed: 31 },
          parameters: data.parameters.map((p) => ({ ...p, value: mse * p.value })),
        };
        expect(flagged(summaryText(other), other)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("a note with a number from nowhere is marked, one from the results is not", () => {
    const notes = [
      "Weights: aliev-panfilov 0.6217, others 0.3783.",
      "The best of 6 reached 3.1e-6.",
    ];
    const posterior = [
      { reaction: "aliev-panfilov", weight: 0.62171 },
      { reaction: "rogers-mcculloch", weight: 0.37829 },
    ];
    const plain: ReportData = { ...data, notes };
    expect(summaryText(plain)).toContain("aliev-panfilov 0.6217[?], others 0.3783[?]");
    expect(summaryText(plain)).toMatch(/\[\?\] marks a number that is no recorded result/);
    const known: ReportData = { ...plain, posterior };
    expect(summaryText(known)).not.toContain("[?]");
    expect(renderReport(plain)).toContain('title="no recorded result">0.6217</mark>');
    expect(renderReport(known)).not.toContain("<mark");
  });

  test("verdicts give the factor of the figures they name", () => {
    const [sentence] = verdicts(data);
    expect(sentence).toContain("by a factor of 3800.");
    expect(flagged(sentence)).toEqual([]);
    expect(flagged(sentence.replace("3800", "3900"))).toEqual(["3900"]);
  });
});

describe("thoughts in the report", () => {
  const thought = "MSE 3.1e-6 <b>beats</b> my guess of 17.3.";
  const reason = "Done: 41 times better.";
  const spansOf = (text: string, written: string, shift = 0) => {
    const start = text.indexOf(written);
    return [{ text: written, start: start + shift, end: start + written.length + shift }];
  };
  const marked: ReportData = {
    ...data,
    run: { ...data.run, stopReason: `agent: ${reason}`, unrecorded: spansOf(reason, "41", 7) },
    steps: [
      { ...data.steps[0], thought, unrecorded: spansOf(thought, "17.3") },
      {
        ...{ thought: "Enough.", action: "stop", arguments: {}, candidate: null },
        ...{ outcome: reason, unrecordedOutcome: spansOf(reason, "41") },
      },
    ],
  };

  test("unrecorded numbers stand in a mark with a legend, the rest stays text", () => {
    const page = renderReport(marked);
    expect(page).toContain(
      'MSE 3.1e-6 &lt;b&gt;beats&lt;/b&gt; my guess of <mark class="unrecorded" title="no recorded result">17.3</mark>.',
    );
    expect(page.match(/title="no recorded result">41<\/mark>/g)).toHaveLength(2);
    expect(page.match(/marked like this/g)).toHaveLength(1);
    expect(page).toContain("mark.unrecorded{");
    expect(renderReport(data)).not.toContain("<mark");
  });

  test("the summary marks the agent's reason to stop", () => {
    expect(summaryText(marked)).toContain("stopped: agent: Done: 41[?] times better.");
    expect(markUnrecorded(thought, marked.steps[0].unrecorded)).toContain("17.3[?]");
  });
});
