import { once } from "node:events";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { interruptSignal, say } from "../terminal.js";
import { createDesk, type Desk } from "./desk.js";
import { serveHttp } from "./http.js";
import { openRoot } from "./root.js";
import { createServer } from "./server.js";
import { createTickets } from "./tickets.js";

export interface ServeOptions {
  /** Port on 127.0.0.1; absent: stdio. */
  readonly http?: number;
  readonly root: string;
}

const log = (text: string): void => say(`mcp     ${text}`);

/** Serves until the client leaves or a signal comes; every fit is stopped in order. */
export async function serve({ http, root }: ServeOptions): Promise<void> {
  const desk = createDesk(await openRoot(root), createTickets());
  const { signal, release } = interruptSignal();
  const stopped = signal.aborted ? Promise.resolve() : once(signal, "abort");
  try {
    await (http === undefined ? overStdio(desk, stopped) : overHttp(desk, http, stopped));
  } finally {
    await desk.tickets.stop("The server was stopped.");
    release();
  }
}

/** Until the client closes the pipe, or what it sends cannot be read any more. */
async function overStdio(desk: Desk, stopped: Promise<unknown>): Promise<void> {
  const server = createServer(desk, log);
  const ended = once(process.stdin, "end");
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  await server.connect(new StdioServerTransport());
  log(`serving ${desk.root.folder} over stdio`);
  await Promise.race([ended, closed, stopped]);
  await desk.tickets.stop("The client has left.");
  await server.close();
}

async function overHttp(desk: Desk, port: number, stopped: Promise<unknown>): Promise<void> {
  const service = await serveHttp(() => createServer(desk, log), port);
  log(`serving ${desk.root.folder} at ${service.url}`);
  log(`token ${service.token}`);
  await stopped;
  await desk.tickets.stop("The server was stopped.");
  await service.close();
}
