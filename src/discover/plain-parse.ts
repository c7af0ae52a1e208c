import type { z } from "zod";

type Issue = z.core.$ZodIssue;

type PlainlyParsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

const mostIssues = 4;

/**
 * A value that a schema accepts, or what is wrong with it, place by place, in plain words; `root`
 * says what the whole of it is called.
 */
export function plainParse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  root: string,
): PlainlyParsed<z.output<Schema>> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { ok: true, value: parsed.data };
  const text = (issue: Issue) => `${issue.path.join(".") || root}: ${issueText(issue)}`;
  return { ok: false, reason: parsed.error.issues.slice(0, mostIssues).map(text).join("; ") };
}

function issueText(issue: Issue): string {
  if ("input" in issue && issue.input === undefined && issue.code !== "custom") return "is missing";
  switch (issue.code) {
    case "invalid_value":
      return `must be ${either(issue.values)}`;
    case "invalid_union":
      return unionText(issue);
    case "unrecognized_keys":
      return `has no ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
    case "invalid_type":
      return `must be ${kind(issue.expected)}`;
    case "too_small":
      return boundText(issue, Number(issue.minimum), ["more than", "at least"]);
    case "too_big":
      return boundText(issue, Number(issue.maximum), ["less than", "at most"]);
    default:
      return issue.message;
  }
}

function unionText(issue: Extract<Issue, { code: "invalid_union" }>): string {
  if ("options" in issue && issue.options) return `must be ${either(issue.options)}`;
  const branches = issue.errors.map(([first]) => first && issueText(first));
  const kinds = branches.flatMap((text) => (text?.startsWith("must be ") ? [text.slice(8)] : []));
  return kinds.length > 0 ? `must be ${[...new Set(kinds)].join(" or ")}` : issue.message;
}

const either = (values: readonly unknown[]): string =>
  values.length === 1 ? `"${values[0]}"` : `one of ${values.join(", ")}`;

function kind(expected: string): string {
  if (expected === "int") return "a whole number";
  return /^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

const units: Readonly<Record<string, string>> = {
  string: " characters long",
  array: " entries long",
};

/** `words`: of a bound that does not belong to what is allowed, and of one that does. */
function boundText(
  { origin, inclusive }: { readonly origin: string; readonly inclusive?: boolean },
  bound: number,
  [without, within]: readonly [string, string],
): string {
  const unit = units[origin];
  if (unit && bound === 1 && within === "at least") return "must not be empty";
  return `must be ${inclusive === false ? without : within} ${bound}${unit ?? ""}`;
}
