import type { SubStep } from "../model/program.js";
import { bind, type Place, placeAt, split } from "./bind.js";
import { addNodes, indexOfNode, readNodes } from "./node-stream.js";
import { type RunOptions, type StoragePlan, storagePlan } from "./rollout.js";
import { solveReverse } from "./solver.js";
import { createStepper, type Stepper } from "./stepper.js";
import { barStream, offsetOf, stageStream, type Workspace } from "./workspace.js";

/** Derivatives of a loss in what a roll-out gave; all lane-minor. Missing = zero. */
export interface Seeds {
  /** [samples * N * lanes] in the sampled potential. */
  readonly potential?: ArrayLike<number>;
  /** [N * lanes] in activation and recovery times, 1/ms. */
  readonly activation?: ArrayLike<number>;
  readonly recovery?: ArrayLike<number>;
}

/** The gradient of the loss in everything that entered the roll-out, summed over its steps. */
export interface RolloutGradient {
  /** Parameter name -> [lanes]. */
  readonly globals: Readonly<Record<string, Float64Array>>;
  /** Edge value that the program was asked to differentiate in -> [E * lanes]. */
  readonly edges: Readonly<Record<string, Float64Array>>;
  /** Node parameter -> [N * lanes]. */
  readonly nodes: Readonly<Record<string, Float64Array>>;
  /** State -> [N * lanes], in the initial states. */
  readonly initial: Readonly<Record<string, Float64Array>>;
}

/**
 * The exact discrete adjoint of the roll-out that was just run with the same options.
 * Where not all states were kept, each segment is recomputed from its checkpoint.
 */
export function reverse(
  workspace: Workspace,
  options: RunOptions,
  seeds: Seeds,
  times: { activation_ms: Float64Array; recovery_ms: Float64Array },
): RolloutGradient {
  const { program, engine, topology, layout } = workspace;
  clear(workspace);
  const plan = storagePlan(workspace.capacity, options.steps);
  const stepper = createStepper(workspace, options);
  const passes = createReversePasses(workspace);
  const inject = createInjection(workspace, options, seeds, times);
  const totals = new Float64Array(program.reduced.length * engine.lanes);
  const reduced = offsetOf(workspace, "reduced");
  const collect = () => {
    for (let k = 0; k < totals.length; k++) totals[k] += engine.floats[reduced + k];
  };
  let side = 0;
  forEachStepBackwards(plan, options.steps, stepper, (step, from, to) => {
    inject(step + 1, from, to);
    stepper.refill(step, from, to);
    for (const pass of passes.step) {
      pass.run[side](from, to);
      if (pass.kind === "solve") continue;
      side = 1 - side;
      collect();
    }
  });
  inject(0, plan.checkpoint(0), plan.checkpoint(0));
  passes.finish[side](plan.checkpoint(0), plan.checkpoint(0));
  collect();
  const block = (name: string) => {
    const values = new Float64Array(topology.nodes * engine.lanes);
    readNodes(workspace, offsetOf(workspace, name), values);
    return values;
  };
  return {
    globals: Object.fromEntries(
      program.reduced.map((name, k) => [
        name,
        totals.slice(k * engine.lanes, (k + 1) * engine.lanes),
      ]),
    ),
    edges: Object.fromEntries(program.edgeGradients.map((e) => [e, edgeGradient(workspace, e)])),
    nodes: Object.fromEntries(
      program.nodeParameters.map((p) => [p, block(`grad.node.reaction.${p}`)]),
    ),
    initial: Object.fromEntries(program.stateNames.map((k) => [k, block(`partial.${k}`)])),
  };

  /** Both slots of an edge carry a part of its gradient. */
  function edgeGradient(w: Workspace, name: string): Float64Array {
    const from = offsetOf(w, `grad.edge.${name}`);
    const { lanes, floats } = engine;
    const result = new Float64Array(topology.edges * lanes);
    layout.slotEdge.forEach((edge, slot) => {
      if (edge < 0) return;
      for (let l = 0; l < lanes; l++) result[edge * lanes + l] += floats[from + slot * lanes + l];
    });
    return result;
  }
}

function clear(workspace: Workspace): void {
  const { program, engine, layout, block } = workspace;
  const wipe = (name: string, size: number) => {
    const from = offsetOf(workspace, name);
    engine.floats.fill(0, from, from + size);
  };
  for (const state of program.stateNames)
    for (const prefix of ["partial", "lambda", "carry"]) wipe(`${prefix}.${state}`, block);
  for (const message of program.messages)
    for (const side of [0, 1]) wipe(barStream(side, message), block);
  for (const e of program.edgeGradients)
    wipe(`grad.edge.${e}`, layout.slotEdge.length * engine.lanes);
  for (const p of program.nodeParameters) wipe(`grad.node.reaction.${p}`, block);
}

/** Visits steps from last to first with the stored slots of both ends, recomputing as needed. */
function forEachStepBackwards(
  plan: StoragePlan,
  steps: number,
  stepper: Stepper,
  visit: (step: number, from: number, to: number) => void,
): void {
  const segments = Math.ceil(steps / plan.spacing);
  const whole = plan.spacing === steps;
  for (let segment = segments - 1; segment >= 0; segment--) {
    const first = segment * plan.spacing;
    const count = Math.min(plan.spacing, steps - first);
    const slot = (k: number) => {
      if (k === 0) return plan.checkpoint(segment);
      if (!whole && k === plan.spacing) return plan.checkpoint(segment + 1);
      return plan.inSegment(k);
    };
    // The end of a cut last segment is no checkpoint: refilled, so that a second reverse finds it.
    const refilled = count < plan.spacing ? count : count - 1;
    if (!whole) for (let k = 0; k < refilled; k++) stepper.forward(first + k, slot(k), slot(k + 1));
    for (let k = count - 1; k >= 0; k--) visit(first + k, slot(k), slot(k + 1));
  }
}

type Call = (from: number, to: number) => void;
type Stages = Extract<SubStep, { kind: "stages" }>;

/** One pass of the reverse sweep, bound for both sides that message adjoints are read from. */
interface ReversePass {
  readonly kind: SubStep["kind"];
  readonly run: readonly [Call, Call];
}

/** The passes that take a step back, last sub-step first, and the one that closes the sweep. */
function createReversePasses(workspace: Workspace) {
  const { program } = workspace;
  const passes = program.steps.map((step, part): readonly ReversePass[] => {
    if (step.kind === "stages") return stagePasses(workspace, step, part).reverse();
    const solve = solveReverse(workspace, step.solve, part);
    return [{ kind: "solve", run: [solve, solve] }];
  });
  const finish = (side: number) =>
    afterPush(workspace, program.finish.name, (stream) => {
      const { prefix, name } = split(stream);
      if (prefix === "bar_in") return offsetOf(workspace, barStream(side, name));
      return prefix === "later" ? { end: "from", state: 0 } : undefined;
    });
  return { step: passes.reverse().flat(), finish: [finish(0), finish(1)] };
}

/** Binds a pass, and ahead of it the one that evaluates costly messages. */
function afterPush(workspace: Workspace, name: string, place: (stream: string) => Place): Call {
  const { engine, program } = workspace;
  const main = bind(workspace, engine.kernel(name), place);
  if (!program.push) return main;
  const push = bind(workspace, engine.kernel(program.push.name), place);
  return (from, to) => {
    push(from, to);
    main(from, to);
  };
}

/** Bound twice: the message adjoints of one stage are read while the next writes. */
function stagePasses(workspace: Workspace, step: Stages, part: number): ReversePass[] {
  const { program } = workspace;
  const last = step.reverse.length - 1;
  const state = (name: string) => program.stateNames.indexOf(name);
  const [potential] = program.stateNames;
  return step.reverse.map((spec, s) => {
    const run = (side: number) =>
      afterPush(workspace, spec.name, (stream) => {
        const { prefix, name } = split(stream);
        if (prefix === "base") return placeAt(workspace, part, state(name));
        if (prefix === "stage") return offsetOf(workspace, stageStream(part, s, name));
        if (prefix === "bar_in") return offsetOf(workspace, barStream(side, name));
        if (prefix === "bar_out") return offsetOf(workspace, barStream(1 - side, name));
        if (prefix !== "later") return undefined;
        // The stage after the last one is the first of the next step.
        return s === last
          ? placeAt(workspace, part + 1, 0)
          : offsetOf(workspace, stageStream(part, s + 1, potential));
      });
    return { kind: "stages", run: [run(0), run(1)] };
  });
}

/**
 * Adds d loss / d u at a step to the adjoint. A crossing time t = t_n + dt (h - a) / (b - a) between
 * the potentials a, b at both ends of step n depends on both.
 */
function createInjection(
  workspace: Workspace,
  options: RunOptions,
  seeds: Seeds,
  times: { activation_ms: Float64Array; recovery_ms: Float64Array },
) {
  const { engine, topology, program } = workspace;
  const { floats, lanes } = engine;
  const target = offsetOf(workspace, `partial.${program.stateNames[0]}`);
  const events = [
    ...crossingEvents(options, options.threshold, seeds.activation, times.activation_ms),
    ...crossingEvents(options, options.recoveryThreshold, seeds.recovery, times.recovery_ms),
  ];
  const byStep = new Map<number, typeof events>();
  for (const event of events) byStep.set(event.step, [...(byStep.get(event.step) ?? []), event]);
  const pending = new Map<number, number>();
  return (step: number, from: number, to: number): void => {
    if (seeds.potential && step % options.sampleEvery === 0) {
      const row = (step / options.sampleEvery) * topology.nodes * lanes;
      addNodes(workspace, target, seeds.potential, row);
    }
    // The lower end of a crossing seen one step later.
    for (const [index, value] of pending) floats[target + index] += value;
    pending.clear();
    for (const { seed, level, ...event } of byStep.get(step - 1) ?? []) {
      const lane = event.index % lanes;
      const index = indexOfNode(workspace, (event.index - lane) / lanes, lane);
      const before = floats[workspace.stored(from, 0) + index];
      const after = floats[workspace.stored(to, 0) + index];
      const scale = (seed * options.dt_ms) / (after - before) ** 2;
      floats[target + index] -= scale * (level - before);
      pending.set(index, (pending.get(index) ?? 0) - scale * (after - level));
    }
  };
}

function crossingEvents(
  options: RunOptions,
  level: number,
  seeds: ArrayLike<number> | undefined,
  times_ms: Float64Array,
) {
  const events: { step: number; index: number; seed: number; level: number }[] = [];
  for (let index = 0; seeds && index < seeds.length; index++) {
    // A node lifted from the start has a time, 0, but no crossing that could move.
    const crossed = Number.isFinite(times_ms[index]) && times_ms[index] > 0;
    if (seeds[index] === 0 || !crossed) continue;
    const step = Math.min(
      options.steps - 1,
      Math.max(0, Math.ceil(times_ms[index] / options.dt_ms) - 1),
    );
    events.push({ step, index, seed: seeds[index], level });
  }
  return events;
}
