import { createSignal } from "solid-js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";
import { type PacingProtocol, parseProtocol } from "../../../src/view/protocol.js";
import type { LabCommand, LabMessage, ScanPoint, ScanRequest } from "./lab-protocol.js";

/** Samples of the watched node that are kept. */
const longest = 3000;

/** The worker of the lab, and what it says last as signals. */
export function createLab(mesh: Mesh, spec: TwinSpec, values: TwinValues) {
  const nodes = mesh.points.length / 3;
  const worker = new Worker(new URL("./lab-worker.ts", import.meta.url), {
    type: "module",
    name: "lab-worker",
  });
  const [potential, setPotential] = createSignal<ArrayLike<number>>(new Float32Array(nodes));
  const [now_ms, setNow] = createSignal(0);
  const [speed, setSpeed] = createSignal(0);
  const [running, setRunning] = createSignal(false);
  const [problem, setProblem] = createSignal("");
  const [changed, setChanged] = createSignal<readonly number[]>([]);
  const [trace, setTrace] = createSignal<{ x: number[]; y: number[] }>({ x: [], y: [] });
  const [points, setPoints] = createSignal<readonly ScanPoint[]>([]);
  const [scanning, setScanning] = createSignal(false);
  let watched = 0;
  let saved: ((protocol: PacingProtocol) => void) | undefined;
  const say = (command: LabCommand) => worker.postMessage(command);
  const clearTrace = () => setTrace({ x: [], y: [] });
  const hear: {
    readonly [K in LabMessage["kind"]]: (m: Extract<LabMessage, { kind: K }>) => void;
  } = {
    opened: () => setProblem(""),
    frame: (message) => {
      setPotential(message.potential);
      setNow(message.now_ms);
      setSpeed(message.speed);
      const { x, y } = trace();
      if (message.now_ms <= (x.at(-1) ?? -1)) clearTrace();
      else
        setTrace({
          x: [...x, message.now_ms].slice(-longest),
          y: [...y, message.potential[watched]].slice(-longest),
        });
    },
    saved: ({ protocol }) => saved?.(protocol),
    tissue: ({ factors }) =>
      setChanged(Array.from(factors.keys()).filter((i) => i < nodes && factors[i] !== 1)),
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
  worker.addEventListener("message", ({ data }: MessageEvent<LabMessage>) =>
    hear[data.kind](data as never),
  );
  worker.addEventListener("error", ({ message }) => setProblem(`The engine stopped: ${message}`));
  say({ kind: "open", mesh, spec, values });
  const halt = () => setRunning(false);
  return {
    ...{ now_ms, speed, running, problem, changed, trace, points, scanning },
    panel: () => ({
      values: potential(),
      range: { low: 0, high: 1 },
      colours: "viridis" as const,
      isolines: 0,
    }),
    watch: (node: number) => {
      if (node !== watched) clearTrace();
      watched = node;
    },
    run: (wanted: number) => {
      setRunning(true);
      say({ kind: "run", speed: wanted });
    },
    pause: () => {
      halt();
      say({ kind: "pause" });
    },
    pace: (node: number) => say({ kind: "pace", node }),
    change: (node: number, { radius_mm, factor }: { radius_mm: number; factor: number }) =>
      say({ kind: "tissue", node, radius_mm, factor }),
    parameter: (name: string, value: number) => say({ kind: "parameter", name, value }),
    reset: () => {
      halt();
      say({ kind: "reset" });
    },
    pair: (node: number, s1_ms: number, more: { count: number; s2_ms: number }) => {
      halt();
      say({ kind: "pair", node, s1_ms, ...more });
    },
    scan: (request: ScanRequest) => {
      halt();
      setPoints([]);
      setScanning(true);
      say({ kind: "scan", request });
    },
    save: () =>
      new Promise<PacingProtocol>((resolve) => {
        saved = resolve;
        say({ kind: "save" });
      }),
    load: (text: string, name: string) => {
      try {
        const protocol = parseProtocol(JSON.parse(text), name);
        halt();
        say({ kind: "load", protocol });
      } catch (error) {
        setProblem(
          error instanceof SyntaxError ? `${name} is not JSON.` : (error as Error).message,
        );
      }
    },
    stop: () => worker.terminate(),
  };
}
export type Lab = ReturnType<typeof createLab>;
