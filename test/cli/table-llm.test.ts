import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeAnswer } from "../../src/discover/free-form/proposer.js";
import { writeTranscript } from "../../src/discover/free-form/transcript.js";
import { closeServers, compatible, type Said, say, serve } from "../discover/llm-server.js";
import { leads, temporaryFolder } from "./leads.js";

const folder = temporaryFolder();
const quick = ["table", "--quick", "--seeds", "1", "--cases", "aliev-panfilov"];
const agent = "llm:openai-compatible:m";
const row = "llm-openai-compatible-m";

const thought = "a short fit first";
const fit = { starts: 1, timeIterations: 2, potentialIterations: 2, fieldIterations: 0 };
const first: Said = {
  calls: [
    { tool: "set_reaction", input: { thought, reaction: "aliev-panfilov" } },
    { tool: "set_fit", input: { thought, fit } },
  ],
};
const enough: Said = { calls: [{ tool: "stop", input: { thought, reason: "enough" } }] };
const equations = writeAnswer({
  thought: "A leak, and conduction.",
  equations: "u' = rate * diffusion - leak * u",
  parameters: { rate: 0.1, leak: 0.01 },
});

interface Row {
  readonly score: { readonly mse: number | null };
  readonly evaluations: number;
  readonly tokens: number | null;
  readonly structure: string;
}
const cellOf = (table: string, method: string): Row => {
  const path = join(folder, table, "published-quick", "cells", `aliev-panfilov--${method}--1.json`);
  return JSON.parse(readFileSync(path, "utf8"));
};
const repeatable = ({ score, evaluations, structure }: Row) => ({ score, evaluations, structure });

/** A model is asked for one fit and one set of equations; then both are repeated with no server. */
test("rows of a language model, and their transcripts from a folder", async () => {
  const { url, sent } = await serve([
    say(compatible, first),
    say(compatible, enough),
    say(compatible, { text: equations }),
    say(compatible, { text: "I know no better." }),
  ]);
  const model = ["--llm", agent, "--base-url", `${url}/v1`, "--workers", "1"];
  const here = { cwd: join(folder, "here") };
  mkdirSync(here.cwd);
  const rows = ["--rows", `${row},free-form-${row}`, "--out", "../asked"];
  const asked = await leads([...quick, ...model, ...rows], here);
  expect(asked.code, asked.stderr).toBe(0);
  const [searched, written] = [cellOf("asked", row), cellOf("asked", `free-form-${row}`)];
  expect(searched).toMatchObject({ evaluations: 1, tokens: 240 });
  expect(searched.structure).toMatch(/^aliev-panfilov \+ /);
  expect(searched.score.mse).toBeLessThan(0.1);
  expect(written.structure).toContain("rate * diffusion - leak * u");
  expect(written.tokens).toBe(120 * (sent.length - 2));
  expect(asked.stdout).toMatch(/^llm:openai-compatible:m /m);
  expect(asked.stdout).toMatch(/^free form, llm:openai-compatible:m /m);

  await closeServers();
  const kept = join(folder, "shared", "transcripts");
  cpSync(join(folder, "asked", "published-quick", "journals"), join(kept, "published-quick"), {
    recursive: true,
  });
  mkdirSync(join(kept, "free-form"));
  writeFileSync(join(kept, "free-form", "table.jsonl"), writeTranscript([equations]));
  const again = ["--rows", `${row},free-form`, "--out", "../repeated"];
  const repeated = await leads([...quick, ...again], here);
  expect(repeated.code, repeated.stderr).toBe(0);
  expect(repeatable(cellOf("repeated", row))).toEqual(repeatable(searched));
  const { score, structure } = cellOf("repeated", "free-form");
  expect({ score, structure }).toEqual({ score: written.score, structure: written.structure });
  expect(repeated.stdout).toContain(`${row}, transcript`);
}, 400_000);
