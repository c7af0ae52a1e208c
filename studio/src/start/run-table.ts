import type { RunEntry } from "../../../src/view/contract.js";
import { duration, figure, moment } from "../ui/format.js";

/** A column of the start page: what is shown, and what is sorted by. */
export interface Column {
  readonly name: string;
  readonly text: (run: RunEntry) => string;
  readonly sort: (run: RunEntry) => string | number;
}

const last = Number.POSITIVE_INFINITY;
const number = (value: number | null | undefined): number => value ?? last;

export const columns: readonly Column[] = [
  { name: "run", text: ({ path }) => path, sort: ({ path }) => path },
  { name: "status", text: ({ status }) => status, sort: ({ status }) => status },
  { name: "agent", text: ({ agent }) => agent, sort: ({ agent }) => agent },
  { name: "seed", text: ({ seed }) => String(seed), sort: ({ seed }) => seed },
  { name: "reaction", text: (r) => r.reaction ?? "–", sort: (r) => r.reaction ?? "~" },
  { name: "diffusion", text: (r) => r.diffusion ?? "–", sort: (r) => r.diffusion ?? "~" },
  { name: "numbers", text: (r) => figure(r.parameters), sort: (r) => number(r.parameters) },
  {
    name: "activation, ms",
    text: (r) => figure(r.test?.at_mae_ms),
    sort: (r) => number(r.test?.at_mae_ms),
  },
  { name: "MSE", text: (r) => figure(r.test?.mse), sort: (r) => number(r.test?.mse) },
  { name: "evaluations", text: (r) => figure(r.evaluations), sort: (r) => number(r.evaluations) },
  { name: "time", text: (r) => duration(r.seconds), sort: (r) => number(r.seconds) },
  { name: "started", text: (r) => moment(r.started), sort: (r) => r.started },
];

/** Runs that hold every word of the filter somewhere. */
export function filtered(runs: readonly RunEntry[], filter: string): RunEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return runs.filter((run) => {
    const text = [run.patient, ...columns.map((column) => column.text(run))]
      .join(" ")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface Order {
  readonly column: string;
  readonly falling: boolean;
}

/** Equal ones stay in the order of their paths. */
export function sorted(runs: readonly RunEntry[], { column, falling }: Order): RunEntry[] {
  const { sort } = columns.find(({ name }) => name === column) ?? columns[0];
  const sign = falling ? -1 : 1;
  return [...runs].sort((a, b) => {
    const [x, y] = [sort(a), sort(b)];
    if (x !== y) return sign * (x < y ? -1 : 1);
    return a.path < b.path ? -1 : 1;
  });
}

/** Patients in the order in which their runs come. */
export function grouped(runs: readonly RunEntry[]): [string, RunEntry[]][] {
  const groups = new Map<string, RunEntry[]>();
  for (const run of runs) {
    const group = groups.get(run.patient);
    if (group) group.push(run);
    else groups.set(run.patient, [run]);
  }
  return [...groups];
}

/** The name, and whatever is not the same in all runs that can be read. */
export function differing(runs: readonly RunEntry[]): readonly Column[] {
  const known = runs.filter(({ status }) => status !== "unreadable");
  const differs = ({ text }: Column) => new Set(known.map(text)).size > 1;
  return columns.filter((column, k) => k === 0 || differs(column));
}
