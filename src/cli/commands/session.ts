import { text as readStream } from "node:stream/consumers";
import type { Command } from "commander";
import { fail, LeadsError } from "../../core/errors.js";
import type { JournalEvent } from "../../discover/journal.js";
import type { CandidateView } from "../../discover/observation.js";
import { renderObservation } from "../../discover/render.js";
import type { Session } from "../../discover/session.js";
import type { EngineName } from "../../native/engine-name.js";
import { count, engineOption, integer, names, positive } from "../arguments.js";
import { budgetOf, type PreparedRun } from "../prepare-run.js";
import { teller } from "../run-discovery.js";
import { tellEvent, warner } from "../run-text.js";
import {
  type ActReport,
  createSessionRun,
  type Ended,
  endSessionRun,
  openSessionRun,
  prepareSessionRun,
  reportAct,
  type SessionRun,
} from "../session-run.js";
import { exitCode, interruptSignal, print, printJson, say } from "../terminal.js";
import { exitCodeOf, resultText } from "./discover.js";
import { scoreTable } from "./evaluate.js";

interface OpenOptions {
  readonly reactions?: readonly string[];
  readonly diffusions?: readonly string[];
  readonly memory?: string;
  readonly engine: EngineName;
  readonly seed: number;
  readonly evaluations: number;
  readonly seconds: number;
  readonly out: string;
  readonly json?: boolean;
}

interface Json {
  readonly json?: boolean;
}

const decision = '{"thought":"a plain fit first","action":"set_fit","fit":{"starts":2}}';

export function sessionCommand(program: Command): void {
  const session = program
    .command("session")
    .description("drive a discovery yourself, step by step; each call is a process of its own")
    .addHelpText("after", "\nExample:\n  leads session open patient --out run");
  session
    .command("open <case>")
    .description("begin a run")
    .option("--reactions <names>", 'reactions to choose from: "all", or names with commas', names)
    .option("--diffusions <names>", "diffusions to choose from, with commas; all if absent", names)
    .option("--memory <file>", "begin with what served earlier patients (leads memory)")
    .option("--seed <number>", "seed of every random number", integer, 1)
    .option("--evaluations <number>", "most candidates to fit", count, 30)
    .option(
      "--seconds <number>",
      "most seconds of work, those between the calls left out",
      positive,
      1800,
    )
    .addOption(engineOption())
    .requiredOption("--out <folder>", "folder of the run")
    .option("--json", "print the observation as JSON")
    .addHelpText("after", "\nExample:\n  leads session open patient --out run")
    .action(open);
  session
    .command("observe <run>")
    .description("print what an agent would see")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExample:\n  leads session observe run --json")
    .action(observe);
  session
    .command("act <run> [decision]")
    .description(
      'one step: a decision as JSON, "-" reads it; without one a step that was cut short',
    )
    .option("--json", "print the outcome as JSON")
    .addHelpText("after", `\nExample:\n  leads session act run '${decision}'`)
    .action(act);
  session
    .command("close <run>")
    .description("end the run: score the best on the test recordings, write twin and report")
    .option("--reason <text>", "goes into the journal", "closed")
    .option("--json", "print the result as JSON")
    .addHelpText("after", '\nExample:\n  leads session close run --reason "at the noise floor"')
    .action(close);
}

async function open(path: string, { out, json, ...asked }: OpenOptions): Promise<void> {
  const prepared = await createSessionRun(out, { ...asked, case: path });
  await using(await openSessionRun(out, prepared), (run) => show(run, json));
}

async function observe(directory: string, { json }: Json): Promise<void> {
  const prepared = await prepareSessionRun(directory);
  const run = await openSessionRun(directory, prepared, { onEvent: tellSteering(directory) });
  await using(run, () => show(run, json));
}

/** What a person has said to the run: whoever drives it must hear of it. */
const tellSteering =
  (directory: string) =>
  (event: JournalEvent, recorded = false): void => {
    if (event.type === "steered" && !recorded) tellEvent(event, directory);
  };

function tellerOf(directory: string, { configuration }: PreparedRun) {
  const budget = budgetOf(configuration);
  const warn = warner({ budget, journal: { recorded: [] } });
  return teller(budget.seconds, tellSteering(directory), warn);
}

async function using<T>(run: SessionRun, work: (run: SessionRun) => Promise<T>): Promise<T> {
  try {
    return await work(run);
  } finally {
    await run.close();
  }
}

async function show({ session, directory }: SessionRun, json = false): Promise<void> {
  const observation = await session.observe();
  if (json) printJson(observation);
  else print(renderObservation(observation));
  const note = noteOn(session, directory);
  if (note) say(note);
}

function noteOn(session: Session, directory: string): string | undefined {
  const ended = session.outcome();
  if (ended) return `ended   ${ended.stop.code}: ${ended.stop.detail}`;
  if (session.paused()) return pausedText(directory);
  if (session.pending()) return `A step was cut short. Go on with: leads session act ${directory}`;
  const due = session.due();
  return due ? `due     ${due.detail}; the next act ends the run` : undefined;
}

const pausedText = (directory: string): string =>
  `paused  go on with: leads steer ${directory} resume`;

async function act(directory: string, text: string | undefined, { json }: Json): Promise<void> {
  const wanted = text === undefined ? undefined : parse(await given(text));
  const prepared = await prepareSessionRun(directory);
  const { signal, release } = interruptSignal();
  const { clear, ...told } = tellerOf(directory, prepared);
  try {
    const run = await openSessionRun(directory, prepared, { ...told, signal });
    await using(run, async ({ session }) => {
      if (session.paused()) say(pausedText(directory));
      const outcome = await (wanted === undefined ? session.resume() : session.act(wanted));
      clear();
      process.exitCode =
        outcome.kind === "stopped"
          ? tellEnd(await endSessionRun(run, outcome.outcome), json)
          : tellAct(reportAct(run, outcome), json);
    });
  } catch (error) {
    clear();
    if (!signal.aborted || !(error instanceof LeadsError)) throw error;
    say(`Interrupted. Go on with: leads session act ${directory}`);
    process.exitCode = exitCode.limit;
  } finally {
    release();
  }
}

const given = (text: string): Promise<string> | string =>
  text === "-" ? readStream(process.stdin) : text;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    return fail({
      code: "usage",
      message: `The decision is not JSON (${(cause as Error).message}).`,
      fix: `For example: '${decision}'`,
      cause,
    });
  }
}

/** Prints an outcome; returns the exit code. */
function tellAct(report: ActReport, json = false): number {
  if (json) printJson(report);
  else print(textOf(report));
  return report.kind === "refused" ? exitCode.failedCheck : exitCode.done;
}

function tellEnd(ended: Ended, json = false): number {
  if (json) printJson({ kind: "stopped", ...ended });
  else print(endText(ended));
  return exitCodeOf(ended.result);
}

function textOf(report: ActReport): string {
  if (report.kind === "refused") return `refused ${report.reason}`;
  const { candidate, best, evaluations_left, due } = report;
  const left = `best: ${best ?? "none"}; ${evaluations_left} evaluations left`;
  return `${candidateText(candidate)}\n${due ? `${left}; ${due}, the next act ends the run` : left}`;
}

function candidateText({ id, summary, status, reason, train, validation }: CandidateView): string {
  const head = `candidate ${id}: ${summary}, ${status}${reason ? `: ${reason}` : ""}`;
  return status === "fitted" ? `${head}\n${scoreTable({ train, validation })}` : head;
}

const endText = ({ result, report }: Ended): string =>
  [`stop ${result.stop.reason}: ${result.stop.detail}`, resultText(result), report].join("\n\n");

async function close(directory: string, { reason, json }: Json & { reason: string }) {
  const run = await openSessionRun(directory, await prepareSessionRun(directory));
  await using(run, async ({ session }) => {
    const ended = await endSessionRun(run, await session.close(reason));
    if (json) printJson(ended.result);
    else print(endText(ended));
    process.exitCode = ended.result.best ? exitCode.done : exitCode.failedCheck;
  });
}
