/**
 * Characters per token. OpenAI's o200k tokenizer counts 2.8 in our observations (figures are
 * dear), 4.1 in the schemas of the tools and 4.8 in prose, 3.5 over a whole prompt; other
 * tokenizers give up to a third more tokens.
 */
export const charactersPerToken = { atLeast: 2.6, measured: 3.5 } as const;

/** What a text costs where no server has counted it: on the high side, so that budgets hold. */
export const estimateTokens = (characters: number): number =>
  Math.ceil(characters / charactersPerToken.atLeast);
