/** A number in a text: where it stands, and whether a recorded result says it. */
export interface NumberSpan {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly recorded: boolean;
}

/** What marks are made from; `recorded` spans are left out. */
export type UnrecordedSpan = Omit<NumberSpan, "recorded">;

/** A number of an observation, a result or a report, with its unit: "" for none, "x" for ratios. */
export interface RecordedNumber {
  readonly value: number;
  readonly unit: string;
}

export interface RecordedFacts {
  readonly numbers: readonly RecordedNumber[];
  /** Names with digits in them ("luo-rudy-1991", "p1"): no numbers where they stand in a text. */
  readonly names: readonly string[];
  /** Words of names and titles; a year behind one of them is part of a citation. */
  readonly titleWords: ReadonlySet<string>;
  /** Candidates 0 .. candidates - 1 and steps 0 .. step exist. */
  readonly candidates: number;
  readonly step: number;
  /** Singular noun -> how many there are: a smaller count of the same things is recorded. */
  readonly counts: Readonly<Record<string, number>>;
}

interface Token extends UnrecordedSpan {
  /** NaN: digits that are no decimal number. */
  readonly value: number;
  /** Weight of the last digit written, 0.1 for "2.5". */
  readonly place: number;
  readonly isInteger: boolean;
  /** undefined: none is written. */
  readonly unit: string | undefined;
  readonly before: string;
  readonly after: string;
}

/**
 * Every number of a text, and whether one of the facts says it: the fact rounded to the digits that
 * are written, a share as per cent, seconds as minutes or hours, milliseconds as seconds. Differences
 * and ratios of facts are not recorded. Numbers in words and digits inside names are not looked at.
 */
export function numberSpans(text: string, facts: RecordedFacts): NumberSpan[] {
  const masked = maskedRanges(text, facts.names);
  return tokensOf(text)
    .filter(({ start, end }) => !masked.some(([low, high]) => start >= low && end <= high))
    .map((token) => {
      const { text: written, start, end } = token;
      return { text: written, start, end, recorded: isRecorded(token, facts) };
    });
}

export const unrecordedIn = (text: string, facts: RecordedFacts): UnrecordedSpan[] =>
  numberSpans(text, facts)
    .filter(({ recorded }) => !recorded)
    .map(({ text: written, start, end }) => ({ text: written, start, end }));

/** The mark in plain text, and what it means. */
export const unrecordedMark = "[?]";
export const unrecordedLegend = `${unrecordedMark} marks a number that is no recorded result`;

/** The text with a mark behind every unrecorded number. */
export function markUnrecorded(
  text: string,
  spans: readonly UnrecordedSpan[] = [],
  mark: (written: string) => string = (written) => `${written}${unrecordedMark}`,
): string {
  return piecesOf(text, spans)
    .map(({ piece, unrecorded }) => (unrecorded ? mark(piece) : piece))
    .join("");
}

/** The text cut at its unrecorded numbers, in order. */
export function piecesOf(
  text: string,
  spans: readonly UnrecordedSpan[],
): { readonly piece: string; readonly unrecorded: boolean }[] {
  const pieces: { piece: string; unrecorded: boolean }[] = [];
  let at = 0;
  for (const { start, end } of spans) {
    if (start > at) pieces.push({ piece: text.slice(at, start), unrecorded: false });
    pieces.push({ piece: text.slice(start, end), unrecorded: true });
    at = end;
  }
  if (at < text.length) pieces.push({ piece: text.slice(at), unrecorded: false });
  return pieces;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = `(?:\\^\\s?[-−+]?\\d+|[⁻⁺]?[${superscripts}]+)`;
const decimal = "(?:\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d+)?|\\.\\d+)";
const numberForm = new RegExp(
  [
    "(?<version>\\d+(?:\\.\\d+){2,})",
    `(?<sign>[-−+](?=[\\d.]))?(?:10(?<ten>${power})|(?<digits>${decimal})` +
      `(?:[eE](?<exponent>[-−+]?\\d+)|\\s?[x×*·]\\s?10(?<times>${power}))?)(?<percent>\\s?%)?`,
    "(?<other>\\p{Nd}+)",
  ].join("|"),
  "gu",
);

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(numberForm)) {
    const token = tokenOf(text, match);
    if (token) tokens.push(token);
  }
  return tokens;
}

/** undefined: digits that belong to a word, such as "p1", "LR-91" or "2D". */
function tokenOf(text: string, match: RegExpMatchArray): Token | undefined {
  const groups = match.groups ?? {};
  const end = match.index! + match[0].length;
  const { sign, digits = "", percent } = groups;
  const exponent = powerOf(groups.exponent ?? groups.times ?? groups.ten);
  const isInteger = /^[\d,]+$/.test(digits) && exponent === 0;
  const whole = text.slice(0, match.index);
  const glued = /[\p{L}_]$/u.test(whole) && (isInteger || groups.other !== undefined);
  const after = text.slice(end);
  if (glued || (isInteger && /^D\b/.test(after))) return undefined;
  // "10-20" is a range and "x-2" a name: their hyphen is no sign.
  const start = sign && /[\p{L}\p{N}_.)]$/u.test(whole) ? match.index! + 1 : match.index!;
  const { place, mantissa } = readDigits(groups.ten ? "1" : digits);
  return {
    text: text.slice(start, end),
    start,
    end,
    value: digits || groups.ten ? mantissa * 10 ** exponent : Number.NaN,
    place: place * 10 ** exponent,
    isInteger,
    unit: percent ? "%" : unitBehind(after),
    before: text.slice(0, start),
    after,
  };
}

function powerOf(written: string | undefined): number {
  if (!written) return 0;
  const plain = [...written.replace("^", "").replace(/[−⁻]/, "-").replace("⁺", "+")]
    .map((c) => (superscripts.includes(c) ? superscripts.indexOf(c) : c))
    .join("");
  return Number(plain);
}

/** Of large whole numbers the first three digits count: "12300" is 12345 as it is printed. */
function readDigits(written: string): { mantissa: number; place: number } {
  const plain = written.replaceAll(",", "");
  const [whole, fraction] = plain.split(".");
  if (fraction !== undefined) return { mantissa: Number(plain), place: 10 ** -fraction.length };
  const zeros = /0*$/.exec(whole)![0].length;
  return { mantissa: Number(plain), place: 10 ** Math.max(0, Math.min(zeros, whole.length - 3)) };
}

const unitForms: readonly (readonly [RegExp, string])[] = [
  [/^\s?(?:ms(?:\^2|2|²))(?![\p{L}\p{N}])/u, "ms2"],
  [/^\s?mm(?:\^2|2|²)\/ms(?![\p{L}\p{N}])/u, "mm2/ms"],
  [/^\s?(?:ms|milliseconds?)(?![\p{L}\p{N}/])/u, "ms"],
  [/^\s?(?:1\/ms|per ms|\/ms)(?![\p{L}\p{N}])/u, "1/ms"],
  [/^\s?mm(?![\p{L}\p{N}/])/u, "mm"],
  [/^\s?mV(?![\p{L}\p{N}/])/u, "mV"],
  [/^\s?(?:s|seconds?|sec)(?![\p{L}\p{N}/])/u, "s"],
  [/^\s?(?:min|minutes?)(?![\p{L}\p{N}/])/u, "min"],
  [/^\s?(?:h|hours?)(?![\p{L}\p{N}/])/u, "h"],
  [/^\s?(?:per cent|percent)(?![\p{L}\p{N}])/u, "%"],
  [/^\s?(?:[x×](?![\p{L}\p{N}])(?!\s?\d)|-?\s?fold\b)/u, "x"],
  [
    /^\s?times (?:as|the|better|worse|lower|higher|more|less|smaller|larger|faster|slower|fewer)\b/u,
    "x",
  ],
];

const unitBehind = (after: string): string | undefined =>
  unitForms.find(([form]) => form.test(after))?.[1];

const list = "(?:\\d+\\s*(?:,|and|or|,\\s*and|,\\s*or|-|–|to)\\s*#?)*";
const candidateBefore = new RegExp(`(?:#|\\bcandidates?\\s+(?:no\\.?\\s*)?#?)${list}$`, "i");
const stepBefore = new RegExp(`\\b(?:steps?|turns?)\\s+${list}$`, "i");
const ratioBefore = /\bfactor (?:of |by )?(?:about |~|≈)?\s*$/i;

function isRecorded(token: Token, facts: RecordedFacts): boolean {
  const { value, isInteger, unit, before, after } = token;
  if (!Number.isFinite(value)) return false;
  if (isInteger && !unit) {
    if (candidateBefore.test(before)) return value < facts.candidates;
    if (stepBefore.test(before)) return value <= facts.step;
    if (isCitation(token, facts) || countsThings(token, facts)) return true;
    if (/^(?:st|nd|rd|th)\b/.test(after)) return value <= Math.max(facts.candidates, facts.step);
  }
  const wanted = ratioBefore.test(before) ? "x" : unit;
  return facts.numbers.some((fact) => says(fact, token, wanted));
}

/** "Luo-Rudy 1991", "Niederer et al. (2011)". */
function isCitation({ text, value, before }: Token, { titleWords }: RecordedFacts): boolean {
  if (!/^\d{4}$/.test(text) || value < 1900 || value > 2099) return false;
  const word = /([\p{L}-]+|et al\.),?\s?[(-]?$/u.exec(before)?.[1] ?? "";
  return word === "et al." || titleWords.has(word.toLowerCase());
}

const mostCounted = 20;

/** A small whole number in front of things that there are as many of. */
function countsThings({ value, after }: Token, { counts }: RecordedFacts): boolean {
  if (value > mostCounted) return false;
  const words = /^((?:\s+[\p{L}-]+){1,3})/u.exec(after)?.[1].trim().toLowerCase() ?? "";
  return words.split(/\s+/).some((word) => {
    const known = counts[word] ?? counts[word.replace(/s$/, "")];
    return known !== undefined && value <= known;
  });
}

/** Unit that is written -> unit of the fact and its factor. */
const conversions: Readonly<Record<string, readonly (readonly [unit: string, factor: number])[]>> =
  {
    "%": [["", 100]],
    s: [["ms", 1e-3]],
    min: [["s", 1 / 60]],
    h: [["s", 1 / 3600]],
  };

function says(fact: RecordedNumber, token: Token, wanted: string | undefined): boolean {
  if (wanted === undefined) return fact.unit !== "x" && agrees(fact.value, token);
  if (fact.unit === wanted) return agrees(fact.value, token);
  return (conversions[wanted] ?? []).some(
    ([unit, factor]) => fact.unit === unit && agrees(factor * fact.value, token),
  );
}

/** The fact, rounded to the digits that are written, whatever its sign. */
function agrees(fact: number, { value, place }: Token): boolean {
  const [known, said] = [Math.abs(fact), Math.abs(value)];
  if (said === 0) return place < 1 ? known < place / 2 : known === 0;
  return Math.abs(known - said) <= (place / 2) * (1 + 1e-9) + 1e-12 * known;
}

/** Where names stand in a text, as whole words. */
function maskedRanges(text: string, names: readonly string[]): [number, number][] {
  const lower = text.toLowerCase();
  return names.flatMap((name) => {
    const ranges: [number, number][] = [];
    const wanted = name.toLowerCase();
    for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, at + 1)) {
      const end = at + wanted.length;
      const whole =
        !/[\p{L}\p{N}]$/u.test(lower.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(lower.slice(end));
      if (whole) ranges.push([at, end]);
    }
    return ranges;
  });
}

/** The numbers of a text that the project itself wrote, as facts. */
export const numbersIn = (text: string): RecordedNumber[] =>
  tokensOf(text)
    .filter(({ value }) => Number.isFinite(value))
    .map(({ value, unit }) => ({ value, unit: unit ?? "" }));
