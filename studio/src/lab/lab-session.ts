import { catalog } from "../../../src/catalog/catalog.js";
import { adjacency, edgeGraph } from "../../../src/mesh/graph.js";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";
import { compileTwin } from "../../../src/twin/compile.js";
import { type LiveState, liveTwin } from "../../../src/twin/live.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";
import { stableStep_ms } from "../../../src/twin/stability.js";
import { type PacingProtocol, protocolInput } from "../../../src/view/protocol.js";
import type { ScanPoint, ScanRequest } from "./lab-protocol.js";

/** Time between two looks at the twin. */
const span_ms = 4;
const pulse = { duration_ms: 2, strength_per_ms: 1 } as const;

export interface LabSession {
  readonly dt_ms: number;
  readonly nodes: number;
  readonly span_ms: number;
  now_ms(): number;
  advance(): LiveState;
  pace(node: number, start_ms?: number): void;
  tissue(node: number, radius_mm: number, factor: number): Float64Array;
  parameter(name: string, value: number): void;
  reset(): void;
  load(protocol: PacingProtocol): Float64Array;
  /** Everything done since the last reset. */
  save(): PacingProtocol;
  /** One point of a scan; leaves the twin at rest. */
  scan(request: ScanRequest, s2_ms: number): ScanPoint;
}

type Pulse = PacingProtocol["pulses"][number];
type Tissue = PacingProtocol["tissue"][number];

/** A twin to be paced by hand. Errors: those of compileTwin and protocolInput. */
export function openLab(mesh: Mesh, spec: TwinSpec, fitted: TwinValues): LabSession {
  const compiled = compileTwin(catalog, spec, mesh);
  const limit_ms = stableStep_ms(compiled, fitted);
  // Even: states alternate between two places. The same steps as `leads simulate` takes of it.
  const steps = 2 * Math.ceil(span_ms / limit_ms / 2);
  const dt_ms = span_ms / steps;
  const twin = liveTwin(compiled, { values: fitted, dt_ms, stepsPerSpan: steps });
  const around = neighbourhoods(mesh, compiled.topology.nodes);
  let done: { pulses: Pulse[]; tissue: Tissue[]; parameters: Record<string, number> };
  const clear = () => {
    done = { pulses: [], tissue: [], parameters: {} };
  };
  clear();
  const protocol = (): PacingProtocol => ({
    format: "leads-protocol",
    version: 1,
    duration_ms: Math.max(span_ms, twin.now_ms()),
    every_ms: span_ms,
    ...done,
  });
  const input = () => protocolInput(compiled, fitted, protocol());
  const change = () => {
    const { values, tissue } = input();
    twin.change({ values, ...(tissue ? { tissue } : {}) });
  };
  const factors = () => input().tissue ?? new Float64Array(compiled.topology.nodes).fill(1);
  const paceWith = (one: Pulse) => {
    twin.pace(one);
    done.pulses.push(one);
  };
  const pace = (node: number, start_ms = twin.now_ms()) =>
    paceWith({ nodes: around.rings(node, 2), start_ms, ...pulse });
  const reset = () => {
    twin.reset();
    done.pulses = [];
  };
  return {
    dt_ms,
    span_ms,
    nodes: nodeCount(mesh),
    now_ms: twin.now_ms,
    advance: twin.advance,
    pace,
    tissue: (node, radius_mm, factor) => {
      done.tissue.push({ nodes: around.ball(node, radius_mm), factor });
      change();
      return factors();
    },
    parameter: (name, value) => {
      done.parameters[name] = value;
      change();
    },
    reset,
    load: (loaded) => {
      protocolInput(compiled, fitted, loaded);
      clear();
      done.tissue.push(...loaded.tissue);
      Object.assign(done.parameters, loaded.parameters);
      change();
      twin.reset();
      for (const one of loaded.pulses) paceWith(one);
      return factors();
    },
    save: protocol,
    scan: (request, s2_ms) => {
      reset();
      const point = scanPoint({ twin, pace }, request, s2_ms);
      reset();
      return point;
    },
  };
}

function neighbourhoods(mesh: Mesh, nodes: number) {
  const graph = edgeGraph(mesh);
  const { rowStart, neighbour } = adjacency(graph);
  const neighboursOf = (i: number) => neighbour.subarray(rowStart[i], rowStart[i + 1]);
  const distance = (i: number, j: number) =>
    Math.hypot(...[0, 1, 2].map((axis) => mesh.points[3 * i + axis] - mesh.points[3 * j + axis]));
  return {
    rings: (node: number, count: number): number[] => {
      let found = new Set([node]);
      for (let ring = 0; ring < count; ring++)
        found = new Set([...found].flatMap((i) => [i, ...neighboursOf(i)]));
      return [...found].filter((i) => i < nodes).sort((a, b) => a - b);
    },
    ball: (node: number, radius_mm: number): number[] =>
      Array.from({ length: nodeCount(mesh) }, (_, i) => i).filter(
        (i) => distance(i, node) <= radius_mm,
      ),
  };
}

interface Bench {
  readonly twin: ReturnType<typeof liveTwin>;
  readonly pace: (node: number, start_ms?: number) => void;
}

/** Time that S2's beat is watched for. */
const watched_ms = 700;

/**
 * A beat counts as re-entry where a node fires twice after S2. Intervals are measured at one node:
 * from its last recovery to its activation by S2, and from that to its next recovery.
 */
function scanPoint({ twin, pace }: Bench, request: ScanRequest, s2_ms: number): ScanPoint {
  const { node, at, s1_ms, count } = request;
  const last_ms = (count - 1) * s1_ms;
  for (let k = 0; k < count; k++) pace(node, k * s1_ms);
  pace(node, last_ms + s2_ms);
  const fired: number[] = [];
  let [before, up, down] = [Number.NaN, Number.NaN, Number.NaN];
  let earlier: Float64Array | undefined;
  while (twin.now_ms() < last_ms + s2_ms + watched_ms) {
    const { activation_ms, recovery_ms } = twin.advance();
    if (twin.now_ms() <= last_ms + s2_ms) {
      before = recovery_ms[at];
      earlier = activation_ms.slice();
      continue;
    }
    if (Number.isNaN(up) && activation_ms[at] > last_ms + s2_ms) {
      up = activation_ms[at];
      if (recovery_ms[at] < up) before = recovery_ms[at];
    }
    if (!Number.isNaN(up) && Number.isNaN(down) && recovery_ms[at] > up) down = recovery_ms[at];
    for (const [i, t] of activation_ms.entries())
      if (t > last_ms + s2_ms && t !== earlier?.[i]) fired[i] = (fired[i] ?? 0) + 1;
    earlier = activation_ms.slice();
  }
  const known = (t: number) => (Number.isFinite(t) ? t : null);
  const counts = Array.from(earlier ?? [], (_, i) => fired[i] ?? 0);
  return {
    s2_ms,
    di_ms: known(up - before),
    apd_ms: known(down - up),
    reached: counts.filter((n) => n > 0).length / Math.max(1, counts.length),
    reentry: counts.some((n) => n > 1),
  };
}
