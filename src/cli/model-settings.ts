import type { Command } from "commander";
import { fail } from "../core/errors.js";
import { unknownPrice } from "../discover/agents/llm-budget.js";
import { priceOf } from "../discover/agents/llm-model.js";
import type { Price } from "../discover/agents/llm-prices.js";
import type { Budget } from "../discover/stops.js";
import { count, notNegative, positive } from "./arguments.js";

/** What only a language model needs; part of a run's configuration. */
export interface ModelSettings {
  readonly baseUrl?: string;
  readonly maxUsd?: number;
  readonly maxTokens?: number;
  /** USD per million tokens. */
  readonly price?: Price;
  readonly requestTimeout_s?: number;
}

/** As commander reads them. */
export interface ModelOptions extends Pick<ModelSettings, "baseUrl" | "maxUsd" | "maxTokens"> {
  readonly priceInput?: number;
  readonly priceOutput?: number;
  readonly requestTimeout?: number;
}

/** Names of the options, for commands that forbid them. */
export const modelOptionNames = [
  ...(["baseUrl", "maxUsd", "maxTokens"] as const),
  ...(["priceInput", "priceOutput", "requestTimeout"] as const),
] as const satisfies readonly (keyof ModelOptions)[];

/** Options that say what a model's server is and what its tokens cost. */
export const withPriceOptions = (command: Command): Command =>
  command
    .option("--base-url <url>", "server of an OpenAI-compatible or other LLM")
    .option("--price-input <usd>", "USD per million input tokens of the LLM", notNegative)
    .option("--price-output <usd>", "USD per million output tokens of the LLM", notNegative);

export const withModelOptions = (command: Command): Command =>
  withPriceOptions(command)
    .option("--max-usd <number>", "most US dollars for an LLM", positive)
    .option("--max-tokens <number>", "most input and output tokens of an LLM", count)
    .option(
      "--request-timeout <seconds>",
      "longest silence of the LLM's server (default: 120)",
      positive,
    );

export function modelSettings(options: ModelOptions): ModelSettings {
  const { baseUrl, maxUsd, maxTokens, priceInput, priceOutput, requestTimeout } = options;
  if ((priceInput === undefined) !== (priceOutput === undefined))
    fail({
      code: "usage",
      message: "A price has two parts: --price-input and --price-output.",
      fix: "Give both, in USD per million tokens; 0 and 0 for a server of your own.",
    });
  return {
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(maxUsd === undefined ? {} : { maxUsd }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(priceInput === undefined || priceOutput === undefined
      ? {}
      : { price: { input: priceInput, output: priceOutput } }),
    ...(requestTimeout === undefined ? {} : { requestTimeout_s: requestTimeout }),
  };
}

const flags: Readonly<Record<keyof ModelSettings, string>> = {
  baseUrl: "--base-url",
  maxUsd: "--max-usd",
  maxTokens: "--max-tokens",
  price: "--price-input",
  requestTimeout_s: "--request-timeout",
};

/** The settings as they are given on the command line. */
export const settingsText = ({ price, ...others }: ModelSettings): string[] => [
  ...Object.entries(flags).flatMap(([name, flag]) => {
    const value = others[name as keyof typeof others];
    return value === undefined ? [] : [`${flag} ${value}`];
  }),
  ...(price ? [`--price-input ${price.input} --price-output ${price.output}`] : []),
];

/** Errors: "usage" for an agent that asks no model, "unknown-price" for dollars without a price. */
export function checkSettings(agent: string, settings: ModelSettings): void {
  if (!agent.startsWith("llm:")) {
    const useless = Object.entries(flags).find(
      ([name]) => settings[name as keyof ModelSettings] !== undefined,
    );
    if (useless)
      fail({
        code: "usage",
        message: `${useless[1]} is about a language model; "${agent}" asks none.`,
        fix: "Leave it out, or choose --agent llm:<provider>:<model>.",
      });
  } else if (settings.maxUsd !== undefined && !priceOf({ ...settings, name: agent }))
    unknownPrice(agent);
}

export const moneyOf = ({ maxUsd, maxTokens }: ModelSettings): Pick<Budget, "usd" | "tokens"> => ({
  ...(maxUsd === undefined ? {} : { usd: maxUsd }),
  ...(maxTokens === undefined ? {} : { tokens: maxTokens }),
});
