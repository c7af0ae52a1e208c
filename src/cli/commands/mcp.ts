import { once } from "node:events";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { Command } from "commander";
import { portNumber } from "../arguments.js";
import { createDesk, type Desk } from "../mcp/desk.js";
import { serveHttp } from "../mcp/http.js";
import { openRoot } from "../mcp/root.js";
import { createServer } from "../mcp/server.js";
import { createTickets } from "../mcp/tickets.js";
import { interruptSignal, say } from "../terminal.js";

interface Options {
  readonly http?: number;
  readonly root: string;
}

export function mcpCommand(program: Command): void {
  program
    .command("mcp")
    .description("let any MCP client be the agent (Model Context Protocol, stdio or HTTP)")
    .option(
      "--http <port>",
      "streamable HTTP on 127.0.0.1 instead of stdio; 0: a free port",
      portNumber,
    )
    .option("--root <folder>", "the folder that clients may work in", ".")
    .addHelpText("after", "\nExample:\n  leads mcp --root patients")
    .action(serve);
}

const log = (text: string): void => say(`mcp     ${text}`);

async function serve({ http, root }: Options): Promise<void> {
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

/** Until the client closes the pipe. */
async function overStdio(desk: Desk, stopped: Promise<unknown>): Promise<void> {
  const server = createServer(desk, log);
  const ended = once(process.stdin, "end");
  await server.connect(new StdioServerTransport());
  log(`serving ${desk.root.folder} over stdio`);
  await Promise.race([ended, stopped]);
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
