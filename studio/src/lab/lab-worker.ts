import { LeadsError } from "../../../src/core/errors.js";
import type { LabCommand, LabMessage, ScanPoint, ScanRequest } from "./lab-protocol.js";
import { type LabSession, openLab } from "./lab-session.js";
import { requireFinite } from "./scan.js";

/** Time between two pictures. */
const frame_ms = 1000 / 30;

let lab: LabSession | undefined;
let speed = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function guarded(work: () => void): void {
  try {
    work();
  } catch (error) {
    pause();
    const { message, fix } = error as LeadsError;
    const text = error instanceof LeadsError ? [message, fix].filter(Boolean).join(" ") : message;
    tell({ kind: "problem", message: text });
  }
}

const tell = (message: LabMessage, transfer: Transferable[] = []) =>
  postMessage(message, { transfer });

/** Simulates as much as the clock asks for, but never longer than a picture may take. */
function turn(): void {
  if (!lab || speed === 0) return;
  const began = performance.now();
  const due_ms = speed * frame_ms;
  let simulated = 0;
  let state: ReturnType<LabSession["advance"]> | undefined;
  do {
    state = lab.advance();
    requireFinite(state);
    simulated += lab.span_ms;
  } while (simulated < due_ms && performance.now() - began < frame_ms);
  const spent = performance.now() - began;
  // Slow speeds wait between spans instead of simulating less than one.
  const pause_ms = Math.max(0, Math.max(frame_ms, simulated / speed) - spent);
  sendFrame(state, simulated / Math.max(spent + pause_ms, 1e-6));
  timer = setTimeout(() => guarded(turn), pause_ms);
}

function sendFrame(state: ReturnType<LabSession["advance"]>, reached: number): void {
  const { nodes } = lab!;
  const potential = Float32Array.from(state.potential.subarray(0, nodes));
  const activation_ms = Float32Array.from(state.activation_ms.subarray(0, nodes));
  tell({ kind: "frame", now_ms: lab!.now_ms(), potential, activation_ms, speed: reached }, [
    potential.buffer,
    activation_ms.buffer,
  ]);
}

function pause(): void {
  speed = 0;
  clearTimeout(timer);
}

function start(wanted: number): void {
  clearTimeout(timer);
  speed = wanted;
  turn();
}

function restart(): void {
  const { nodes } = lab!;
  const potential = new Float32Array(nodes);
  const activation_ms = new Float32Array(nodes).fill(Number.NaN);
  tell({ kind: "frame", now_ms: 0, potential, activation_ms, speed: 0 });
}

/** Tissue or numbers have changed: the twin is at rest, and goes on running if it ran. */
function changed(): void {
  tell({ kind: "changed", factors: lab!.factors(), parameters: lab!.changed() });
  restart();
}

/** Number of the scan that goes on; another one, or anything else that is done, ends it. */
let scans = 0;

/** One point after the other, with time for what the page says in between. */
function scan(request: ScanRequest): void {
  pause();
  const mine = scans;
  const pointAt = lab!.scan(request);
  const points: ScanPoint[] = [];
  const next = () => {
    if (mine !== scans) return;
    points.push(pointAt(request.s2_ms[points.length]));
    const done = points.length === request.s2_ms.length;
    tell({ kind: "scanned", points: [...points], done });
    if (done) restart();
    else setTimeout(() => guarded(next));
  };
  setTimeout(() => guarded(next));
}

const handlers: {
  readonly [K in LabCommand["kind"]]: (c: Extract<LabCommand, { kind: K }>) => void;
} = {
  open: ({ mesh, spec, values }) => {
    lab = openLab(mesh, spec, values);
    tell({ kind: "opened", dt_ms: lab.dt_ms(), span_ms: lab.span_ms });
    restart();
  },
  run: ({ speed: wanted }) => start(wanted),
  pause,
  pace: ({ node }) => lab!.pace(node),
  tissue: ({ through, change }) => {
    lab!.tissue(through, change);
    changed();
  },
  heal: () => {
    lab!.heal();
    changed();
  },
  fitted: () => {
    lab!.fitted();
    changed();
  },
  parameter: ({ name, value }) => {
    lab!.parameter(name, value);
    changed();
  },
  reset: () => {
    pause();
    lab!.reset();
    restart();
  },
  load: ({ protocol }) => {
    pause();
    lab!.load(protocol);
    changed();
  },
  pair: ({ node, s1_ms, count, s2_ms }) => {
    pause();
    lab!.reset();
    restart();
    for (let k = 0; k < count; k++) lab!.pace(node, k * s1_ms);
    lab!.pace(node, (count - 1) * s1_ms + s2_ms);
  },
  save: () => tell({ kind: "saved", protocol: lab!.save() }),
  scan: ({ request }) => scan(request),
  "stop-scan": restart,
};

addEventListener("message", ({ data }: MessageEvent<LabCommand>) => {
  if (data.kind !== "save") scans++;
  guarded(() => handlers[data.kind](data as never));
});
