import { createHash, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { fail } from "../../core/errors.js";

export interface HttpService {
  readonly url: string;
  /** Whoever knows it may use the server. */
  readonly token: string;
  close(): Promise<void>;
}

const loopback = "127.0.0.1";
/** Clients at a time; the one that was silent longest makes room. */
const mostClients = 32;

/** Serves streamable HTTP on this machine alone. Port 0: any that is free. Errors: "port-busy". */
export async function serveHttp(makeServer: () => Server, port: number): Promise<HttpService> {
  const token = randomBytes(24).toString("base64url");
  const clients = createClients(makeServer);
  const http = createHttpServer((request, response) => {
    const { port: mine } = http.address() as AddressInfo;
    const refused = refusal(request, { port: mine, token });
    if (refused) return reply(response, ...refused);
    clients.handle(request, response).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (!response.headersSent) reply(response, 500, "internal error");
      else response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, loopback, resolve);
  }).catch((cause: NodeJS.ErrnoException) =>
    fail({
      code: "port-busy",
      message: `Port ${port} cannot be used (${cause.code}).`,
      fix: "Choose another, or 0 for one that is free.",
      cause,
    }),
  );
  const { port: mine } = http.address() as AddressInfo;
  return {
    url: `http://${loopback}:${mine}/mcp`,
    token,
    close: async () => {
      await clients.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

type Refusal = readonly [status: number, message: string];

/** A page of the web that a browser on this machine shows must not reach the server. */
function refusal(
  { headers, url }: IncomingMessage,
  { port, token }: { readonly port: number; readonly token: string },
): Refusal | undefined {
  const hosts = [`${loopback}:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? "")) return [403, "This Host is not served here."];
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`))
    return [403, "This Origin is not served here."];
  const given = headers.authorization?.replace(/^Bearer /i, "") ?? "";
  if (!sameText(given, token))
    return [401, "Send the token that the server printed: Authorization: Bearer TOKEN"];
  if (new URL(url ?? "/", "http://x").pathname !== "/mcp") return [404, "The server is at /mcp."];
  return undefined;
}

/** Takes as long for a near miss as for any other. */
const sameText = (a: string, b: string): boolean => {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(left, right);
};

function reply(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  const error = { code: -32000, message };
  response.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
}

function createClients(makeServer: () => Server) {
  const open = new Map<string, StreamableHTTPServerTransport>();
  const enter = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: async (id) => {
        const [oldest] = open.values();
        if (open.size >= mostClients) await oldest.close();
        open.set(id, transport);
      },
    });
    await makeServer().connect(transport);
    const ended = transport.onclose;
    transport.onclose = () => {
      if (transport.sessionId) open.delete(transport.sessionId);
      ended?.();
    };
    return transport;
  };
  return {
    handle: async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const id = request.headers["mcp-session-id"];
      const known = typeof id === "string" ? open.get(id) : undefined;
      if (id !== undefined && !known)
        return reply(response, 404, "This session has ended; initialize a new one.");
      if (known) {
        open.delete(id as string);
        open.set(id as string, known);
      }
      await (known ?? (await enter())).handleRequest(request, response);
    },
    close: async () => {
      await Promise.all([...open.values()].map((transport) => transport.close()));
    },
  };
}
