import { expect } from "vitest";
import { LeadsError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { type LlmOptions, llmAgent } from "../../src/discover/agents/llm.js";
import { viewCatalog } from "../../src/discover/entries.js";
import { initialSpecFor } from "../../src/discover/initial-spec.js";
import { type Observation, observe } from "../../src/discover/observation.js";
import { catalog, hastyClock, summary } from "./fixtures.js";
import type { Protocol, Said } from "./llm-server.js";

export const key = "sk-very-secret-0123456789";

export const observation = observe({
  step: 0,
  case: summary,
  catalog: viewCatalog(catalog, summary.mesh),
  archive: [],
  current: { candidate: null, spec: initialSpecFor(catalog, summary) },
  refused: [],
  budget: { evaluations: 0, evaluationsLeft: 5, seconds: 0, secondsLeft: 60 },
});

type More = Partial<LlmOptions>;

export const agentFor = (protocol: Protocol, url: string, more: More = {}) =>
  llmAgent({
    name: `llm:${protocol.name}:m`,
    baseUrl: `${url}${protocol.root}`,
    environment: { [protocol.variable]: key },
    clock: hastyClock(),
    ...more,
  });

export const decideWith = (
  protocol: Protocol,
  url: string,
  { seen = observation, ...more }: More & { readonly seen?: Observation } = {},
) => agentFor(protocol, url, more).decide(seen, createRandom(1), new AbortController().signal);

export const errorOf = async (work: Promise<unknown>): Promise<LeadsError> =>
  work.then(
    () => {
      throw new Error("no error");
    },
    (error) => {
      expect(error).toBeInstanceOf(LeadsError);
      return error;
    },
  );

export const good: Said = {
  text: "Let me see.",
  calls: [
    { tool: "set_reaction", input: { thought: "queens first", reaction: "queen" } },
    { tool: "select_diffusion", input: { thought: "with a map", diffusion: "map" } },
  ],
};
