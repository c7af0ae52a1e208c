import type { SubStep } from "../model/program.js";
import { bind, placeAt, split } from "./bind.js";
import type { RunOptions } from "./rollout.js";
import { solveForward } from "./solver.js";
import { createStimulator } from "./stimulus.js";
import { offsetOf, stageStream, type Workspace } from "./workspace.js";

export interface Stepper {
  /** One whole step from one stored slot to another. */
  forward(step: number, from: number, to: number): void;
  /** Fills the buffers that the reverse passes read; what it writes at `to` is there already. */
  refill(step: number, from: number, to: number): void;
}

type Call = (from: number, to: number) => void;

export function createStepper(workspace: Workspace, options: RunOptions): Stepper {
  const { program, engine } = workspace;
  const row = offsetOf(workspace, "globals") + program.globals.indexOf("dt") * engine.lanes;
  engine.floats.fill(options.dt_ms, row, row + engine.lanes);
  const stimulate = createStimulator(workspace, options);
  const calls = program.steps.map((step, part) =>
    step.kind === "stages"
      ? stageCalls(workspace, step, part)
      : [solveForward(workspace, step.solve, part)],
  );
  const whole = calls.flat();
  // Nothing but the end of the step comes from its last pass.
  const inner = whole.slice(0, -1);
  const each = (list: readonly Call[]) => (step: number, from: number, to: number) => {
    stimulate(step);
    for (const call of list) call(from, to);
  };
  return { forward: each(whole), refill: each(inner) };
}

type Stages = Extract<SubStep, { kind: "stages" }>;

function stageCalls(workspace: Workspace, step: Stages, part: number): Call[] {
  const { program, engine } = workspace;
  const last = step.forward.length - 1;
  return step.forward.map((spec, s) =>
    bind(workspace, engine.kernel(spec.name), (stream) => {
      const { prefix, name } = split(stream);
      const state = program.stateNames.indexOf(name);
      if (prefix === "base") return placeAt(workspace, part, state);
      if (prefix === "stage") return offsetOf(workspace, stageStream(part, s, name));
      if (prefix !== "next") return undefined;
      return s === last
        ? placeAt(workspace, part + 1, state)
        : offsetOf(workspace, stageStream(part, s + 1, name));
    }),
  );
}
