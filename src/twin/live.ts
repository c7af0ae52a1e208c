import type { Pulse } from "../kernel/rollout.js";
import { run, setInitial } from "../kernel/rollout.js";
import type { CompiledTwin } from "./compile.js";
import { activationThreshold, loadNumbers } from "./simulate.js";
import type { TwinValues } from "./spec.js";
import { requireTensor } from "./tensor-check.js";

/** A twin that goes on: what is paced or changed acts from now on. */
export interface LiveTwin {
  /** ms since the last reset. */
  now_ms(): number;
  /** Simulates a span; `potential` and the times are those at its end. */
  advance(): LiveState;
  /** A current from a time on that has not been simulated yet. */
  pace(pulse: Omit<Pulse, "lane">): void;
  /** Other numbers or other tissue, with the states as they are. */
  change(numbers: LiveNumbers): void;
  /** Everything at rest, the clock at 0, no pulses. */
  reset(): void;
}

export interface LiveNumbers {
  readonly values: TwinValues;
  /** [N] conductivity / that of the twin. */
  readonly tissue?: Float64Array;
}

export interface LiveState {
  /** Time since the last reset. */
  readonly now_ms: number;
  /** [N] normalised potential. */
  readonly potential: Float32Array | Float64Array;
  /** [N] latest activation and recovery, ms; NaN = none yet. */
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
  /** False once a value has left the numbers. */
  readonly finite: boolean;
}

export interface LiveOptions extends LiveNumbers {
  readonly dt_ms: number;
  /** Steps of a span; even, since states alternate between two places. */
  readonly stepsPerSpan: number;
}

/**
 * One trajectory in single precision, span by span, with the results of one long `simulate`. It works
 * in the compiled twin's own memory: nothing else may be simulated with that in the meantime.
 */
export function liveTwin(compiled: CompiledTwin, options: LiveOptions): LiveTwin {
  const { dt_ms, stepsPerSpan: steps } = options;
  const { nodes } = compiled.topology;
  // Two states in turn, and one trajectory whose nodes share vectors where messages allow it.
  const lanes = compiled.program.padded ? 1 : 4;
  const workspace = compiled.workspace({ backEnd: compiled.backEnd, lanes, adjoint: false, steps });
  const activation_ms = new Float64Array(nodes).fill(Number.NaN);
  const recovery_ms = new Float64Array(nodes).fill(Number.NaN);
  let pulses: readonly Omit<Pulse, "lane">[] = [];
  let spans = 0;
  const now_ms = () => spans * steps * dt_ms;
  const every = <T>(value: T): T[] => Array.from({ length: lanes }, () => value);
  const change = (numbers: LiveNumbers) => {
    requireTensor(compiled, numbers.values);
    loadNumbers(compiled, workspace, every(numbers));
  };
  const reset = () => {
    const rest = compiled.system.states.map((s) => new Float64Array(nodes).fill(s.rest));
    for (let lane = 0; lane < lanes; lane++) setInitial(workspace, lane, rest);
    activation_ms.fill(Number.NaN);
    recovery_ms.fill(Number.NaN);
    pulses = [];
    spans = 0;
  };
  const advance = (): LiveState => {
    const since_ms = now_ms();
    const open = pulses.filter(({ start_ms, duration_ms }) => start_ms + duration_ms > since_ms);
    const result = run(workspace, {
      dt_ms,
      steps,
      pulses: every(0).flatMap((_, lane) =>
        open.map((p) => ({ ...p, lane, start_ms: p.start_ms - since_ms })),
      ),
      sampleEvery: steps,
      threshold: activationThreshold,
      recoveryThreshold: activationThreshold,
      watch: true,
    });
    pulses = open;
    spans++;
    for (let i = 0; i < nodes; i++) {
      const [up, down] = [result.activation_ms[i * lanes], result.recovery_ms[i * lanes]];
      // 0: it was active already when this span began.
      if (up > 0 && Number.isFinite(up)) activation_ms[i] = since_ms + up;
      if (Number.isFinite(down)) recovery_ms[i] = since_ms + down;
    }
    const last = result.potential.subarray(nodes * lanes);
    const potential = last.filter((_, k) => k % lanes === 0);
    const finite = result.finite.every(Boolean);
    return { now_ms: now_ms(), potential, activation_ms, recovery_ms, finite };
  };
  change(options);
  reset();
  return {
    now_ms,
    advance,
    pace: (pulse) => {
      pulses = [...pulses, pulse];
    },
    change,
    reset,
  };
}
