/** Three digits, a real minus sign, no more exponent than needed. */
export function figure(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const rounded = Number(value.toPrecision(digits));
  const small = rounded !== 0 && Math.abs(rounded) < 1e-3;
  const text = small || Math.abs(rounded) >= 1e5 ? rounded.toExponential() : String(rounded);
  return text.replaceAll("-", "−");
}

/** "mm2/ms" -> " mm²/ms"; nothing for pure numbers. */
export const unitText = (unit: string): string =>
  unit === "1" ? "" : ` ${unit.replaceAll("2", "²").replaceAll("3", "³")}`;

/** "2 min 05 s" */
export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

/** "2026-11-25 08:10" in the reader's own time. */
export function moment(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "–";
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
