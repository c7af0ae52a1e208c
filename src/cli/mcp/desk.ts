import { join } from "node:path";
import { canonical, encode, sha256 } from "../../discover/canonical.js";
import type { Session, StepOutcome } from "../../discover/session.js";
import { readText } from "../../io/files.js";
import type { PreparedRun } from "../prepare-run.js";
import { readConfiguration, runFiles } from "../run-directory.js";
import { openSessionRun, prepareSessionRun, reportAct, type SessionRun } from "../session-run.js";
import { packageVersion } from "../versions.js";
import { apart } from "./apart.js";
import type { Root } from "./root.js";
import type { Ticket, Tickets } from "./tickets.js";

/** What a result is about: enough to find it again and to tell whether two belong together. */
export interface Identity {
  /** The run's folder, relative to the server's. */
  readonly run: string;
  /** SHA-256 of the run's config.json, its start among it: no two runs share one. */
  readonly run_id: string;
  /** SHA-256 of the files that describe the case. */
  readonly inputs: Readonly<Record<string, string>>;
  /** SHA-256 of what was asked: equal for runs that were asked the same. */
  readonly configuration: string;
  readonly leads: string;
}

/** A session's run as the tools meet it. */
export interface OpenedRun {
  readonly directory: string;
  readonly identity: Identity;
  readonly prepared: PreparedRun;
}

/** Everything that the tools share. */
export interface Desk {
  readonly root: Root;
  readonly tickets: Tickets;
  open(name: string): Promise<OpenedRun>;
  identify(directory: string): Promise<Identity>;
  /** One look or change at a time in a run that no act is at work in. */
  alone<T>(run: OpenedRun, work: (run: SessionRun) => Promise<T>): Promise<T>;
  /** A step as a ticket; of a run that it ends, result and report are written as well. */
  submit(run: OpenedRun, step: (session: Session) => Promise<StepOutcome>): Ticket;
}

export function createDesk(root: Root, tickets: Tickets): Desk {
  /** Cases that were read already, by run id. */
  const prepared = new Map<string, PreparedRun>();
  /** The end of the queue of every run. */
  const queue = new Map<string, Promise<unknown>>();

  const inTurn = <T>(directory: string, work: () => Promise<T>): Promise<T> => {
    const turn = (queue.get(directory) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => undefined);
    queue.set(directory, settled);
    return turn;
  };
  const identify = async (directory: string): Promise<Identity> => {
    const { started: _, ...asked } = await readConfiguration(directory);
    return {
      run: root.nameOf(directory),
      run_id: await sha256(await readText(join(directory, runFiles.configuration))),
      inputs: asked.inputHashes,
      configuration: await sha256(canonical(encode(asked))),
      leads: packageVersion,
    };
  };
  const withSession = async <T>(
    { directory, prepared: ready }: OpenedRun,
    hooks: Parameters<typeof openSessionRun>[2],
    work: (run: SessionRun) => Promise<T>,
  ): Promise<T> => {
    const run = await openSessionRun(directory, ready, hooks);
    try {
      return await work(run);
    } finally {
      await run.close();
    }
  };

  return {
    root,
    tickets,
    identify,
    open: async (name) => {
      const directory = await root.resolveAll(name);
      const identity = await identify(directory);
      // A run folder from elsewhere may name any file.
      const { case: path, memory } = await readConfiguration(directory);
      await root.resolveAll(path);
      if (memory) await root.resolve(memory.file);
      const ready = prepared.get(identity.run_id) ?? (await prepareSessionRun(directory));
      remember(prepared, identity.run_id, ready);
      return { directory, identity, prepared: ready };
    },
    alone: (run, work) => inTurn(run.directory, () => withSession(run, {}, work)),
    submit: (run, step) =>
      tickets.submit({
        directory: run.directory,
        kind: "step",
        run: ({ hooks, opened, signal }) =>
          inTurn(run.directory, () =>
            withSession(run, hooks, async (open) => {
              opened(open.session);
              const outcome = await step(open.session);
              if (outcome.kind !== "stopped") return { ...reportAct(open, outcome) };
              const ended = await apart("conclude", { directory: run.directory }, signal);
              return { kind: "stopped", ...ended, report: root.nameOf(ended.report) };
            }),
          ),
      }),
  };
}

/** Cases that are held in memory; older ones are read again. */
const held = 8;

function remember(prepared: Map<string, PreparedRun>, id: string, run: PreparedRun): void {
  prepared.delete(id);
  prepared.set(id, run);
  for (const old of [...prepared.keys()].slice(0, -held)) prepared.delete(old);
}

/** The session of a run for a look: that of the act at work in it, or one opened for it. */
export async function lookAt<T>(
  desk: Desk,
  run: OpenedRun,
  look: (session: Session, atWork: boolean) => Promise<T> | T,
): Promise<T> {
  const ticket = desk.tickets.running(run.directory, "step");
  if (ticket) return look(await ticket.session, true);
  return desk.alone(run, async ({ session }) => look(session, false));
}
