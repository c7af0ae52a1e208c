import type { CheckRow } from "../verify/check.js";
import { absent, figure } from "./format.js";

/** Digits that show the difference between a value and its reference. */
export function valueText({ value, unit }: CheckRow): string {
  const digits = Math.abs(value) >= 0.01 && Math.abs(value) < 1e5 ? 5 : 3;
  return Number.isFinite(value) ? withUnit(figure(value, digits), unit) : absent;
}

export function referenceText({ rule, reference, unit }: CheckRow): string {
  if (!Number.isFinite(reference)) return absent;
  const text = withUnit(String(Number(reference.toPrecision(6))), unit);
  if (rule === "at least") return `\u2265 ${text}`;
  return rule === "at most" ? `\u2264 ${text}` : text;
}

export const toleranceText = ({ tolerance, unit }: CheckRow): string =>
  Number.isFinite(tolerance) ? `\u00b1 ${withUnit(figure(tolerance, 2), unit)}` : absent;

const withUnit = (text: string, unit: string) => (unit === "1" ? text : `${text} ${unit}`);

/** "41 passed, 1 failed, 9 shown", in words for a heading. */
export function countText(rows: readonly CheckRow[]): string {
  const count = (verdict: CheckRow["verdict"]) =>
    rows.filter((row) => row.verdict === verdict).length;
  const shown = count("shown");
  const parts = [`${count("passed")} passed`, `${count("failed")} failed`];
  return [...parts, ...(shown > 0 ? [`${shown} shown`] : [])].join(", ");
}
