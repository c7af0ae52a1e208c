import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.js";
import { chooseProposer } from "../../src/discover/free-form/choose.js";
import { compileProposal, type Proposal } from "../../src/discover/free-form/equations.js";
import { type LlmProposerOptions, llmProposer } from "../../src/discover/free-form/llm-proposer.js";
import { gradientAt } from "../../src/discover/free-form/one-step.js";
import {
  type History,
  type Proposer,
  readAnswer,
  writeAnswer,
} from "../../src/discover/free-form/proposer.js";
import { createRollOut, scoreFreeForm } from "../../src/discover/free-form/score.js";
import { runFreeForm } from "../../src/discover/free-form/search.js";
import { seriesOf } from "../../src/discover/free-form/series.js";
import { transcriptProposer, writeTranscript } from "../../src/discover/free-form/transcript.js";
import { baselineScores } from "../../src/fit/baselines.js";
import { targetsOf } from "../../src/fit/targets.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { temporaryFolder } from "../cli/leads.js";
import { sheetPatient } from "../fit/sheet-patient.js";
import { hastyClock } from "./fixtures.js";
import { key } from "./llm-agent.js";
import { compatible, json, say, serve } from "./llm-server.js";

const mesh = sheet({ width_mm: 20, height_mm: 16, spacing_mm: 2 });
const nodes = nodeCount(mesh);
const spec: TwinSpec = {
  ...defaultSpec,
  reaction: { name: "aliev-panfilov" },
  diffusion: { name: "mean-aggregation", options: {} },
};

/** Mean aggregation under Aliev and Panfilov's cell, paced by a current at the corners. */
const data = sheetPatient({
  mesh,
  truth: spec,
  sites: [0, nodes - 1, 10, nodes - 11],
  stimulus: (near) => ({
    kind: "current",
    nodes: near,
    start_ms: 4,
    duration_ms: 3,
    strength_per_ms: 0.4,
  }),
  interval_ms: 2,
  frames: 150,
});

const right: Proposal = {
  thought: "A cubic with a slow recovery, and conduction towards the mean.",
  equations: `
    unit = 1 / tau
    u' = rate * diffusion + unit * (k * u * (1 - u) * (u - a) - u * v)
    v' = unit * (e + mu * v / (u + 0.3)) * (k * u * (1 + a - u) - v)
  `,
  parameters: { rate: 0.2, tau: 16, k: 7, a: 0.1, e: 0.004, mu: 0.1 },
};
const decay: Proposal = {
  thought: "It only leaks.",
  equations: "u' = rate * diffusion - leak * u",
  parameters: { rate: 0.1, leak: 0.01 },
};

const scripted = (answers: readonly string[], seen: History[] = []): Proposer => ({
  name: "scripted",
  propose: async (history) => {
    seen.push(history);
    return answers[history.generation] === undefined
      ? { kind: "end", reason: "the script ends" }
      : readAnswer(answers[history.generation]);
  },
});

describe("the search", () => {
  const seen: History[] = [];
  const answers = [
    "I would rather talk about the weather.",
    writeAnswer({ ...decay, equations: "u' = rate * (diffusion\nv' = 0 * u" }),
    writeAnswer({ ...decay, equations: "u' = rate * laplace" }),
    writeAnswer({ ...decay, equations: "u' = exp(exp(exp(9 + u)))" }),
    writeAnswer(decay),
    writeAnswer(right),
  ];
  const run = runFreeForm({
    data,
    proposer: scripted(answers, seen),
    seed: 1,
    keep: 1,
    iterations: 40,
  });

  test("nonsense is survived, counts as a generation and goes back with line and column", async () => {
    const { status, reason, failed } = await run;
    expect({ status, reason }).toEqual({ status: "finished", reason: "the script ends" });
    expect(failed.map(({ generation }) => generation)).toEqual([0, 1, 2, 3]);
    expect(failed[0].problem).toMatch(/no ```equations block/);
    expect(failed[1].problem).toMatch(/line 2, column 1: .*expected/s);
    expect(failed[2].problem).toMatch(/"laplace" is not known here.*Known names: .*diffusion/s);
    expect(failed[3].problem).toMatch(/leaves the numbers/);
    expect(seen[5].failed).toEqual(failed);
    expect(seen[5].kept.map(({ proposal }) => proposal.thought)).toEqual([decay.thought]);
  });

  test("the right equations win; rolled out freely their wave is right, the plateau need not be", async () => {
    const { best, kept } = await run;
    expect(kept.map(({ generation }) => generation)).toEqual([5]);
    expect(best!.loss.validation).toBeLessThan(0.05);
    expect(best!.loss.validation).toBeLessThan(0.5 * seen[5].kept[0].loss.validation);
    const { score, diverged } = scoreFreeForm(data, best!, data.split.test);
    expect(diverged).toEqual([]);
    const { observation } = spec;
    const [train, judged] = [data.split.train, data.split.test].map((ids) =>
      targetsOf(data, ids, observation),
    );
    const trivial = baselineScores(data, train, judged);
    expect(Object.keys(trivial)).toEqual(["zero", "spatial_mean", "nearest_pacing"]);
    expect(score.mse!).toBeLessThan(0.5 * trivial.zero.mse!);
    expect(score.activation_agreement).toBe(1);
    expect(score.at_mae_ms!).toBeLessThan(0.5 * trivial.nearest_pacing.at_mae_ms!);
  });

  test("its transcript repeats it to the last number", async () => {
    const { answers: said, best } = await run;
    const proposer = transcriptProposer(writeTranscript(said), "mine");
    const again = await runFreeForm({ data, proposer, seed: 1, keep: 1, iterations: 40 });
    expect(again.best!.parameters).toEqual(best!.parameters);
    expect(again.reason).toBe("the transcript ends after 6 answers");
    expect(() => transcriptProposer("{}\n", "mine")).toThrow(/mine:1: this is no answer/);
  });
});

test("the gradient through the hidden variable is that of the loss: its remainder is of order two", () => {
  const series = seriesOf(data, ["r0"], { random: createRandom(1), most: 8 });
  const model = compileProposal(right);
  const at = (parameters: Proposal["parameters"]) => gradientAt(model, series, parameters);
  const { value, gradient } = at(right.parameters);
  for (const [k, name] of model.parameters.entries()) {
    const remainders = [1e-2, 5e-3].map((share) => {
      const step = share * right.parameters[name];
      const moved = at({ ...right.parameters, [name]: right.parameters[name] + step }).value;
      return Math.abs(moved - value - step * gradient[k]);
    });
    const order = Math.log2(remainders[0] / remainders[1]);
    expect(order, name).toBeGreaterThan(1.9);
    expect(order, name).toBeLessThan(2.1);
  }
});

test("diffusion is the mean over the neighbours less u: it spreads, and a uniform state stays", () => {
  const only: Proposal = { thought: "", equations: "u' = 0.2 * diffusion", parameters: {} };
  const roll = createRollOut(data, compileProposal(only), {});
  const paced = roll({
    ...data.recordings[0],
    stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: [0], value: 1 }] },
  });
  const reached = paced.map((u) => u.filter((value) => value > 0).length);
  expect(reached[0]).toBe(1);
  expect(reached[3]).toBeGreaterThan(reached[1]);
  const everywhere = Array.from({ length: nodes }, (_, i) => i);
  const flat = roll({
    ...data.recordings[0],
    stimuli: { kind: "given", stimuli: [{ kind: "initial", nodes: everywhere, value: 0.5 }] },
  });
  expect(flat.at(-1)!.every((value) => value === 0.5)).toBe(true);
});

test("a model that explodes on a free roll-out has no figure, not a good one", () => {
  const unstable: Proposal = { thought: "", equations: "u' = 40 * u^3", parameters: {} };
  const { score, diverged } = scoreFreeForm(
    data,
    { model: compileProposal(unstable), parameters: {} },
    ["r3"],
  );
  expect(diverged).toEqual(["r3"]);
  expect(Object.values(score).every((figure) => figure === null)).toBe(true);
});

test.each([
  [{ ...decay, equations: "v' = u" }, /u has no rate/],
  [{ ...decay, equations: "u' = v" }, /v is read but has no rate/],
  [{ ...decay, equations: "u' = u\nw' = u" }, /"w'" is no rate/],
  [{ ...decay, parameters: { diffusion: 1 } }, /cannot name a parameter/],
  [{ ...decay, parameters: { rate: Number.NaN, leak: 1 } }, /is no number/],
  [{ ...decay, equations: "#".repeat(7000) }, /7000 characters/],
])("a proposal that does not fit is refused with the reason: %#", (proposal, reason) => {
  expect(() => compileProposal(proposal)).toThrow(reason);
});

describe("no proposer, no case: not run, never zero", () => {
  test("neither a model nor a transcript", async () => {
    const folder = temporaryFolder();
    expect(await chooseProposer({})).toEqual({
      notRun: expect.stringMatching(/no language model/),
    });
    const transcripts = { folder, name: "published-1" };
    const none = await chooseProposer({ transcripts });
    expect(none).toEqual({ notRun: expect.stringMatching(/free-form\/published-1\.jsonl/) });
    mkdirSync(join(folder, "free-form"));
    writeFileSync(
      join(folder, "free-form", "published-1.jsonl"),
      writeTranscript([writeAnswer(decay)]),
    );
    const found = await chooseProposer({ transcripts });
    expect(found).toMatchObject({ proposer: { name: "transcript:published-1" } });
  });

  test("a case without potentials, and a transcript without an answer", async () => {
    const [first] = data.recordings;
    const { potential: _, ...bare } = first;
    const times = { nodes: Int32Array.of(0), times_ms: Float64Array.of(1) };
    const timesOnly = {
      ...data,
      recordings: data.recordings.map((r) => (r === first ? { ...bare, activation: times } : r)),
    };
    const proposer = scripted([]);
    const [noData, noAnswer] = [
      await runFreeForm({ data: timesOnly, proposer, seed: 1 }),
      await runFreeForm({ data, proposer, seed: 1 }),
    ];
    expect(noData).toMatchObject({
      status: "not-run",
      reason: expect.stringMatching(/activation times alone/),
      best: null,
    });
    expect(noAnswer).toMatchObject({ status: "not-run", reason: "the script ends", best: null });
  });
});

describe("a language model", () => {
  const search = (url: string, more: Partial<LlmProposerOptions> = {}) =>
    runFreeForm({
      ...{ data, seed: 1, iterations: 10, generations: 3 },
      proposer: llmProposer({
        name: "llm:openai-compatible:m",
        baseUrl: `${url}/v1`,
        environment: { OPENAI_COMPATIBLE_API_KEY: key },
        clock: hastyClock(),
        ...more,
      }),
    });
  const good = say(compatible, { text: writeAnswer(decay) });

  test("sees the losses, answers in blocks, and its tokens are counted", async () => {
    const refusal = json({ error: { message: `no such key: ${key}` } }, 401);
    const { url, sent } = await serve([good, say(compatible, { text: "no idea" }), refusal]);
    const result = await search(url);
    expect(result).toMatchObject({
      status: "finished",
      reason: expect.stringMatching(/openai-compatible \(m\) answered 401: no such key: \*\*\*/),
    });
    expect(result.usage).toEqual({
      inputTokens: 200,
      outputTokens: 40,
      requests: 3,
      schemaErrors: 1,
      estimated: 0,
      usd: null,
    });
    expect(result.best!.proposal.equations).toBe(decay.equations);
    const prompts = sent.map(({ body }) => JSON.stringify(body.messages));
    expect(prompts[1]).toContain("model 1: loss");
    expect(prompts[2]).toContain("no idea");
    expect(sent.every(({ body }) => body.tools === undefined)).toBe(true);
  });

  test("is asked again after a failure on the way, whole where the server cannot stream", async () => {
    const clock = hastyClock();
    const busy = json({ error: { message: "busy" } }, 503);
    const whole = json(compatible.whole({ text: writeAnswer(decay) }));
    const { url, sent } = await serve([busy, whole]);
    const { status, usage } = await search(url, { clock, price: { input: 1, output: 1 } });
    expect(status).toBe("finished");
    expect(clock.waits).toEqual([2000]);
    expect(sent.map(compatible.streams)).toEqual([true, true, false, false, false]);
    expect(usage.requests).toBe(5);
    expect(usage.usd).toBeGreaterThan(0);
  });

  test("never hears its key at another host: a redirection is refused", async () => {
    const other = await serve([good]);
    const { url } = await serve([
      (response) => {
        response.writeHead(307, { location: `${other.url}/v1/chat/completions` });
        response.end();
      },
    ]);
    const { status, reason } = await search(url);
    expect(status).toBe("not-run");
    expect(reason).toMatch(/answered 307.*--base-url/);
    expect(other.sent).toEqual([]);
  });

  test("that falls silent or never ends its answer ends the search, not the table", async () => {
    const silent = await serve([() => undefined]);
    const { reason } = await search(silent.url, { requestTimeout_s: 0.1, retries: 0 });
    expect(reason).toMatch(/no answer within 0.1 s.*--request-timeout/);
    const endless = await serve([say(compatible, { text: "la ".repeat(30_000) })]);
    const { failed } = await search(endless.url);
    expect(failed.map(({ problem }) => problem)[0]).toMatch(/too long/);
  });

  test("stops where its tokens or dollars do not pay for another answer", async () => {
    const { url, sent } = await serve([good]);
    const tokens = await search(url, { maxTokens: 1200 });
    expect(tokens.reason).toMatch(/the tokens that are left do not pay/);
    expect(tokens.best).not.toBeNull();
    expect(sent.length).toBe(tokens.usage.requests);
    expect(compatible.limit(sent[0].body)).toBeLessThan(1200);
    const price = { input: 0, output: 1000 };
    const dollars = await search(url, { maxUsd: 0.21, price });
    expect(dollars.reason).toMatch(/the dollars that are left do not pay/);
    expect(dollars.usage.usd).toBeLessThan(0.21);
  });
});
