import { batch, createSignal } from "solid-js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";
import { type PacingProtocol, parseProtocol } from "../../../src/view/protocol.js";
import { beatPanel, type LabQuantity, potentialPanel } from "./lab-panels.js";
import type { LabCommand, LabMessage, ScanPoint, ScanRequest } from "./lab-protocol.js";
import type { TissueChange } from "./lab-session.js";

/** Samples of the watched node that are kept. */
const longest = 3000;

/** What the worker says last, as signals. */
function createHearing(nodes: number) {
  const [potential, setPotential] = createSignal<ArrayLike<number>>(new Float32Array(nodes));
  const [activation_ms, setActivation] = createSignal<ArrayLike<number>>([]);
  const [now_ms, setNow] = createSignal(0);
  const [speed, setSpeed] = createSignal(0);
  const [running, setRunning] = createSignal(false);
  const [problem, setProblem] = createSignal("");
  const [changed, setChanged] = createSignal<readonly number[]>([]);
  const [parameters, setParameters] = createSignal<PacingProtocol["parameters"]>({});
  const [trace, setTrace] = createSignal<Samples>(noSamples);
  const [points, setPoints] = createSignal<readonly ScanPoint[]>([]);
  const [scanning, setScanning] = createSignal(false);
  let watched = 0;
  let saved: ((protocol: PacingProtocol) => void) | undefined;
  let samples = noSamples;
  let last: Frame | undefined;
  let scheduled = 0;
  /** The latest frame alone is drawn, however many came since the last picture. */
  const show = () => {
    scheduled = 0;
    if (!last) return;
    const { potential: values, activation_ms: times, now_ms: time, speed: reached } = last;
    batch(() => {
      setPotential(values);
      setActivation(times);
      setNow(time);
      setSpeed(reached);
      setTrace(samples);
    });
  };
  const hear: {
    readonly [K in LabMessage["kind"]]: (m: Extract<LabMessage, { kind: K }>) => void;
  } = {
    opened: () => setProblem(""),
    frame: (frame) => {
      if (frame.now_ms <= (samples.x.at(-1) ?? -1)) samples = noSamples;
      samples = longer(samples, frame.now_ms, frame.potential[watched]);
      last = frame;
      if (scheduled === 0) scheduled = requestAnimationFrame(show);
    },
    saved: ({ protocol }) => saved?.(protocol),
    changed: ({ factors, parameters: numbers }) => {
      setProblem("");
      setChanged(Array.from(factors.keys()).filter((i) => i < nodes && factors[i] !== 1));
      setParameters(numbers);
    },
    scanned: ({ points: sofar, done }) => {
      setPoints(sofar);
      setScanning(!done);
    },
    problem: ({ message }) => {
      setProblem(message);
      setRunning(false);
      setScanning(false);
    },
  };
  return {
    shown: { potential, now_ms, speed, running, problem, trace, points, scanning },
    ...{ activation_ms, changed, parameters },
    ...{ setRunning, setProblem, setPoints, setScanning },
    hear: (message: LabMessage) => hear[message.kind](message as never),
    watch: (node: number) => {
      if (node === watched) return;
      samples = noSamples;
      setTrace(samples);
      watched = node;
    },
    nextSaved: () =>
      new Promise<PacingProtocol>((resolve) => {
        saved = resolve;
      }),
  };
}

interface Samples {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const noSamples: Samples = { x: [], y: [] };

type Frame = Extract<LabMessage, { kind: "frame" }>;

const longer = ({ x, y }: Samples, time: number, value: number): Samples => ({
  x: [...x, time].slice(-longest),
  y: [...y, value].slice(-longest),
});

/** The worker of the lab and what can be asked of it. */
export function createLab(mesh: Mesh, spec: TwinSpec, values: TwinValues) {
  const worker = new Worker(new URL("./lab-worker.ts", import.meta.url), {
    type: "module",
    name: "lab-worker",
  });
  const hearing = createHearing(mesh.points.length / 3);
  const { shown, activation_ms, changed, parameters, hear, watch, nextSaved, ...set } = hearing;
  const say = (command: LabCommand) => worker.postMessage(command);
  worker.addEventListener("message", ({ data }: MessageEvent<LabMessage>) => hear(data));
  worker.addEventListener("error", ({ message }) =>
    set.setProblem(`The engine stopped: ${message}`),
  );
  say({ kind: "open", mesh, spec, values });
  /** Whatever is done ends a scan. */
  const act = (command: LabCommand) => {
    set.setScanning(command.kind === "scan");
    say(command);
  };
  const halt = (command: LabCommand) => {
    set.setRunning(false);
    act(command);
  };
  return {
    ...{ ...shown, changed, parameters },
    panel: (quantity: LabQuantity) =>
      quantity === "potential" ? potentialPanel(shown.potential()) : beatPanel(activation_ms()),
    watch,
    run: (speed: number) => {
      set.setRunning(true);
      act({ kind: "run", speed });
    },
    pause: () => halt({ kind: "pause" }),
    pace: (node: number) => act({ kind: "pace", node }),
    change: (through: readonly number[], change: TissueChange) =>
      act({ kind: "tissue", through, change }),
    heal: () => act({ kind: "heal" }),
    fitted: () => act({ kind: "fitted" }),
    parameter: (name: string, value: number) => act({ kind: "parameter", name, value }),
    reset: () => halt({ kind: "reset" }),
    pair: (node: number, s1_ms: number, more: { count: number; s2_ms: number }) =>
      halt({ kind: "pair", node, s1_ms, ...more }),
    scan: (request: ScanRequest) => {
      set.setPoints([]);
      halt({ kind: "scan", request });
    },
    stopScan: () => halt({ kind: "stop-scan" }),
    save: () => {
      const answer = nextSaved();
      say({ kind: "save" });
      return answer;
    },
    load: (text: string, name: string) => {
      try {
        halt({ kind: "load", protocol: parseProtocol(JSON.parse(text), name) });
      } catch (error) {
        const broken = error instanceof SyntaxError;
        set.setProblem(broken ? `${name} is not JSON.` : (error as Error).message);
      }
    },
    stop: () => worker.terminate(),
  };
}
export type Lab = ReturnType<typeof createLab>;
