/**
 * The one error type of the project: what went wrong, where, and how to mend it.
 * Commands print `message` and `fix` on one line and exit with `exitCode`.
 */
export class LeadsError extends Error {
  readonly code: string;
  readonly path: string | undefined;
  readonly fix: string | undefined;

  constructor(problem: Problem) {
    super(problem.message, problem.cause === undefined ? undefined : { cause: problem.cause });
    this.name = "LeadsError";
    this.code = problem.code;
    this.path = problem.path;
    this.fix = problem.fix;
  }
}

export interface Problem {
  /** Stable, machine-readable: "unknown-name", "bad-shape", ... */
  code: string;
  /** One sentence that names the thing. */
  message: string;
  /** File, field or equation the problem sits in. */
  path?: string;
  /** What to do about it. */
  fix?: string;
  cause?: unknown;
}

export function fail(problem: Problem): never {
  throw new LeadsError(problem);
}

/** Looks `name` up in `table`; the error lists what exists and guesses what was meant. */
export function lookUp<T>(kind: string, table: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(table, name)) return table[name];
  const names = Object.keys(table);
  const guess = nearest(name, names);
  return fail({
    code: "unknown-name",
    message: `"${name}" is not ${/^[aeiou]/i.test(kind) ? "an" : "a"} ${kind}${guess ? `; did you mean "${guess}"?` : "."}`,
    fix: `There are: ${names.join(", ")}.`,
  });
}

/** Refuses keys nobody reads: a misspelt option must not turn into a silent default. */
export function rejectUnknownKeys(value: object, allowed: readonly string[], path: string): void {
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    const guess = nearest(key, allowed);
    fail({
      code: "unknown-key",
      message: `${path}: unknown key "${key}"${guess ? `; did you mean "${guess}"?` : "."}`,
      path,
      fix: `Known keys: ${allowed.join(", ")}.`,
    });
  }
}

function nearest(name: string, names: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  const ranked = names
    .map((candidate) => ({ candidate, distance: misspelling(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0] && ranked[0].distance <= limit ? ranked[0].candidate : undefined;
}

/** Edits from one to the other; the beginning of a long name ("ten-tuscher") counts as meant, too. */
function misspelling(name: string, candidate: string): number {
  const whole = editDistance(name, candidate);
  if (name.length < 4 || candidate.length <= name.length) return whole;
  return Math.min(whole, editDistance(name, candidate.slice(0, name.length)) + 0.5);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    row = next;
  }
  return row[b.length];
}
