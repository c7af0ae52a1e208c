import { fail } from "../core/errors.js";
import type { Random } from "../core/random.js";
import type { Parameter } from "../model/declare.js";
import type {
  CellFacts,
  ParameterValues,
  ReactionChoice,
  TruthSimulator,
  WaveFront,
} from "./truth-simulator.js";

export interface DrawnReaction {
  readonly parameters: ParameterValues;
  readonly cell: CellFacts;
  readonly front: WaveFront;
}

export interface DrawRequest {
  readonly reaction: ReactionChoice;
  /** Greatest factor up or down. */
  readonly spread: number;
  readonly random: Random;
}

/** Log-uniform between 1 / spread and spread. */
export const drawFactor = (random: Random, spread: number): number =>
  spread ** (2 * random.uniform() - 1);

const mostDraws = 50;

/**
 * True parameters: every fitted one drawn around its published value, the others kept. A draw counts
 * when the cell rests, has a threshold, fires, comes back in the published time (within a factor 2)
 * and conducts. Errors: "not-excitable" when no draw does.
 */
export function drawReaction(simulator: TruthSimulator, request: DrawRequest): DrawnReaction {
  const { reaction, spread, random } = request;
  const declared = simulator.parameters(reaction);
  const published = Object.fromEntries(
    Object.entries(declared).map(([name, p]) => [name, p.value]),
  );
  const published_ms = simulator.cell(reaction, published).duration_ms;
  for (let draw = 0; draw < (spread === 1 ? 1 : mostDraws); draw++) {
    const parameters = drawParameters(declared, { spread, random });
    const cell = simulator.cell(reaction, parameters);
    if (!isHeartCell(cell, published_ms)) continue;
    const front = simulator.front(reaction, parameters);
    if (front !== undefined) return { parameters, cell, front };
  }
  return fail({
    code: "not-excitable",
    message: `No draw around the published ${reaction.name} is a heart cell that conducts a wave.`,
    path: reaction.name,
    fix: "Keep the published parameters (spread 1), or choose another variant or reaction.",
  });
}

function drawParameters(
  declared: Readonly<Record<string, Parameter>>,
  { spread, random }: { spread: number; random: Random },
): ParameterValues {
  const draw = ([name, p]: [string, Parameter]): [string, number] => {
    if (!p.fitted) return [name, p.value];
    const value = p.value * drawFactor(random, spread);
    return [name, Math.min(p.bounds[1], Math.max(p.bounds[0], value))];
  };
  return Object.fromEntries(Object.entries(declared).map(draw));
}

function isHeartCell(cell: CellFacts, published_ms: number): boolean {
  const ratio = cell.duration_ms / published_ms;
  return (
    cell.restsAtRest && cell.holdsBelowThreshold && cell.peak > 0.6 && ratio > 0.5 && ratio < 2
  );
}
