import type { NetworkWeights } from "../../model/declare.js";

export interface NetworkShape {
  /** Expressions of order 1. */
  readonly inputs: readonly string[];
  /** Units per hidden layer. */
  readonly hidden: number;
  readonly layers: number;
  readonly activation: "softsign" | "tanh";
  /** Name of the equation that holds the result; hidden units are `<name>_<layer>_<unit>`. */
  readonly output: string;
  /** Number of the first weight, where several networks share one list. */
  readonly firstWeight?: number;
}

export interface NetworkText {
  /** Equations, one a line; the last one defines `output`. */
  readonly text: string;
  readonly weights: NetworkWeights;
}

/** Standard deviation of the output's weights, before division by sqrt(hidden). */
const outputSpread = 0.1;
const biasSpread = 0.5;

/**
 * A small network as equation text over the weights n0, n1, ... The output has no bias (the entry's
 * own coefficient takes its place) and starts within a few per cent of 0, so that a diffusion
 * multiplied by exp(output) starts as a plain Laplacian.
 */
export function networkText(shape: NetworkShape): NetworkText {
  const { hidden, layers, activation, output } = shape;
  const first = shape.firstWeight ?? 0;
  const spread: number[] = [];
  const weight = (deviation: number) => `n${first + spread.push(deviation) - 1}`;
  const weighted = (names: readonly string[], deviation: number) =>
    names.map((name) => `${weight(deviation)} * ${name}`).join(" + ");
  const lines: string[] = [];
  let below = shape.inputs;
  for (let layer = 1; layer <= layers; layer++) {
    const inputs = below;
    below = Array.from({ length: hidden }, (_, unit) => `${output}_${layer}_${unit}`);
    for (const name of below) {
      const total = weighted(inputs, 1 / Math.sqrt(inputs.length));
      lines.push(`${name} = ${activation}(${total} + ${weight(biasSpread)})`);
    }
  }
  lines.push(`${output} = ${weighted(below, outputSpread / Math.sqrt(hidden))}`);
  return { text: lines.join("\n"), weights: { count: spread.length, spread } };
}
