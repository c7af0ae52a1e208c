/** One line of the table, and of the record. */
export interface Figure {
  /** Name of the row, as in --only. */
  readonly row: string;
  readonly title: string;
  readonly nodes: number;
  /** "one trajectory", "per trajectory, four side by side", "native C, one trajectory", ... */
  readonly layout: string;
  /** What comes first: WebAssembly with one trajectory, as the peers run. */
  readonly headline: boolean;
  readonly ours?: Measured;
  readonly peer?: Peer;
  /** What the target is about: a ratio, a throughput or a time. */
  readonly value?: number;
  readonly unit: "x" | "M node-steps/s" | "ms";
  readonly better: "higher" | "lower";
  readonly reach?: number;
  readonly aim?: number;
  /** Why there is no value, or what to know about it. */
  readonly note?: string;
  /** Load average of the machine before and after. */
  readonly load: readonly [number, number];
}

export interface Measured {
  readonly value: number;
  readonly unit: string;
}

/** A peer that could not run says what it needs: never a zero. */
export type Peer = ({ readonly name: string } & Measured) | Missing;

export interface Missing {
  readonly name: string;
  readonly missing: string;
}

export type Verdict = "aim reached" | "reached" | "not reached" | "not measured" | "";

export function verdictOf(figure: Omit<Figure, "load">): Verdict {
  const { value, reach, aim, better } = figure;
  if (reach === undefined) return "";
  if (value === undefined) return "not measured";
  const meets = (level: number) => (better === "higher" ? value >= level : value <= level);
  if (aim !== undefined && meets(aim)) return "aim reached";
  return meets(reach) ? "reached" : "not reached";
}

const lanesText = { 1: "one trajectory", 4: "per trajectory, four side by side" } as const;
export type Lanes = keyof typeof lanesText;

/** WebAssembly is what ships: it needs no name. */
const engineText = { wasm: "", fused: "fused, ", native: "native C, " } as const;
export type OwnEngine = keyof typeof engineText;
export const ownEngines = Object.keys(engineText) as OwnEngine[];

export const layoutText = (engine: OwnEngine, lanes: Lanes): string =>
  `${engineText[engine]}${lanesText[lanes]}`;
