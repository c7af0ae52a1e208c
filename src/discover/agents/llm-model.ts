import type { LanguageModel } from "ai";
import { fail, lookUp } from "../../core/errors.js";

/** Where keys come from: process.env, handed in by the command line. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ModelChoice {
  /** "llm:<provider>:<model>"; the model's own name may hold colons ("llama3.1:8b"). */
  readonly name: string;
  /** Another server that speaks the provider's protocol; needed for openai-compatible. */
  readonly baseUrl?: string;
  readonly environment: Environment;
}

interface Provider {
  /** Variables that may hold the key, first one first. */
  readonly keys: readonly string[];
  readonly needsKey: boolean;
  readonly create: (
    model: string,
    key: string | undefined,
    baseURL?: string,
  ) => Promise<LanguageModel>;
}

/** Provider objects only: a bare model string would go to a gateway. Loaded when asked for. */
const providers: Readonly<Record<string, Provider>> = {
  anthropic: {
    keys: ["ANTHROPIC_API_KEY"],
    needsKey: true,
    create: async (model, apiKey, baseURL) =>
      (await import("@ai-sdk/anthropic")).createAnthropic({
        apiKey,
        baseURL: baseURL ?? "https://api.anthropic.com/v1",
      })(model),
  },
  openai: {
    keys: ["OPENAI_API_KEY"],
    needsKey: true,
    create: async (model, apiKey, baseURL) =>
      (await import("@ai-sdk/openai"))
        .createOpenAI({ apiKey, baseURL: baseURL ?? "https://api.openai.com/v1" })
        .chat(model),
  },
  google: {
    keys: ["GOOGLE_GENERATIVE_AI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"],
    needsKey: true,
    create: async (model, apiKey, baseURL) =>
      (await import("@ai-sdk/google")).createGoogleGenerativeAI({
        apiKey,
        baseURL: baseURL ?? "https://generativelanguage.googleapis.com/v1beta",
      })(model),
  },
  "openai-compatible": {
    keys: ["OPENAI_COMPATIBLE_API_KEY"],
    needsKey: false,
    create: async (model, apiKey, baseURL) =>
      (await import("@ai-sdk/openai-compatible"))
        .createOpenAICompatible({
          name: "compatible",
          baseURL: baseURL ?? "",
          ...(apiKey ? { apiKey } : {}),
        })
        .chatModel(model),
  },
};

export interface ChosenModel {
  readonly provider: string;
  readonly model: string;
  readonly load: () => Promise<LanguageModel>;
  /** To be blacked out wherever text leaves the agent. */
  readonly secrets: readonly string[];
  readonly keyVariables: readonly string[];
}

/** Errors: "bad-agent", "unknown-name", "missing-key", "missing-base-url"; nothing is loaded yet. */
export function chooseModel({ name, baseUrl, environment }: ModelChoice): ChosenModel {
  const [kind, providerName, ...rest] = name.split(":");
  const model = rest.join(":");
  if (kind !== "llm" || !providerName || !model)
    fail({
      code: "bad-agent",
      message: `"${name}" does not name a language model.`,
      fix: `Write llm:<provider>:<model>; providers: ${Object.keys(providers).join(", ")}.`,
    });
  const provider = lookUp("provider of language models", providers, providerName);
  const url = checkUrl(providerName, baseUrl);
  const variable = provider.keys.find((candidate) => environment[candidate]);
  const key = variable ? environment[variable] : undefined;
  if (provider.needsKey && !key)
    fail({
      code: "missing-key",
      message: `No key for ${providerName} in the environment.`,
      fix: `Set ${provider.keys.join(" or ")}, or use --agent expert, which needs none.`,
    });
  return {
    provider: providerName,
    model,
    load: () => provider.create(model, key, url),
    secrets: key ? [key] : [],
    keyVariables: provider.keys,
  };
}

function checkUrl(provider: string, baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) {
    if (provider !== "openai-compatible") return undefined;
    return fail({
      code: "missing-base-url",
      message: "openai-compatible needs the address of the server.",
      fix: "Add --base-url, e.g. --base-url http://127.0.0.1:11434/v1 for Ollama.",
    });
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    return fail({
      code: "bad-base-url",
      message: "The base URL is not an http(s) address without user and password.",
      fix: "Write it like http://127.0.0.1:11434/v1; keys belong into the environment.",
    });
  return baseUrl.replace(/\/+$/, "");
}
