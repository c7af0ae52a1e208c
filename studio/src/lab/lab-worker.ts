import { LeadsError } from "../../../src/core/errors.js";
import type { LabCommand, LabMessage } from "./lab-protocol.js";
import { type LabSession, openLab } from "./lab-session.js";

/** Time between two pictures. */
const frame_ms = 1000 / 30;

let lab: LabSession | undefined;
let speed = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

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
    simulated += lab.span_ms;
  } while (simulated < due_ms && performance.now() - began < frame_ms);
  const spent = performance.now() - began;
  // Slow speeds wait between spans instead of simulating less than one.
  const pause_ms = Math.max(0, Math.max(frame_ms, simulated / speed) - spent);
  sendFrame(state, simulated / Math.max(spent + pause_ms, 1e-6));
  timer = setTimeout(turn, pause_ms);
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

const handlers: {
  readonly [K in LabCommand["kind"]]: (c: Extract<LabCommand, { kind: K }>) => void;
} = {
  open: ({ mesh, spec, values }) => {
    lab = openLab(mesh, spec, values);
    tell({ kind: "opened", dt_ms: lab.dt_ms, span_ms: lab.span_ms });
    restart();
  },
  run: ({ speed: wanted }) => start(wanted),
  pause,
  pace: ({ node }) => lab!.pace(node),
  tissue: ({ node, radius_mm, factor }) =>
    tell({ kind: "tissue", factors: lab!.tissue(node, radius_mm, factor) }),
  parameter: ({ name, value }) => lab!.parameter(name, value),
  reset: () => {
    pause();
    lab!.reset();
    restart();
  },
  load: ({ protocol }) => {
    pause();
    tell({ kind: "tissue", factors: lab!.load(protocol) });
    restart();
  },
  pair: ({ node, s1_ms, count, s2_ms }) => {
    pause();
    lab!.reset();
    restart();
    for (let k = 0; k < count; k++) lab!.pace(node, k * s1_ms);
    lab!.pace(node, (count - 1) * s1_ms + s2_ms);
  },
  save: () => tell({ kind: "saved", protocol: lab!.save() }),
  scan: ({ request }) => {
    pause();
    const points = [];
    for (const [k, s2_ms] of request.s2_ms.entries()) {
      points.push(lab!.scan(request, s2_ms));
      tell({ kind: "scanned", points: [...points], done: k === request.s2_ms.length - 1 });
    }
    restart();
  },
};

addEventListener("message", ({ data }: MessageEvent<LabCommand>) => {
  try {
    handlers[data.kind](data as never);
  } catch (error) {
    pause();
    const { message, fix } = error as LeadsError;
    const text = error instanceof LeadsError ? [message, fix].filter(Boolean).join(" ") : message;
    tell({ kind: "problem", message: text });
  }
});
