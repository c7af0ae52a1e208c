/** Colours of maps: how a value becomes one, in the shader, in the legend and in exports alike. */

export type ColourMap = keyof typeof ramps;

const ramps = {
  // Viridis: even steps in lightness, readable for all kinds of colour blindness and in grey.
  viridis: "440154 482878 3e4a89 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
  // The convention of mapping systems: red is early, purple is late.
  clinical: "d7191c f46d2c fdae3c f7e94b a2d84a 4bb95a 2fa7a0 2f7fc1 4a4fb3 6a2c98",
  // Blue to orange over near white: told apart by the common kinds of colour blindness.
  error: "0a4a86 2f79b5 7fb2da c9dfee f6f3ee f9d7b0 eda660 cf6a1b 8c3a06",
} as const;

export const colourMapNames: Readonly<Record<ColourMap, string>> = {
  viridis: "viridis (all eyes)",
  clinical: "red early to purple late",
  error: "blue to orange",
};

/** Where nothing is known. */
export const noData = [0.55, 0.565, 0.59] as const;

const parsed = Object.fromEntries(
  Object.entries(ramps).map(([name, ramp]) => [
    name,
    ramp.split(" ").map((hex) => {
      const value = Number.parseInt(hex, 16);
      return [value >> 16, (value >> 8) & 255, value & 255] as const;
    }),
  ]),
) as unknown as Readonly<Record<ColourMap, readonly (readonly [number, number, number])[]>>;

/** `share` in 0..1 -> red, green, blue in 0..255. */
export function colourAt(map: ColourMap, share: number): [number, number, number] {
  const ramp = parsed[map];
  const place = Math.max(0, Math.min(1, share)) * (ramp.length - 1);
  const k = Math.min(ramp.length - 2, Math.floor(place));
  const mix = (c: 0 | 1 | 2) => ramp[k][c] + (place - k) * (ramp[k + 1][c] - ramp[k][c]);
  return [mix(0), mix(1), mix(2)];
}

export const cssColour = (map: ColourMap, share: number): string =>
  `rgb(${colourAt(map, share)
    .map((c) => Math.round(c))
    .join(" ")})`;

/** [256 * 4] bytes of a texture. */
export function rampBytes(map: ColourMap): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(1024);
  for (let k = 0; k < 256; k++) bytes.set([...colourAt(map, k / 255), 255], 4 * k);
  return bytes;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Range of the finite values; `centred` is symmetric about 0 and spares the outermost hundredth. */
export function rangeOf(values: Iterable<number>, centred = false): Range {
  const finite = Array.from(values).filter(Number.isFinite);
  if (finite.length === 0) return centred ? { low: -1, high: 1 } : { low: 0, high: 1 };
  if (centred) {
    const sizes = finite.map(Math.abs).sort((a, b) => a - b);
    const high = niceCeiling(sizes[Math.floor(0.99 * (sizes.length - 1))] || 1e-9);
    return { low: -high, high };
  }
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  return high > low ? { low, high } : { low: low - 0.5, high: high + 0.5 };
}

/** The smallest of 1, 2, 5 x 10^n that is no smaller than `size`. */
export function niceCeiling(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  const digit = [1, 2, 5, 10].find((d) => d * power >= size * (1 - 1e-9)) ?? 10;
  return digit * power;
}

/** Round numbers inside a range, about `count` of them. */
export function ticks({ low, high }: Range, count = 6): number[] {
  const step = niceCeiling((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  );
}
