/** What a language model took for one decision, or for a run so far. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Requests sent to the server, failed and repeated ones among them. */
  readonly requests: number;
  /** Answers that broke the schema. */
  readonly schemaErrors: number;
  /** Requests whose tokens the server did not count; theirs are estimated from the text's length. */
  readonly estimated: number;
  /** At list prices without discounts; null where the price is not known. */
  readonly usd: number | null;
}

export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  requests: 0,
  schemaErrors: 0,
  estimated: 0,
  usd: 0,
};

/** `more` may come from a journal of a version that knew no prices. */
export function addUsage(sum: Usage, more: Partial<Usage>): Usage {
  const { usd = null } = more;
  return {
    inputTokens: sum.inputTokens + (more.inputTokens ?? 0),
    outputTokens: sum.outputTokens + (more.outputTokens ?? 0),
    requests: sum.requests + (more.requests ?? 0),
    schemaErrors: sum.schemaErrors + (more.schemaErrors ?? 0),
    estimated: sum.estimated + (more.estimated ?? 0),
    usd: sum.usd === null || usd === null ? null : sum.usd + usd,
  };
}

export const tokensOf = ({ inputTokens, outputTokens }: Usage): number =>
  inputTokens + outputTokens;
