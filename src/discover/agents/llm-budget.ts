import { fail } from "../../core/errors.js";
import type { Observation } from "../observation.js";
import type { StopReason } from "../stops.js";
import { addUsage, noUsage, tokensOf, type Usage } from "../usage.js";
import { costOf_usd, type Price } from "./llm-prices.js";
import type { Tokens } from "./llm-request.js";

/** Under a budget no answer may be longer; without one the server decides. */
const longestAnswer_tokens = 16_384;
/** A request that leaves less than this for its answer is not worth its prompt. */
const shortestAnswer_tokens = 200;

/** What the requests of one turn have taken. */
export interface Meter {
  readonly count: (tokens: Tokens) => void;
  readonly mistake: () => void;
  readonly usage: () => Usage;
}

export function createMeter(price: Price | undefined): Meter {
  let sum = noUsage;
  return {
    count: ({ input, output, estimated }) => {
      sum = addUsage(sum, {
        inputTokens: input,
        outputTokens: output,
        requests: 1,
        estimated: estimated ? 1 : 0,
        usd: costOf_usd(price, { input, output }),
      });
    },
    mistake: () => {
      sum = addUsage(sum, { schemaErrors: 1, usd: 0 });
    },
    usage: () => sum,
  };
}

export type Allowance =
  | { readonly ok: true; readonly outputTokens: number }
  | { readonly ok: false; readonly halt: StopReason };

/** How long the next answer may be, once its prompt is paid; or that there is no next one. */
export function allowance(
  budget: Pick<Observation["budget"], "tokensLeft" | "usdLeft">,
  spent: Usage,
  next: { readonly price: Price | undefined; readonly promptTokens: number },
): Allowance {
  const { tokensLeft, usdLeft } = budget;
  if (tokensLeft === undefined && usdLeft === undefined)
    return { ok: true, outputTokens: Number.POSITIVE_INFINITY };
  const byTokens = (tokensLeft ?? Infinity) - tokensOf(spent) - next.promptTokens;
  if (byTokens < shortestAnswer_tokens) return spentUp("tokens", "tokens");
  const byMoney = usdLeft === undefined ? Infinity : affordable(usdLeft, spent, next);
  if (byMoney < shortestAnswer_tokens) return spentUp("usd", "dollars");
  const tokens = Math.min(byTokens, byMoney, longestAnswer_tokens);
  return { ok: true, outputTokens: Math.floor(tokens) };
}

const spentUp = (code: "tokens" | "usd", unit: string): Allowance => ({
  ok: false,
  halt: { code, detail: `the ${unit} that are left do not pay for another request` },
});

function affordable(
  usdLeft: number,
  spent: Usage,
  { price, promptTokens }: { readonly price: Price | undefined; readonly promptTokens: number },
): number {
  if (!price || spent.usd === null) return unknownPrice();
  const left_usd = usdLeft - spent.usd - (promptTokens * price.input) / 1e6;
  if (left_usd < 0) return 0;
  return price.output === 0 ? Infinity : (1e6 * left_usd) / price.output;
}

/** Where a limit in dollars meets a model whose price nobody knows. */
export const unknownPrice = (model = "this model"): never =>
  fail({
    code: "unknown-price",
    message: `A limit in dollars needs a price, and that of ${model} is not known.`,
    fix: "Add --price-input and --price-output in USD per million tokens (0 and 0 for a server of your own), or limit --max-tokens.",
  });
