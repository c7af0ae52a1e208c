import { randomBytes } from "node:crypto";
import { fail, LeadsError } from "../../core/errors.js";
import type { Session } from "../../discover/session.js";
import type { SessionHooks } from "../session-run.js";

/** How far a fit has come. */
export interface FitProgress {
  readonly candidate: number;
  readonly phase: string;
  readonly iteration: number;
  readonly of: number;
  readonly loss: number;
}

/** Work that may take a while: handed in, asked for, fetched. */
export interface Ticket {
  readonly id: string;
  /** The run's folder. */
  readonly directory: string;
  /** What it does there: one of a kind at a time. */
  readonly kind: WorkKind;
  /** The open session of an act, for looks while the fit goes on. */
  readonly session: Promise<Session>;
  /** Never rejects. */
  readonly done: Promise<void>;
  readonly listeners: Set<(progress: FitProgress) => void>;
  readonly abort: (reason: string) => void;
  readonly began_ms: number;
  state: "running" | "done" | "failed";
  ended_ms: number | null;
  progress: FitProgress | null;
  outcome: Outcome | null;
  error: unknown;
}

/** An act and a close are steps of the run; the others look at one that has ended. */
export type WorkKind = "step" | "evaluate" | "simulate" | "report";

export type Outcome = Readonly<Record<string, unknown>>;

export interface Given {
  readonly hooks: SessionHooks;
  readonly opened: (session: Session) => void;
  readonly signal: AbortSignal;
}

export interface Work {
  readonly directory: string;
  readonly kind: WorkKind;
  readonly run: (given: Given) => Promise<Outcome>;
}

export interface Tickets {
  /** Begins at once. Errors: "session-busy" when work of its kind is under way in the same run. */
  submit(work: Work): Ticket;
  find(id: string): Ticket;
  running(directory: string, kind: WorkKind): Ticket | undefined;
  /** Stops everything; journals can be gone on with. */
  stop(reason: string): Promise<void>;
}

/** Answers kept for clients that ask late. */
const kept = 256;

export function createTickets(): Tickets {
  const all = new Map<string, Ticket>();
  const running = (directory: string, kind: WorkKind) =>
    [...all.values()].find(
      (one) => one.state === "running" && one.directory === directory && one.kind === kind,
    );
  return {
    running,
    submit: (work) => {
      const other = running(work.directory, work.kind);
      if (other) busy(other);
      const ticket = begin(work);
      all.set(ticket.id, ticket);
      const old = [...all.values()].filter(({ state }) => state !== "running").slice(0, -kept);
      for (const { id } of old) all.delete(id);
      return ticket;
    },
    find: (id) => all.get(id) ?? unknown(id),
    stop: async (reason) => {
      const open = [...all.values()].filter(({ state }) => state === "running");
      for (const ticket of open) ticket.abort(reason);
      await Promise.all(open.map(({ done }) => done));
    },
  };
}

export const secondsOf = ({ began_ms, ended_ms }: Ticket): number =>
  Math.round((ended_ms ?? performance.now()) - began_ms) / 1000;

function begin({ directory, kind, run }: Work): Ticket {
  const controller = new AbortController();
  const { session, opened, failed } = sessionToCome();
  const ticket: Ticket = {
    id: randomBytes(6).toString("hex"),
    directory,
    kind,
    session,
    // The work starts when this function has returned.
    done: Promise.resolve().then(() => carryOut()),
    listeners: new Set(),
    abort: (message) => controller.abort(new LeadsError({ code: "interrupted", message })),
    began_ms: performance.now(),
    state: "running",
    ended_ms: null,
    progress: null,
    outcome: null,
    error: undefined,
  };
  const hooks: SessionHooks = {
    signal: controller.signal,
    onProgress: (candidate, _, { phase, iteration, of, loss }) => {
      ticket.progress = { candidate, phase, iteration, of, loss };
      for (const listener of ticket.listeners) listener(ticket.progress);
    },
  };
  const carryOut = async (): Promise<void> => {
    try {
      ticket.outcome = await run({ hooks, opened, signal: controller.signal });
      ticket.state = "done";
    } catch (error) {
      failed(error);
      ticket.error = error;
      ticket.state = "failed";
    }
    ticket.ended_ms = performance.now();
  };
  return ticket;
}

function sessionToCome() {
  let opened: (session: Session) => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  const session = new Promise<Session>((resolve, reject) => {
    opened = resolve;
    failed = reject;
  });
  // Nobody may be looking.
  session.catch(() => undefined);
  return { session, opened, failed };
}

const busy = ({ id, kind }: Ticket): never =>
  fail({
    code: "session-busy",
    message: `${kind === "step" ? "A step" : `The ${kind}`} of this run is under way: ticket ${id}.`,
    fix: `One at a time: wait for ticket ${id}${kind === "step" ? ", or close the run" : ""}.`,
  });

const unknown = (id: string): never =>
  fail({
    code: "unknown-ticket",
    message: `There is no ticket ${JSON.stringify(id)}; tickets end with the server that gave them.`,
    fix: "Observe the run: what was finished is in its archive; go on with what was not by act with resume.",
  });
