import pc from "picocolors";
import { LeadsError } from "../core/errors.js";

/** Exit codes of every command. */
export const exitCode = { done: 0, failedCheck: 1, usage: 2, limit: 3 } as const;

/** Data go to stdout, talk goes to stderr. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
export const printJson = (value: unknown): void => {
  print(
    JSON.stringify(value, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? null : v), 2),
  );
};

/** One line of progress that is rewritten on a terminal and thinned out elsewhere. */
export interface ProgressLine {
  update(text: string): void;
  clear(): void;
}

/** Without a terminal a line is written at most this often, and none of what is done sooner, s. */
const quietInterval_s = 5;

export function progressLine(): ProgressLine {
  const live = process.stderr.isTTY === true;
  let last = performance.now();
  return {
    update: (text) => {
      const width = process.stderr.columns ?? 80;
      if (live) process.stderr.write(`\r\x1b[2K${pc.dim(text.slice(0, width - 1))}`);
      else if (performance.now() - last > 1000 * quietInterval_s) {
        last = performance.now();
        say(text);
      }
    },
    clear: () => {
      if (live) process.stderr.write("\r\x1b[2K");
    },
  };
}

export function bar(fraction: number, width = 16): string {
  const full = Math.round(width * Math.min(1, Math.max(0, fraction)));
  return `${"#".repeat(full)}${"-".repeat(width - full)}`;
}

/** One line for people: what is wrong, where, what to do. Internal errors keep their stack. */
export function reportError(error: unknown): number {
  if (error instanceof LeadsError) {
    const fix = error.fix ? ` ${pc.dim(error.fix)}` : "";
    say(`${pc.red("error:")} ${error.message}${fix}`);
    return error.code === "interrupted" ? exitCode.limit : exitCode.usage;
  }
  if (isSystemError(error)) {
    say(
      `${pc.red("error:")} ${error.message}. ${pc.dim("Check the path, its permissions and the disk.")}`,
    );
    return exitCode.usage;
  }
  say(`${pc.red("internal error:")} ${error instanceof Error ? error.stack : String(error)}`);
  return exitCode.failedCheck;
}

/** Commander's complaint about the command line, on one line, with the way out. */
export function reportUsage(text: string, command: string): void {
  const said = text
    .trim()
    .replace(/^error:\s*/, "")
    .replace(/\s*\n\s*/g, " ");
  const end = /[.)?]$/.test(said) ? "" : ".";
  say(`${pc.red("error:")} ${said}${end} ${pc.dim(`See: ${command} --help`)}`);
}

/** What the operating system refused, as opposed to a fault of this program. */
const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && "code" in error;

/** Aligned columns for the terminal. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => row[k].length)));
  return rows
    .map((row) =>
      row
        .map((cell, k) => cell.padEnd(widths[k]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Ctrl-C once stops cleanly, twice at once. */
export function interruptSignal(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    say("Stopping; press Ctrl-C again to leave at once.");
    controller.abort(
      new LeadsError({ code: "interrupted", message: "Interrupted.", fix: "Go on with --resume." }),
    );
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
