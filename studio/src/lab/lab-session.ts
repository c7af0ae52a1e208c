import { catalog } from "../../../src/catalog/catalog.js";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";
import { type CompiledTwin, compileTwin } from "../../../src/twin/compile.js";
import { type LiveState, liveTwin } from "../../../src/twin/live.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";
import { stableStep_ms } from "../../../src/twin/stability.js";
import { type PacingProtocol, protocolInput } from "../../../src/view/protocol.js";
import type { ScanPoint, ScanRequest } from "./lab-protocol.js";
import { neighbourhoods } from "./neighbourhoods.js";
import { lastBeatAlone, scanPoint } from "./scan.js";

/** Time between two looks at the twin. */
const span_ms = 4;
const pulse = { duration_ms: 2, strength_per_ms: 1 } as const;
/** A smaller spot does not start a wave: its neighbours draw more current than it has. */
const spot = { rings: 2, radius_mm: 2.5 } as const;

/** Other tissue and other numbers hold from 0 ms on: they start what was paced anew, from rest. */
export interface LabSession {
  readonly nodes: number;
  readonly span_ms: number;
  dt_ms(): number;
  now_ms(): number;
  advance(): LiveState;
  pace(node: number, start_ms?: number): void;
  /** Of what is near a node, or near the line through several. */
  tissue(through: readonly number[], change: TissueChange): void;
  /** The tissue of the twin, without scars and lines. */
  heal(): void;
  parameter(name: string, value: number): void;
  /** The numbers of the twin, as they were fitted. */
  fitted(): void;
  /** [N] conductivity / that of the twin. */
  factors(): Float64Array;
  /** Numbers that are not those of the twin. */
  changed(): PacingProtocol["parameters"];
  /** At rest, with nothing paced; tissue and numbers stay. */
  reset(): void;
  load(protocol: PacingProtocol): void;
  /** Everything done since the last reset. */
  save(): PacingProtocol;
  /** Points of a scan, for one S2 after the other; each leaves the twin at rest. */
  scan(request: ScanRequest): (s2_ms: number) => ScanPoint;
}

export interface TissueChange {
  readonly radius_mm: number;
  /** Conductivity / that of the twin; 0: nothing passes. */
  readonly factor: number;
}

type Done = Pick<PacingProtocol, "pulses" | "tissue" | "parameters">;
type Pulse = Done["pulses"][number];

/** A twin to be paced by hand. Errors: those of compileTwin and protocolInput. */
export function openLab(mesh: Mesh, spec: TwinSpec, fitted: TwinValues): LabSession {
  const compiled = compileTwin(catalog, spec, mesh);
  const around = neighbourhoods(compiled.mesh, compiled.graph);
  let done: Done = { pulses: [], tissue: [], parameters: {} };
  const protocolOf = (what: Done, duration_ms: number): PacingProtocol => ({
    ...{ format: "leads-protocol", version: 1, every_ms: span_ms },
    duration_ms: Math.max(span_ms, duration_ms),
    ...what,
  });
  const inputOf = (what: Done) => protocolInput(compiled, fitted, protocolOf(what, 0));
  const twin = steppedTwin(compiled, inputOf(done));
  /** What cannot be simulated throws, and leaves the twin as it was. */
  const become = (wanted: Done) => {
    twin.become(inputOf(wanted));
    done = wanted;
    for (const one of done.pulses) twin.now().pace(one);
  };
  const pace = (node: number, start_ms = twin.now().now_ms()) => {
    const nodes = new Set([
      ...around.rings(node, spot.rings),
      ...around.near([node], spot.radius_mm),
    ]);
    const one: Pulse = { nodes: [...nodes].sort((a, b) => a - b), start_ms, ...pulse };
    twin.now().pace(one);
    done = { ...done, pulses: [...done.pulses, one] };
  };
  const reset = () => {
    twin.now().reset();
    done = { ...done, pulses: [] };
  };
  return {
    span_ms,
    nodes: nodeCount(mesh),
    dt_ms: twin.dt_ms,
    now_ms: () => twin.now().now_ms(),
    advance: () => twin.now().advance(),
    ...{ pace, reset },
    tissue: (through, { radius_mm, factor }) => {
      const line = through.flatMap((node, k) => around.way(through[Math.max(0, k - 1)], node));
      const changed = { nodes: around.near([...new Set(line)], radius_mm), factor };
      become({ ...done, tissue: [...done.tissue, changed] });
    },
    heal: () => become({ ...done, tissue: [] }),
    parameter: (name, value) =>
      become({ ...done, parameters: { ...done.parameters, [name]: value } }),
    fitted: () => become({ ...done, parameters: {} }),
    changed: () => done.parameters,
    factors: () => inputOf(done).tissue ?? new Float64Array(compiled.topology.nodes).fill(1),
    load: ({ pulses, tissue, parameters }) => become({ pulses, tissue, parameters }),
    save: () => protocolOf(done, twin.now().now_ms()),
    scan: (request) => {
      const bench = { advance: () => twin.now().advance(), pace, reset };
      const alone = lastBeatAlone(bench, request);
      return (s2_ms) => scanPoint(bench, request, { alone, s2_ms });
    },
  };
}

type Input = ReturnType<typeof protocolInput>;

/** A live twin whose steps are those that `leads simulate` takes with the same numbers. */
function steppedTwin(compiled: CompiledTwin, first: Input) {
  const stepsOf = ({ values }: Input) =>
    // Even: states alternate between two places.
    2 * Math.ceil(span_ms / stableStep_ms(compiled, values) / 2);
  let steps = stepsOf(first);
  const open = ({ values, tissue }: Input) =>
    liveTwin(compiled, {
      values,
      ...(tissue ? { tissue } : {}),
      dt_ms: span_ms / steps,
      stepsPerSpan: steps,
    });
  let twin = open(first);
  return {
    now: () => twin,
    dt_ms: () => span_ms / steps,
    /** At rest, with other numbers. */
    become: (input: Input) => {
      const wanted = stepsOf(input);
      const { values, tissue } = input;
      if (wanted === steps) {
        twin.change({ values, ...(tissue ? { tissue } : {}) });
        twin.reset();
      } else {
        steps = wanted;
        twin = open(input);
      }
    },
  };
}
