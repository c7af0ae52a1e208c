import { type LlmProposerOptions, llmProposer } from "./llm-proposer.js";
import type { Proposer } from "./proposer.js";
import { findTranscript, transcriptProposer } from "./transcript.js";

export interface ProposerChoice {
  /** A language model, where one is configured. */
  readonly llm?: LlmProposerOptions;
  /** Folder of recorded runs, and the name of the transcript in it. */
  readonly transcripts?: { readonly folder: string; readonly name: string };
}

/** The proposer, or why a row of a table is not run. */
export type ChosenProposer = { readonly proposer: Proposer } | { readonly notRun: string };

/** A language model first, else a transcript, else the reason why there is neither. */
export async function chooseProposer({
  llm,
  transcripts,
}: ProposerChoice): Promise<ChosenProposer> {
  if (llm) return { proposer: llmProposer(llm) };
  if (!transcripts)
    return { notRun: "no language model is configured, and no transcript is named" };
  const { folder, name } = transcripts;
  const text = await findTranscript(folder, name);
  if (text === undefined)
    return {
      notRun: `no language model is configured, and ${folder} holds no transcript free-form/${name}.jsonl`,
    };
  return { proposer: transcriptProposer(text, name) };
}
