import { z } from "zod";
import type { TwinSpec } from "../twin/spec.js";
import type { Candidate } from "./archive.js";
import type { Refusal } from "./observation.js";
import { describePin, type Pin, pinComponents, pinOf, samePin } from "./pins.js";
import type { Budget } from "./stops.js";

const component = z
  .enum(pinComponents)
  .describe("What may not change: an entry by its name, one option, or a whole model.");
const option = z.string().min(1).max(80).optional().describe('Which one, for "option".');
const named = [
  ({ component, option }: { component: string; option?: string | undefined }) =>
    (component === "option") === (option !== undefined),
  { message: '"option" needs the name of an option, and nothing else takes one' },
] as const;

/** What a person may say to a run, as data: command line, studio and MCP client alike. */
export const steeringCommandSchema = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("pause") }),
  z.strictObject({ command: z.literal("resume") }),
  z.strictObject({ command: z.literal("veto"), reason: z.string().min(1).max(2000).optional() }),
  z
    .strictObject({
      command: z.literal("pin"),
      component,
      option,
      candidate: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe("Pinned as this candidate has it; absent: as the best one so far has it."),
    })
    .refine(...named),
  z.strictObject({ command: z.literal("unpin"), component, option }).refine(...named),
  z.strictObject({ command: z.literal("hint"), text: z.string().trim().min(1).max(2000) }),
  z
    .strictObject({
      command: z.literal("budget"),
      evaluations: z.number().int().min(1).optional(),
      seconds: z.number().positive().optional(),
      tokens: z.number().int().min(1).optional().describe("Of a language model, in and out."),
      usd: z.number().positive().optional(),
    })
    .refine(({ command: _, ...limits }) => Object.values(limits).some((x) => x !== undefined), {
      message: "a budget needs evaluations, seconds, tokens or usd",
    }),
]);
export type SteeringCommand = z.infer<typeof steeringCommandSchema>;

/** Commands are numbered, so that a killed run takes each of them once. */
export interface GivenCommand {
  readonly number: number;
  readonly command: SteeringCommand;
}

/** Where commands come from: a folder, the studio, a test. */
export interface Steering {
  /** Commands with a number above `after`, in the order of their numbers. */
  take(after: number, at: SteeringPlace): Promise<readonly GivenCommand[]>;
}

/** Before the decision of a step, behind it, or while its fit runs. */
export interface SteeringPlace {
  readonly step: number;
  readonly place: "step" | "decision" | "fit";
}

/** "steered" in the journal. */
export interface Steered {
  /** Absent in what a branch has taken over: its own commands begin with 1. */
  readonly number?: number;
  readonly step: number;
  readonly place: "step" | "decision";
  readonly command: SteeringCommand;
  /** What came of it, in words. */
  readonly outcome: string;
}

export interface Hint {
  /** Step before or in which it was given. */
  readonly step: number;
  readonly text: string;
}

/** What commands have made of a run so far. */
export interface SteeringState {
  readonly taken: number;
  readonly paused: boolean;
  /** A veto that waits for its action: the reason given, or "". */
  readonly veto: string | null;
  readonly pins: readonly Pin[];
  readonly hints: readonly Hint[];
  readonly vetoed: readonly Refusal[];
}

export const unsteered: SteeringState = {
  taken: 0,
  paused: false,
  veto: null,
  pins: [],
  hints: [],
  vetoed: [],
};

/** What a command is judged against. */
export interface SteeringContext {
  readonly step: number;
  readonly budget: Budget;
  readonly archive: readonly Candidate[];
  /** The best candidate; undefined before there is one. */
  readonly best: Candidate | undefined;
  /** The structure that stands in for the best one before there is one. */
  readonly initialSpec: TwinSpec;
}

export interface SteeringEffect {
  readonly state: SteeringState;
  readonly budget: Budget;
  readonly outcome: string;
}

/** The effect of one command: a function of the run so far, so that a replay finds it again. */
export function applyCommand(
  state: SteeringState,
  command: SteeringCommand,
  context: SteeringContext,
): SteeringEffect {
  const effect = effects[command.command](state, command as never, context);
  if (typeof effect === "string") return { state, budget: context.budget, outcome: effect };
  return { state, budget: context.budget, ...effect };
}

type Effect<Name extends SteeringCommand["command"]> = (
  state: SteeringState,
  command: Extract<SteeringCommand, { command: Name }>,
  context: SteeringContext,
) => (Partial<SteeringEffect> & Pick<SteeringEffect, "outcome">) | string;

/** A text alone says why a command changes nothing. */
const effects: { readonly [Name in SteeringCommand["command"]]: Effect<Name> } = {
  pause: (state) => ({ state: { ...state, paused: true }, outcome: "paused" }),
  resume: (state) =>
    state.paused
      ? { state: { ...state, paused: false }, outcome: "resumed" }
      : "no effect: the run was not paused",
  veto: (state, { reason }) => ({
    state: { ...state, veto: reason ?? "" },
    outcome: "the action at hand, or else the next one, is vetoed",
  }),
  pin: (state, { component, option, candidate }, { archive, best, initialSpec }) => {
    if (candidate !== undefined && !archive[candidate])
      return `no effect: there is no candidate ${candidate}; there are ${archive.length}`;
    const model = candidate === undefined ? best : archive[candidate];
    const pin = pinOf({ component, option }, model?.result.spec ?? initialSpec);
    if (typeof pin === "string") return `no effect: ${pin}`;
    const pins = [...state.pins.filter((other) => !samePin(other, pin)), pin];
    return { state: { ...state, pins }, outcome: `pinned: ${describePin(pin)}` };
  },
  unpin: (state, named) => {
    const pins = state.pins.filter((pin) => !samePin(pin, named));
    const what = named.option ?? named.component;
    if (pins.length === state.pins.length) return `no effect: ${what} is not pinned`;
    return { state: { ...state, pins }, outcome: `unpinned: ${what}` };
  },
  hint: (state, { text }, { step }) => ({
    state: { ...state, hints: [...state.hints, { step, text }] },
    outcome: "told to the agent",
  }),
  budget: (state, { command: _, ...limits }, { budget }) => {
    const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
    const changed: Budget = { ...budget, ...Object.fromEntries(given) };
    return { state, budget: changed, outcome: `the budget is ${describeBudget(changed)}` };
  },
};

const describeBudget = ({ evaluations, seconds, tokens, usd }: Budget): string =>
  [
    `${evaluations} evaluations, ${seconds} s`,
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
    ...(usd === undefined ? [] : [`${usd} USD`]),
  ].join(", ");

/** What every agent is shown of it; undefined where nobody has steered. */
export interface SteeringView {
  readonly pins: readonly Pin[];
  readonly hints: readonly Hint[];
  /** Decisions that were vetoed, over the whole run. */
  readonly vetoed: readonly Refusal[];
}

export const viewSteering = ({ pins, hints, vetoed }: SteeringState): SteeringView | undefined =>
  pins.length + hints.length + vetoed.length === 0 ? undefined : { pins, hints, vetoed };

/** A command in a few words, as a person would say it. */
export function describeCommand(command: SteeringCommand): string {
  // An option's name says that it is one.
  const unsaid = "option" in command ? ["command", "component"] : ["command"];
  const parts = Object.entries(command).filter(([key]) => !unsaid.includes(key));
  return [
    command.command,
    ...parts.map(([key, value]) =>
      key === "component" || key === "text" || key === "reason" ? String(value) : `${key} ${value}`,
    ),
  ].join(" ");
}
