import { z } from "zod";
import { fail } from "../../core/errors.js";
import { type FitProgress, secondsOf, type Ticket } from "./tickets.js";
import { type Answer, type Call, type Tool, tool } from "./tool.js";

/** Below the minute after which most clients give a request up. */
export const waitSeconds = z
  .number()
  .min(0)
  .max(50)
  .default(20)
  .describe("Seconds to wait for the outcome before the answer is a ticket.");

const ticketInput = { ticket: z.string().min(1).max(40).describe("From act.") };

/** The outcome where it comes in time, else how far the fit is. */
export async function settleTicket(ticket: Ticket, wait_s: number, call: Call): Promise<Answer> {
  await waitFor(ticket, 1000 * wait_s, call);
  return ticket.state === "running" ? standOf(ticket, call) : outcomeOf(ticket, call);
}

/** Returns when the fit is over, the time is, or the client has left. */
async function waitFor(ticket: Ticket, wait_ms: number, { notify, signal }: Call): Promise<void> {
  const tell = notify && ((progress: FitProgress) => notify(progressText(progress)));
  if (tell) ticket.listeners.add(tell);
  let over = () => undefined as unknown;
  const left = new Promise<unknown>((resolve) => {
    over = () => resolve(undefined);
  });
  const timer = setTimeout(over, wait_ms);
  signal.addEventListener("abort", over);
  await Promise.race([ticket.done, left]);
  clearTimeout(timer);
  signal.removeEventListener("abort", over);
  if (tell) ticket.listeners.delete(tell);
}

const progressText = ({ candidate, phase, iteration, of, loss }: FitProgress): string =>
  `fit #${candidate} ${phase} ${iteration}/${of}, loss ${loss.toExponential(2)}`;

async function standOf(ticket: Ticket, { desk }: Call): Promise<Answer> {
  const { id, state, progress, directory } = ticket;
  return {
    identity: await desk.identify(directory),
    data: { ticket: id, state, seconds: secondsOf(ticket), progress },
  };
}

/** Of work that is over. Errors: what it failed with. */
async function outcomeOf(ticket: Ticket, { desk }: Call): Promise<Answer> {
  if (ticket.state === "failed") throw ticket.error;
  const { id, state, directory } = ticket;
  return {
    identity: await desk.identify(directory),
    data: { ticket: id, state, seconds: secondsOf(ticket), ...ticket.outcome },
  };
}

const status = tool({
  name: "status",
  description: "How far the work of a ticket is; answers at once.",
  readOnly: true,
  input: z.strictObject(ticketInput),
  run: async ({ ticket }, call) => standOf(call.desk.tickets.find(ticket), call),
});

const wait = tool({
  name: "wait",
  description:
    "Wait for a ticket: its outcome, or how far it is when the time is over (then wait again).",
  readOnly: true,
  input: z.strictObject({ ...ticketInput, wait_s: waitSeconds }),
  run: async ({ ticket, wait_s }, call) =>
    settleTicket(call.desk.tickets.find(ticket), wait_s, call),
});

const result = tool({
  name: "result",
  description: "The outcome of a ticket whose work is over; answers at once.",
  readOnly: true,
  input: z.strictObject(ticketInput),
  run: async ({ ticket: id }, call) => {
    const ticket = call.desk.tickets.find(id);
    if (ticket.state === "running")
      fail({
        code: "not-ready",
        message: `The work of ticket ${id} is under way.`,
        fix: "Wait for it, or ask for its status.",
      });
    return outcomeOf(ticket, call);
  },
});

export const ticketTools: readonly Tool[] = [status, wait, result];
