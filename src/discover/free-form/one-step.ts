import { lbfgs } from "../../fit/lbfgs.js";
import type { FreeModel } from "./equations.js";
import type { Series } from "./series.js";
import type { Tape } from "./tape.js";

/** Mean squared error of u[t+1] = u[t] + dt f(x[t]), in units of the recorded changes' mean square. */
export interface OneStepLoss {
  readonly train: number;
  readonly validation: number;
}

export interface OneStepFit {
  readonly parameters: Readonly<Record<string, number>>;
  readonly loss: OneStepLoss;
  /** Shares of the loss on train by what the recorded potential does: rises, falls, rests. */
  readonly byPhase: { readonly rise: number; readonly fall: number; readonly rest: number };
  readonly iterations: number;
}

const memory = 12;
const firstStep = 0.05;
/** Validation is looked at every so many iterations; so many looks without a gain end the fit. */
const lookEvery = 10;
const patience = 3;
/** Least size, in the parameter's own unit, of the coordinate it moves in. */
const leastScale = 1e-2;
/** Pull to the proposed values: parameters that the data do not see stay where they are. */
const pull = 1e-8;
/** Change in a step that counts as a rise or a fall. */
const still = 0.005;

/**
 * Fits the parameters teacher-forced: the recorded potential stands at every step, and v, which
 * nobody recorded, is integrated from 0 along it by the same rule. The gradient goes back through
 * that integration. L-BFGS; validation decides which iterate is kept. A proposal whose loss is no
 * number where it begins is returned as it is.
 */
export async function fitOneStep(
  model: FreeModel,
  { train, validation }: { train: readonly Series[]; validation: readonly Series[] },
  options: { iterations: number; signal?: AbortSignal },
): Promise<OneStepFit> {
  const begin = model.proposal.parameters;
  const names = model.parameters;
  const scales = names.map((name) => Math.max(Math.abs(begin[name]), leastScale));
  const at = (z: Float64Array) =>
    Object.fromEntries(names.map((name, k) => [name, z[k] * scales[k]]));
  const start = Float64Array.from(names, (name, k) => begin[name] / scales[k]);
  const learn = createForcing(model, train);
  const watch = createForcing(model, validation.length > 0 ? validation : train);
  let best: { z: Float64Array; validation: number; look: number } = {
    ...{ z: start, validation: watch.loss(at(start)), look: 0 },
  };
  let looks = 0;
  let iterations = 0;
  const look = (z: Float64Array) => {
    looks++;
    const loss = watch.loss(at(z));
    if (loss < best.validation) best = { z, validation: loss, look: looks };
    return looks - best.look >= patience;
  };
  if (names.length > 0 && Number.isFinite(learn.loss(at(start)))) {
    const evaluate = async (z: Float64Array) => {
      options.signal?.throwIfAborted();
      const { value, gradient } = learn.gradient(at(z));
      const moved = z.map((v, k) => v - start[k]);
      return {
        value: value + (pull / 2) * moved.reduce((sum, m) => sum + m * m, 0),
        gradient: moved.map((m, k) => gradient[k] * scales[k] + pull * m),
      };
    };
    const result = await lbfgs(evaluate, start, {
      ...{ iterations: options.iterations, memory, firstStep, project: (z) => z },
      onIteration: (z) => ++iterations % lookEvery === 0 && look(z),
    });
    look(result.z);
  }
  const parameters = at(best.z);
  return {
    parameters,
    loss: { train: learn.loss(parameters), validation: best.validation },
    byPhase: learn.byPhase(parameters),
    iterations,
  };
}

type Values = Readonly<Record<string, number>>;

/** The loss on some series and its slope in every parameter that the equations read. */
export const gradientAt = (model: FreeModel, series: readonly Series[], parameters: Values) =>
  createForcing(model, series).gradient(parameters);

function createForcing(model: FreeModel, series: readonly Series[]) {
  const capacity = Math.max(1, ...series.map(({ nodes }) => nodes));
  const [rates, slopes] = [model.rates(capacity), model.slopes(capacity)];
  const diffusion = new Float64Array(capacity);
  const norm = meanSquareChange(series);
  const sweep = (values: Values) => {
    rates.set(values);
    return series.map((one) => forward(rates, one, diffusion));
  };
  const mean = (sum: number, count: number) => {
    const loss = sum / Math.max(1, count) / norm;
    return Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY;
  };
  const steps = series.reduce((sum, one) => sum + one.nodes * (one.frames - 1), 0);
  const squares = (runs: readonly Forced[]) =>
    runs.reduce((sum, { errors }) => sum + errors.reduce((s, e) => s + dot(e, e), 0), 0);
  return {
    loss: (values: Values): number => mean(squares(sweep(values)), steps),
    gradient: (values: Values) => {
      const runs = sweep(values);
      slopes.set(values);
      const gradient = new Float64Array(model.parameters.length);
      series.forEach((one, s) => {
        backward(slopes, one, runs[s], { diffusion, gradient });
      });
      const factor = 1 / Math.max(1, steps) / norm;
      return { value: mean(squares(runs), steps), gradient: gradient.map((g) => g * factor) };
    },
    byPhase: (values: Values) => {
      const shares = { rise: 0, fall: 0, rest: 0 };
      sweep(values).forEach(({ errors }, s) => {
        errors.forEach((error, f) => {
          error.forEach((e, i) => {
            const change = series[s].u[f + 1][i] - series[s].u[f][i];
            shares[change > still ? "rise" : change < -still ? "fall" : "rest"] += e * e;
          });
        });
      });
      const total = shares.rise + shares.fall + shares.rest || 1;
      return { rise: shares.rise / total, fall: shares.fall / total, rest: shares.rest / total };
    },
  };
}

interface Forced {
  /** [T] of [K] */
  readonly v: readonly Float64Array[];
  /** [T - 1] of [K]: predicted minus recorded. */
  readonly errors: readonly Float64Array[];
}

function inputsAt({ u, mean_u, nodes }: Series, frame: number, diffusion: Float64Array) {
  for (let i = 0; i < nodes; i++) diffusion[i] = mean_u[frame][i] - u[frame][i];
  return { u: u[frame], mean_u: mean_u[frame], diffusion };
}

function forward(rates: Tape, one: Series, diffusion: Float64Array): Forced {
  const { nodes, frames, dt_ms, u, dose } = one;
  const v = [new Float64Array(nodes)];
  const errors: Float64Array[] = [];
  for (let f = 0; f + 1 < frames; f++) {
    const [du, dv] = rates.run({ ...inputsAt(one, f, diffusion), v: v[f] }, nodes);
    const dt = dt_ms[f];
    errors.push(u[f].map((value, i) => value + dt * du[i] + dose[f][i] - u[f + 1][i]));
    v.push(v[f].map((value, i) => value + dt * dv[i]));
  }
  return { v, errors };
}

/** bar_v[t] = bar_v[t+1] + d phi / dv, phi = 2 e dt u' + bar_v[t+1] dt v'. */
function backward(
  slopes: Tape,
  one: Series,
  { v, errors }: Forced,
  { diffusion, gradient }: { diffusion: Float64Array; gradient: Float64Array },
): void {
  const { nodes, frames, dt_ms } = one;
  const bar = new Float64Array(nodes);
  for (let f = frames - 2; f >= 0; f--) {
    const dt = dt_ms[f];
    const inputs = {
      ...inputsAt(one, f, diffusion),
      v: v[f],
      bar_u: errors[f].map((e) => 2 * e * dt),
      bar_v: bar.map((b) => b * dt),
    };
    const [dPhi, ...slope] = slopes.run(inputs, nodes);
    for (let i = 0; i < nodes; i++) bar[i] += dPhi[i];
    for (const [k, values] of slope.entries())
      for (let i = 0; i < nodes; i++) gradient[k] += values[i];
  }
}

function meanSquareChange(series: readonly Series[]): number {
  let [sum, count] = [0, 0];
  for (const { u, frames, nodes } of series)
    for (let f = 0; f + 1 < frames; f++)
      for (let i = 0; i < nodes; i++) {
        sum += (u[f + 1][i] - u[f][i]) ** 2;
        count++;
      }
  return sum > 0 ? sum / count : 1;
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
