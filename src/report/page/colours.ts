/** Levels, colours and labels of the maps: shared by the page and by the picture. */

export type Rgb = readonly [number, number, number];

export type ColourScale = "time" | "error" | "linear" | "log";

/** Bands between levels with a colour each; the last colour means "no data". */
export interface Bands {
  readonly levels: readonly number[];
  readonly colours: readonly Rgb[];
  /** Levels mirrored at 0: so are their labels. */
  readonly symmetric: boolean;
}

/** One band of a legend: shares of its width, and the label of the level at its right end. */
export interface LegendCell {
  readonly colour: string;
  readonly label: string;
}

/** Closed in itself, like sceneKit. */
export function colourKit() {
  // Viridis: even steps in lightness, readable for all kinds of colour blindness and in grey.
  const viridis = "440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725";
  // Blue to orange over near white: the pair that the common kinds of colour blindness keep apart.
  const blueOrange = "0a4a86 2f79b5 7fb2da c9dfee f6f3ee f9d7b0 eda660 cf6a1b 8c3a06";
  const noData: Rgb = [140, 144, 150];

  function parse(ramp: string): Rgb[] {
    return ramp.split(" ").map((hex) => {
      const value = Number.parseInt(hex, 16);
      return [value >> 16, (value >> 8) & 255, value & 255];
    });
  }

  function at(ramp: readonly Rgb[], share: number): Rgb {
    const place = Math.max(0, Math.min(1, share)) * (ramp.length - 1);
    const k = Math.min(ramp.length - 2, Math.floor(place));
    const mix = (c: 0 | 1 | 2) => ramp[k][c] + (place - k) * (ramp[k + 1][c] - ramp[k][c]);
    return [mix(0), mix(1), mix(2)];
  }

  function finite(values: ArrayLike<number>): number[] {
    return Array.from(values)
      .filter((value) => Number.isFinite(value))
      .sort((a, b) => a - b);
  }

  /** The smallest of 1, 2, 5 x 10^n that covers `size` in `count` steps or fewer. */
  function niceStep(size: number, count: number): number {
    const rough = size / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    return (rough <= power ? 1 : rough <= 2 * power ? 2 : rough <= 5 * power ? 5 : 10) * power;
  }

  function multiples(low: number, high: number, step: number): number[] {
    const first = Math.floor(low / step) + 1;
    const last = Math.ceil(high / step) - 1;
    // Past 60 lines nothing can be told apart any more.
    const stride = Math.max(1, Math.ceil((last - first + 1) / 60));
    const count = Math.max(0, Math.ceil((last - first + 1) / stride));
    return Array.from({ length: count }, (_, k) =>
      Number(((first + k * stride) * step).toPrecision(12)),
    );
  }

  /** Every `step` (0 = chosen) inside the range of the values. */
  function linearLevels(values: ArrayLike<number>, step: number): number[] {
    const sorted = finite(values);
    if (sorted.length === 0) return [];
    const [low, high] = [sorted[0], sorted[sorted.length - 1]];
    if (high - low <= 1e-9 * Math.max(1e-9, Math.abs(high))) return [];
    return multiples(low, high, step > 0 ? step : niceStep(high - low, 12));
  }

  /** Symmetric round numbers; the middle band, from -step to step, is the neutral one. */
  function errorLevels(values: ArrayLike<number>): number[] {
    const sizes = finite(Array.from(values, Math.abs));
    // The largest hundredth goes into the end bands, so that one node does not hide all others.
    const limit = sizes[Math.floor(0.99 * (sizes.length - 1))] ?? 0;
    const step = limit > 1e-9 ? niceStep(limit, 4.5) : 1;
    return [-4, -3, -2, -1, 1, 2, 3, 4].map((k) => Number((k * step).toPrecision(12)));
  }

  function logLevels(values: ArrayLike<number>): number[] {
    const sorted = finite(values).filter((value) => value > 0);
    if (sorted.length === 0 || sorted[sorted.length - 1] < 1.5 * sorted[0])
      return linearLevels(values, 0);
    const low = Math.max(sorted[0], 1e-4 * sorted[sorted.length - 1]);
    const factor = (sorted[sorted.length - 1] / low) ** (1 / 10);
    return Array.from({ length: 9 }, (_, k) => Number((low * factor ** (k + 1)).toPrecision(2)));
  }

  function bands(scale: ColourScale, values: ArrayLike<number>, step = 0): Bands {
    const levels =
      scale === "error"
        ? errorLevels(values)
        : scale === "log"
          ? logLevels(values)
          : linearLevels(values, step);
    const ramp = parse(scale === "error" ? blueOrange : viridis);
    const colours = Array.from({ length: levels.length + 1 }, (_, band) => {
      const share = levels.length ? band / levels.length : 0.5;
      // Early is bright, as on a wave's front; the very dark end is left to the no-light side.
      return at(ramp, scale === "time" ? 1 - 0.97 * share : share);
    });
    return { levels, colours: [...colours, noData], symmetric: scale === "error" };
  }

  function label(value: number): string {
    const rounded = Number(value.toPrecision(3));
    return Math.abs(rounded) >= 1e5 || (rounded !== 0 && Math.abs(rounded) < 1e-3)
      ? rounded.toExponential()
      : String(rounded).replace("-", "\u2212");
  }

  function css(colour: Rgb): string {
    return `#${colour.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;
  }

  /** Cells left to right; labels thinned out so that they do not run into each other. */
  function legend({ levels, colours, symmetric }: Bands): LegendCell[] {
    const longest = Math.max(1, ...levels.map((level) => label(level).length));
    const every = Math.ceil((levels.length * (longest + 2)) / 36) || 1;
    const last = levels.length - 1;
    const place = (band: number) =>
      symmetric ? Math.min(band, last - band) % 2 : (band % every) - Math.floor((every - 1) / 2);
    return colours.slice(0, -1).map((colour, band) => ({
      colour: css(colour),
      label: band <= last && place(band) === 0 ? label(levels[band]) : "",
    }));
  }

  return { bands, legend, label, css, noData: css(noData) };
}

export type ColourKit = ReturnType<typeof colourKit>;
