import { fail, LeadsError, lookUp } from "../core/errors.js";
import { createRandom } from "../core/random.js";
import type { Diffusion, OptionRange, OptionValues, Parameter } from "../model/declare.js";
import { type Catalog, numericsFor, type TwinSpec } from "../twin/spec.js";
import type { Action, Decision } from "./actions.js";
import { canonical, encode } from "./canonical.js";
import type { CaseSummary } from "./case-summary.js";
import { type CatalogView, defaultOptions, viewDiffusion, walkDiffusion } from "./entries.js";

/** What an action is judged against. */
export interface ActionContext {
  readonly catalog: Catalog;
  readonly view: CatalogView;
  readonly case: CaseSummary;
  /** Specs by number of their candidate. */
  readonly evaluated: ReadonlyMap<string, number>;
}

/** A new structure, or the reason why there is none; a refusal costs no evaluation. */
export type Applied =
  | { readonly ok: true; readonly spec: TwinSpec }
  | { readonly ok: false; readonly reason: string };

/** The identity of a structure: equal texts are equal twins before any fit. */
export const specKey = (spec: TwinSpec): string => canonical(encode(spec));

/** The same candidate gets the same seed in whatever order candidates are tried. */
export const candidateSeed = (runSeed: number, key: string): number =>
  createRandom(runSeed)
    .fork(`candidate/${key}`)
    .integer(2 ** 31);

/** Writes every option out, so that a default and its value written by hand are one structure. */
export function completeSpec(catalog: Catalog, spec: TwinSpec): TwinSpec {
  lookUp("reaction", catalog.reactions, spec.reaction.name);
  const entry = lookUp("diffusion", catalog.diffusions, spec.diffusion.name);
  const { variant } = spec.reaction;
  return {
    ...spec,
    reaction: { name: spec.reaction.name, ...(variant ? { variant } : {}) },
    diffusion: { name: entry.name, options: checkOptions(entry, spec.diffusion.options) },
  };
}

/** Applies the actions of one turn in order; the outcome must not have been evaluated before. */
export function applyDecision(context: ActionContext, base: TwinSpec, decision: Decision): Applied {
  let spec = base;
  for (const action of decision.actions) {
    const applied = applyAction(context, spec, action);
    if (!applied.ok) return { ok: false, reason: `${action.action}: ${applied.reason}` };
    spec = applied.spec;
  }
  const twin = context.evaluated.get(specKey(spec));
  if (twin === undefined) return { ok: true, spec };
  return refuse(
    `this structure is candidate ${twin} already, and the same fit gives the same numbers. ` +
      "Change the reaction, the diffusion, its options or the fit.",
  );
}

/** One action on one structure. Never throws for what an agent can get wrong. */
export function applyAction(context: ActionContext, spec: TwinSpec, action: Action): Applied {
  try {
    const changed = rules[action.action](context, spec, action as never);
    return typeof changed === "string" ? refuse(changed) : { ok: true, spec: changed };
  } catch (error) {
    if (!(error instanceof LeadsError)) throw error;
    return refuse([error.message, error.fix].filter(Boolean).join(" "));
  }
}

type Rule<Name extends Action["action"]> = (
  context: ActionContext,
  spec: TwinSpec,
  action: Extract<Action, { action: Name }>,
) => TwinSpec | string;

const rules: { readonly [Name in Action["action"]]: Rule<Name> } = {
  set_reaction: ({ catalog }, spec, { reaction, variant }) => {
    const entry = lookUp("reaction", catalog.reactions, reaction);
    if (variant) lookUp(`variant of ${reaction}`, entry.variants ?? {}, variant);
    const known = reactionParameters(catalog, reaction);
    const free = spec.fit.freeReaction;
    // Names of another reaction's parameters mean nothing here.
    const keep = free === "all" || free.every((name) => known.includes(name));
    return {
      ...spec,
      reaction: { name: reaction, ...(variant ? { variant } : {}) },
      numerics: numericsFor(entry, spec.numerics),
      fit: {
        ...spec.fit,
        freeReaction: keep ? free : "all",
        nodalReaction: spec.fit.nodalReaction.filter((name) => known.includes(name)),
      },
    };
  },
  select_diffusion: (context, spec, { diffusion, options }) => {
    const entry = lookUp("diffusion", context.catalog.diffusions, diffusion);
    return withDiffusion(context, spec, entry, checkOptions(entry, options ?? {}));
  },
  modify_diffusion: (context, spec, { option, value }) => {
    const entry = currentDiffusion(context, spec);
    const options = checkOptions(entry, { ...spec.diffusion.options, [option]: value });
    return withDiffusion(context, spec, entry, options);
  },
  refine_diffusion: (context, spec, { option }) => step(context, spec, option, 1),
  simplify_diffusion: (context, spec, { option }) => step(context, spec, option, -1),
  set_fit: ({ catalog }, spec, { fit }) => {
    const known = reactionParameters(catalog, spec.reaction.name);
    const free = fit.freeReaction === "all" ? [] : (fit.freeReaction ?? []);
    const names = [...free, ...(fit.nodalReaction ?? [])];
    const stray = names.find((name) => !known.includes(name));
    if (stray)
      return `"${stray}" is not a parameter of ${spec.reaction.name} that can be fitted. There are: ${known.join(", ")}.`;
    return { ...spec, fit: { ...spec.fit, ...fit } };
  },
  set_stimulus_model: ({ case: { unknownStimuli, mesh } }, spec, { sites }) => {
    if (!unknownStimuli)
      return "the stimuli of this case are given, so there are no sites to find.";
    if (sites > mesh.nodes) return `the mesh has ${mesh.nodes} nodes only.`;
    return { ...spec, stimulus: { ...spec.stimulus, sites } };
  },
  set_observation: ({ case: { mesh, measure, arbitraryScale } }, spec, { observation }) => {
    const stray = observation.mask?.find((node) => node >= mesh.nodes);
    if (stray !== undefined) return `mask names node ${stray}; nodes run to ${mesh.nodes - 1}.`;
    if (measure === "activation" && (observation.gainOffset || observation.drift))
      return "this case has activation times alone: gain, offset and drift belong to potentials.";
    if (!arbitraryScale && (observation.gainOffset || observation.drift))
      return "these potentials are normalised: gain, offset and drift would be fitted to what is judged.";
    const mask = observation.mask
      ? [...new Set(observation.mask)].sort((a, b) => a - b)
      : undefined;
    return {
      ...spec,
      observation: { ...spec.observation, ...observation, ...(mask ? { mask } : {}) },
    };
  },
  stop: ({ evaluated }, spec) =>
    evaluated.size === 0 ? "nothing has been evaluated yet, so there is no twin to return." : spec,
};

const refuse = (reason: string): Applied => ({ ok: false, reason });

/** Parameters that a fit may move; exact symmetries hold the others. */
function reactionParameters(catalog: Catalog, name: string): readonly string[] {
  const entry = lookUp("reaction", catalog.reactions, name);
  const all: Readonly<Record<string, Parameter>> = {
    ...entry.params,
    ...(entry.timeScale ? { time_scale: entry.timeScale } : {}),
  };
  return Object.keys(all).filter((parameter) => all[parameter].fitted);
}

const currentDiffusion = ({ catalog }: ActionContext, spec: TwinSpec): Diffusion =>
  lookUp("diffusion", catalog.diffusions, spec.diffusion.name);

function withDiffusion(
  context: ActionContext,
  spec: TwinSpec,
  entry: Diffusion,
  options: OptionValues,
): TwinSpec | string {
  const { impossible } = viewDiffusion(entry, options, context.case.mesh);
  if (impossible) return `${entry.name} cannot be used: ${impossible}.`;
  return { ...spec, diffusion: { name: entry.name, options } };
}

function optionOf(entry: Diffusion, name: string): OptionRange {
  if (Object.keys(entry.options).length > 0)
    return lookUp(`${entry.name} option`, entry.options, name);
  return fail({ code: "unknown-name", message: `${entry.name} has no options.` });
}

/** Fills defaults in; throws LeadsError for an option or a value that does not exist. */
function checkOptions(entry: Diffusion, options: OptionValues): OptionValues {
  for (const [name, value] of Object.entries(options)) {
    const range = optionOf(entry, name);
    if (range.values.includes(value)) continue;
    fail({
      code: "bad-option",
      path: `diffusion.options.${name}`,
      message: `${name} = ${JSON.stringify(value)} is not offered by ${entry.name}.`,
      fix: `Offered: ${range.values.map((offered) => JSON.stringify(offered)).join(", ")}.`,
    });
  }
  return { ...defaultOptions(entry), ...options };
}

function step(
  context: ActionContext,
  spec: TwinSpec,
  option: string | undefined,
  direction: 1 | -1,
): TwinSpec | string {
  const entry = currentDiffusion(context, spec);
  const options = checkOptions(entry, spec.diffusion.options);
  if (option) optionOf(entry, option);
  const next = walkDiffusion(context.view, { name: entry.name, options }, { option, direction });
  if (next)
    return withDiffusion(context, spec, context.catalog.diffusions[next.name], next.options);
  const end = direction === 1 ? "richest" : "simplest";
  return option
    ? `${option} = ${JSON.stringify(options[option])} is the ${end} value of ${entry.name}.`
    : `${entry.name} is the ${end} diffusion for this mesh.`;
}
