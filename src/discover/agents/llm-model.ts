import type { LanguageModel } from "ai";
import { fail, lookUp } from "../../core/errors.js";
import { listPrice, type Price } from "./llm-prices.js";

/** Where keys come from: process.env, handed in by the command line. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ModelChoice {
  /** "llm:<provider>:<model>"; the model's own name may hold colons ("llama3.1:8b"). */
  readonly name: string;
  /** Another server that speaks the provider's protocol; needed for openai-compatible. */
  readonly baseUrl?: string;
  readonly environment: Environment;
  /** Goes before the list price; { input: 0, output: 0 } for a server of one's own. */
  readonly price?: Price;
}

type Fetch = typeof globalThis.fetch;
interface Call {
  readonly model: string;
  readonly key: string | undefined;
  readonly fetch: Fetch;
  readonly url?: string;
}

interface Provider {
  /** Variables that may hold the key, first one first. */
  readonly keys: readonly string[];
  readonly needsKey: boolean;
  readonly create: (call: Call) => Promise<LanguageModel>;
}

/** Provider objects only: a bare model string would go to a gateway. Loaded when asked for. */
const providers: Readonly<Record<string, Provider>> = {
  anthropic: {
    keys: ["ANTHROPIC_API_KEY"],
    needsKey: true,
    create: async ({ model, key, fetch, url }) =>
      (await import("@ai-sdk/anthropic")).createAnthropic({
        apiKey: key,
        fetch,
        baseURL: url ?? "https://api.anthropic.com/v1",
      })(model),
  },
  openai: {
    keys: ["OPENAI_API_KEY"],
    needsKey: true,
    create: async ({ model, key, fetch, url }) =>
      (await import("@ai-sdk/openai"))
        .createOpenAI({ apiKey: key, fetch, baseURL: url ?? "https://api.openai.com/v1" })
        .chat(model),
  },
  google: {
    keys: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"],
    needsKey: true,
    create: async ({ model, key, fetch, url }) =>
      (await import("@ai-sdk/google")).createGoogleGenerativeAI({
        apiKey: key,
        fetch,
        baseURL: url ?? "https://generativelanguage.googleapis.com/v1beta",
      })(model),
  },
  "openai-compatible": {
    keys: ["OPENAI_COMPATIBLE_API_KEY"],
    needsKey: false,
    create: async ({ model, key, fetch, url }) =>
      (await import("@ai-sdk/openai-compatible"))
        .createOpenAICompatible({
          name: "compatible",
          baseURL: url ?? "",
          fetch,
          includeUsage: true,
          ...(key ? { apiKey: key } : {}),
        })
        .chatModel(model),
  },
};

export interface ChosenModel {
  readonly provider: string;
  readonly model: string;
  readonly load: (fetch: Fetch) => Promise<LanguageModel>;
  /** Undefined: not known. */
  readonly price: Price | undefined;
  /** To be blacked out wherever text leaves the agent. */
  readonly secrets: readonly string[];
  readonly keyVariables: readonly string[];
}

/** The two parts of "llm:<provider>:<model>". Errors: "bad-agent", "unknown-name". */
export function nameModel(name: string): { readonly provider: string; readonly model: string } {
  const [kind, provider, ...rest] = name.split(":");
  const model = rest.join(":");
  if (kind !== "llm" || !provider || !model)
    return fail({
      code: "bad-agent",
      message: `"${name}" does not name a language model.`,
      fix: `Write llm:<provider>:<model>; providers: ${Object.keys(providers).join(", ")}.`,
    });
  lookUp("provider of language models", providers, provider);
  return { provider, model };
}

/**
 * What a model costs: the price given, else the list's if the provider's own server is asked.
 * Whether somebody else's server is free, only its user knows.
 */
export function priceOf({ name, baseUrl, price }: Omit<ModelChoice, "environment">) {
  const { provider, model } = nameModel(name);
  return price ?? (baseUrl === undefined ? listPrice(provider, model) : undefined);
}

/** Errors: those of nameModel, "missing-key", "missing-base-url"; nothing is loaded yet. */
export function chooseModel(choice: ModelChoice): ChosenModel {
  const { name, baseUrl, environment } = choice;
  const { provider: providerName, model } = nameModel(name);
  const provider = providers[providerName];
  const variable = provider.keys.find((candidate) => environment[candidate]?.trim());
  const key = variable === undefined ? undefined : checkKey(variable, environment[variable]);
  const url = checkUrl(providerName, baseUrl, key);
  if (provider.needsKey && !key)
    fail({
      code: "missing-key",
      message: `No key for ${providerName} in the environment.`,
      fix: `Set ${provider.keys.join(" or ")}, or begin a run or a branch with --agent expert, which needs none.`,
    });
  return {
    provider: providerName,
    model,
    load: (fetch) => provider.create({ model, key, fetch, url }),
    price: priceOf(choice),
    secrets: key ? [key] : [],
    keyVariables: provider.keys,
  };
}

/** Whatever cannot stand in a header would come back in an error message, key and all. */
function checkKey(variable: string, text = ""): string {
  const key = text.trim();
  if (/^[!-~]+$/.test(key)) return key;
  return fail({
    code: "bad-key",
    message: `${variable} holds more than a key: there are blanks or characters beyond ASCII in it.`,
    fix: `Set ${variable} to the key alone, without quotes and line ends.`,
  });
}

function checkUrl(
  provider: string,
  baseUrl: string | undefined,
  key: string | undefined,
): string | undefined {
  if (baseUrl === undefined) {
    if (provider !== "openai-compatible") return undefined;
    return fail({
      code: "missing-base-url",
      message: "openai-compatible needs the address of the server.",
      fix: "Add --base-url, e.g. --base-url http://127.0.0.1:11434/v1 for Ollama.",
    });
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const bare = url && !url.username && !url.password && !url.search && !url.hash;
  if (!bare || !/^https?:$/.test(url.protocol) || (key && baseUrl.includes(key)))
    return fail({
      code: "bad-base-url",
      message: "The base URL is not an http(s) address without user, password, query and key.",
      fix: "Write it like http://127.0.0.1:11434/v1; keys belong into the environment.",
    });
  return baseUrl.replace(/\/+$/, "");
}
