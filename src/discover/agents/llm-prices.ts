/** USD per million tokens, of prompts below the providers' long-context limits. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

interface ListPrice extends Price {
  /** The day on which the figure stood on the provider's page. */
  readonly asOf: string;
  readonly source: string;
}

const anthropic = (input: number, output: number): ListPrice => ({
  input,
  output,
  asOf: "2026-10-10",
  source: "platform.claude.com/docs/en/about-claude/pricing, as kept by docs.rs/synaps 0.10.2",
});
const openai = (input: number, output: number): ListPrice => ({
  input,
  output,
  asOf: "2026-05-31",
  source: "openai.com/api/pricing, as kept by docs.rs/openai-cost 0.1.0 and aimodelcalc (May 2026)",
});
const google = (input: number, output: number): ListPrice => ({
  input,
  output,
  asOf: "2026-10-07",
  source: "ai.google.dev/gemini-api/docs/pricing, as kept by github.com/api-evangelist/deepmind",
});

/** Prices change: --price-input and --price-output go before this table. */
export const listPrices: Readonly<Record<string, Readonly<Record<string, ListPrice>>>> = {
  anthropic: {
    "claude-haiku-4-5": anthropic(1, 5),
    "claude-sonnet-4-5": anthropic(3, 15),
    "claude-sonnet-4-6": anthropic(3, 15),
    "claude-sonnet-5": anthropic(2, 10),
    "claude-sonnet-5-5": anthropic(2, 10),
    "claude-opus-4-5": anthropic(5, 25),
    "claude-opus-4-6": anthropic(5, 25),
    "claude-opus-5": anthropic(5, 25),
    "claude-opus-5-5": anthropic(4, 20),
  },
  openai: {
    "gpt-5": openai(1.25, 10),
    "gpt-4o": openai(2.5, 10),
    "gpt-4o-mini": openai(0.15, 0.6),
  },
  google: {
    "gemini-3.5-flash": google(1.5, 9),
    "gemini-3.5-flash-lite": google(0.3, 2.5),
    "gemini-3.1-pro-preview": google(2, 12),
  },
};

/** Dated names ("claude-haiku-4-5-20251001", "gpt-5-2025-08-07") cost what their model costs. */
const dated = /-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$/;

/** The list price at the provider's own server; undefined where the table has none. */
export function listPrice(provider: string, model: string): ListPrice | undefined {
  const prices = listPrices[provider] ?? {};
  const name = [model, model.replace(dated, "")].find((one) => Object.hasOwn(prices, one));
  return name === undefined ? undefined : prices[name];
}

export const costOf_usd = (
  price: Price | undefined,
  tokens: { readonly input: number; readonly output: number },
): number | null =>
  price ? (tokens.input * price.input + tokens.output * price.output) / 1e6 : null;
