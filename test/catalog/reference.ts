/**
 * Reference traces: the equations written by hand from the papers (reference/reaction-models.md),
 * independent of the entries' text and of the engine. Time in the model's own unit.
 */
export interface Reference {
  /** Own units of time per ms are 1 / unit_ms. */
  readonly unit_ms: number;
  readonly rest: readonly number[];
  /** `mode`: which side of the switch the state is on, for models that have one. */
  readonly rates: (y: readonly number[], mode: boolean) => number[];
  /** Switching surface in u. */
  readonly switchAt?: number;
  /** Variant of the entry that has the reference's parameters; as published if left out. */
  readonly variant?: string;
  /** Published check: peak and duration at 10 % of the peak, own unit, from u = 0.5. */
  readonly peak: number;
  readonly duration: number;
}

const cubic = (c1: number, a: number, u: number) => c1 * u * (u - a) * (1 - u);

export const references: Readonly<Record<string, Reference>> = {
  "aliev-panfilov": {
    unit_ms: 12.9,
    rest: [0, 0],
    rates: ([u, v]) => {
      const e = 0.002 + (0.2 * v) / (u + 0.3);
      return [-8 * u * (u - 0.15) * (u - 1) - u * v, -e * (v + 8 * u * (u - 0.15 - 1))];
    },
    peak: 0.999,
    duration: 27.0,
  },
  "rogers-mcculloch": {
    unit_ms: 0.63,
    rest: [0, 0],
    rates: ([u, w]) => [cubic(0.26, 0.13, u) - 0.1 * u * w, 0.013 * (u - w)],
    peak: 0.9,
    duration: 231,
  },
  "mitchell-schaeffer": {
    unit_ms: 1,
    rest: [0, 1],
    rates: ([u, h], below) => [
      (h * u ** 2 * (1 - u)) / 0.3 - u / 6,
      below ? (1 - h) / 120 : -h / 150,
    ],
    switchAt: 0.13,
    peak: 0.946,
    duration: 287,
  },
  "modified-mitchell-schaeffer": {
    unit_ms: 1,
    rest: [0, 1],
    rates: ([u, h], below) => [
      (h * u * (u - 0.13) * (1 - u)) / 0.3 - ((1 - h) * u) / 5,
      below ? (1 - h) / 120 : -h / 150,
    ],
    switchAt: 0.13,
    peak: 0.998,
    duration: 252,
  },
  "fitzhugh-nagumo": {
    variant: "single-cell",
    unit_ms: 0.63,
    rest: [0, 0],
    rates: ([u, w]) => [cubic(0.26, 0.13, u) - 0.1 * w, 0.013 * (u - w)],
    peak: 0.886,
    duration: 83,
  },
};

/** States at 0, spacing, 2 spacing, ... (own unit); classical RK4, split at the switch. */
export function integrate(
  reference: Reference,
  options: { start: number; spacing: number; samples: number; substeps: number },
): number[][] {
  const { rates, switchAt } = reference;
  const h = options.spacing / options.substeps;
  let y: number[] = [options.start, ...reference.rest.slice(1)];
  let mode = switchAt !== undefined && y[0] < switchAt;
  const step = (from: readonly number[], size: number): number[] => {
    const at = (k: readonly number[], by: number) => from.map((v, i) => v + by * k[i]);
    const k1 = rates(from, mode);
    const k2 = rates(at(k1, size / 2), mode);
    const k3 = rates(at(k2, size / 2), mode);
    const k4 = rates(at(k3, size), mode);
    return from.map((v, i) => v + (size / 6) * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]));
  };
  const advance = (): void => {
    const next = step(y, h);
    if (switchAt === undefined || next[0] < switchAt === mode) {
      y = next;
      return;
    }
    let [low, high] = [0, h];
    for (let k = 0; k < 50; k++) {
      const middle = (low + high) / 2;
      if (step(y, middle)[0] < switchAt === mode) low = middle;
      else high = middle;
    }
    y = step(y, high);
    mode = !mode;
    y = step(y, h - high);
  };
  const trace = [y];
  for (let sample = 1; sample < options.samples; sample++) {
    for (let k = 0; k < options.substeps; k++) advance();
    trace.push(y);
  }
  return trace;
}

/** Peak, and time from the first to the last sample above 10 % of the peak, interpolated. */
export function peakAndDuration(u: readonly number[], spacing: number) {
  const peak = Math.max(...u);
  const level = peak / 10;
  const top = u.indexOf(peak);
  const fall = u.findIndex((value, k) => k > top && value < level);
  const rise = u.findIndex((value) => value >= level);
  const cross = (k: number) => (k === 0 ? 0 : k - 1 + (level - u[k - 1]) / (u[k] - u[k - 1]));
  return { peak, duration: (cross(fall) - cross(rise)) * spacing };
}
