import type { OptionValues } from "../model/declare.js";
import type { ObservationModel, StimulusModel, TwinSpec } from "../twin/spec.js";
import type { Action, Decision } from "./actions.js";
import { canonical, encode } from "./canonical.js";
import { type CatalogView, walkDiffusion } from "./entries.js";
import type { Observation } from "./observation.js";

export const pinComponents = [
  "reaction",
  "diffusion",
  "option",
  "observation",
  "stimulus",
] as const;
export type PinComponent = (typeof pinComponents)[number];

/** A part of the structure that decisions may not change, and how it has to be. */
export interface Pin {
  readonly component: PinComponent;
  /** The option's name, where one is pinned. */
  readonly option?: string;
  readonly value: unknown;
}

/** The parts of a twin that can be pinned. */
export type Pinnable = Pick<TwinSpec, "reaction" | "diffusion" | "observation" | "stimulus">;

type Named = Pick<Pin, "component"> & { readonly option?: string | undefined };

/** undefined: this structure has no such option, so that nothing of it can differ. */
const parts: Readonly<Record<PinComponent, (spec: Pinnable, option: string) => unknown>> = {
  reaction: ({ reaction }) => [reaction.name, reaction.variant].filter(Boolean).join("/"),
  diffusion: ({ diffusion }) => diffusion.name,
  option: ({ diffusion }, option) => diffusion.options[option],
  observation: ({ observation }) => observation,
  stimulus: ({ stimulus }) => stimulus,
};

const partOf = (spec: Pinnable, { component, option }: Named): unknown =>
  parts[component](spec, option ?? "");

/** Pins a part as this structure has it, or says why it cannot. */
export function pinOf({ component, option }: Named, spec: Pinnable): Pin | string {
  const value = partOf(spec, { component, option });
  if (value !== undefined) return { component, ...(option ? { option } : {}), value };
  const names = Object.keys(spec.diffusion.options);
  return `${spec.diffusion.name} has no option "${option}"; it has ${names.join(", ") || "none"}`;
}

export const samePin = (a: Named, b: Named): boolean =>
  a.component === b.component && a.option === b.option;

const text = (value: unknown): string =>
  typeof value === "string" ? value : canonical(encode(value));

const nameOf = ({ component, option }: Named): string =>
  option === undefined ? component : `option ${option}`;

export const describePin = (pin: Pin): string => `${nameOf(pin)} = ${text(pin.value)}`;

/** Why the pins refuse a structure; undefined where they let it pass. */
export function pinRefusal(pins: readonly Pin[], spec: Pinnable): string | undefined {
  for (const pin of pins) {
    const value = partOf(spec, pin);
    if (value === undefined || text(value) === text(pin.value)) continue;
    return (
      `${describePin(pin)} is pinned by the person who steers this run, ` +
      `and this would make it ${text(value)}.`
    );
  }
  return undefined;
}

/**
 * What a decision would make of the parts that can be pinned, from the observation alone; undefined
 * where the decision will be refused for other reasons.
 */
export function forecast(observation: Observation, decision: Decision): Pinnable | undefined {
  const { from, actions } = decision;
  let spec: Pinnable | undefined =
    from === undefined ? observation.current.spec : observation.candidates[from]?.spec;
  for (const action of actions) spec = spec && foresee(observation.catalog, spec, action);
  return spec;
}

function foresee(catalog: CatalogView, spec: Pinnable, action: Action): Pinnable | undefined {
  const { diffusion } = spec;
  switch (action.action) {
    case "set_reaction":
      return { ...spec, reaction: { name: action.reaction, variant: action.variant } };
    case "select_diffusion": {
      const entry = catalog.diffusions.find(({ name }) => name === action.diffusion);
      const defaults = Object.entries(entry?.options ?? {}).map(
        ([name, range]) => [name, range.default] as const,
      );
      const options = { ...Object.fromEntries(defaults), ...action.options } as OptionValues;
      return { ...spec, diffusion: { name: action.diffusion, options } };
    }
    case "modify_diffusion": {
      const options = { ...diffusion.options, [action.option]: action.value };
      return { ...spec, diffusion: { ...diffusion, options } };
    }
    case "refine_diffusion":
    case "simplify_diffusion": {
      const direction = action.action === "refine_diffusion" ? 1 : -1;
      const next = walkDiffusion(catalog, diffusion, { option: action.option, direction });
      return next && { ...spec, diffusion: next };
    }
    case "set_observation":
      return {
        ...spec,
        observation: withoutMissing(spec.observation, action.observation),
      };
    case "set_stimulus_model":
      return {
        ...spec,
        stimulus: { ...spec.stimulus, sites: action.sites } satisfies StimulusModel,
      };
    case "set_fit":
    case "stop":
      return spec;
  }
}

const withoutMissing = (
  model: ObservationModel,
  change: Partial<ObservationModel>,
): ObservationModel => ({
  ...model,
  ...change,
  mask: change.mask ? [...new Set(change.mask)].sort((a, b) => a - b) : model.mask,
});

/** Would the pins let this decision pass? One that does nothing to them always does. */
export function respectsPins(observation: Observation, decision: Decision): boolean {
  const pins = observation.steering?.pins ?? [];
  if (pins.length === 0 || decision.actions.some(({ action }) => action === "stop")) return true;
  const spec = forecast(observation, decision);
  return spec === undefined || pinRefusal(pins, spec) === undefined;
}
