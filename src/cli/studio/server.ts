import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { basename, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createAdaptorServer } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { streamSSE } from "hono/streaming";
import { fail, LeadsError } from "../../core/errors.js";
import { follow } from "./follow.js";
import type { Library } from "./library.js";
import { createResources } from "./resources.js";

export interface StudioServer {
  /** With the token: whoever has it may read, steer and start. */
  readonly url: string;
  close(): Promise<void>;
}

export interface StudioActions {
  /** Hands a command to a run. Throws LeadsError for what is none. */
  steer(directory: string, command: unknown): Promise<void>;
  /** Starts a discovery; returns the id of its run. Throws LeadsError. */
  start(request: unknown): Promise<string>;
}

const host = "127.0.0.1";
/** The page as Vite builds it, beside the built command line. */
export const pageFolder = fileURLToPath(new URL("../../studio", import.meta.url));

/** Serves the page, its data and its actions to this machine alone. Errors: "cannot-listen". */
export async function serveStudio(
  library: Library,
  actions: StudioActions,
  port: number,
): Promise<StudioServer> {
  const token = randomBytes(16).toString("hex");
  const app = createApp(library, actions, token);
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) =>
    fail({
      code: "cannot-listen",
      message: `Port ${port} of ${host} cannot be used (${cause.code}).`,
      fix: "Choose another --port, or leave it out for a free one.",
      cause,
    }),
  );
  const { port: chosen } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${chosen}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

export function createApp(library: Library, actions: StudioActions, token: string): Hono {
  const app = new Hono();
  app.use(ownHostOnly);
  app.use(
    secureHeaders({
      contentSecurityPolicy: policy,
      referrerPolicy: "no-referrer",
      overwrite: false,
    }),
  );
  app.route(`/${token}`, pages(library, actions));
  app.notFound((c) =>
    c.text("There is nothing here. Open the address that leads studio printed.", 404),
  );
  app.onError((error, c) => answerError(error, c, library));
  return app;
}

function pages(library: Library, actions: StudioActions): Hono {
  const resources = createResources(library, { live: true });
  const app = new Hono();
  const data = (c: Context, value: unknown) =>
    value === undefined ? c.notFound() : c.json(value as object);
  app.get("/data/index.json", async (c) => data(c, await resources.index()));
  app.get("/data/runs/:id/run.json", async (c) => data(c, await resources.run(c.req.param("id"))));
  app.get("/data/runs/:id/journal.jsonl", async (c) => {
    const bytes = await resources.journal(c.req.param("id"));
    return bytes === undefined ? c.notFound() : c.body(new Uint8Array(bytes));
  });
  app.get("/data/runs/:id/uncertainty.json", async (c) =>
    data(c, await resources.uncertainty(c.req.param("id"))),
  );
  app.get("/data/runs/:id/events", (c) => events(c, library.runs.get(c.req.param("id"))));
  app.get("/data/cases/:id/case.json", async (c) =>
    data(c, await resources.case(c.req.param("id"))),
  );
  app.get("/data/cases/:id/mesh.json", async (c) =>
    data(c, await resources.mesh(c.req.param("id"))),
  );
  app.get("/data/cases/:id/recordings/:file{[0-9]+[.]json}", async (c) =>
    data(c, await resources.recording(c.req.param("id"), Number.parseInt(c.req.param("file"), 10))),
  );
  app.get("/data/cases/:id/truth.json", async (c) =>
    data(c, await resources.truth(c.req.param("id"))),
  );
  app.use("/act/*", ownPageOnly);
  app.post("/act/runs/:id/steer", async (c) => {
    const directory = library.runs.get(c.req.param("id"));
    if (!directory) return c.notFound();
    await actions.steer(directory, await bodyOf(c));
    return c.json({ ok: true });
  });
  app.post("/act/runs", async (c) => c.json({ id: await actions.start(await bodyOf(c)) }));
  app.get("/*", async (c) => pageFile(c));
  return app;
}

const policy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:", "blob:"],
  workerSrc: ["'self'"],
  frameAncestors: ["'none'"],
};

/**
 * The worker alone may make functions of text: the reference back end is generated JavaScript, out of
 * equations that were parsed.
 */
const workerPolicy = "default-src 'self'; script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'";
const isWorker = (path: string) => /^(lab-)?worker-[\w-]+\.js$/.test(basename(path));

/** Another site that is given our address by DNS would come with its own name. */
const ownHostOnly: MiddlewareHandler = async (c, next) => {
  const name = (c.req.header("host") ?? "").replace(/:\d+$/, "");
  if (name !== host && name !== "localhost")
    return c.text("This server answers to 127.0.0.1 alone.", 403);
  await next();
};

/** Only our own page may act. */
const ownPageOnly: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== new URL(c.req.url).origin)
    return c.json({ message: "Another page may not act here." }, 403);
  await next();
};

const largestBody_bytes = 100_000;

async function bodyOf(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    if (text.length <= largestBody_bytes) return JSON.parse(text);
  } catch {
    // The same answer as for too much.
  }
  return fail({ code: "usage", message: "The request holds no JSON of a sensible size." });
}

function events(c: Context, directory: string | undefined) {
  if (!directory) return c.notFound();
  const last = Number(c.req.header("last-event-id") ?? Number.NaN);
  const from = Number.isInteger(last) ? last + 1 : Number(c.req.query("after") ?? 0);
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    for await (const lines of follow(directory, from, gone.signal)) {
      if (lines.length === 0) await stream.writeSSE({ event: "alive", data: "" });
      for (const { line, text } of lines)
        await stream.writeSSE({ event: "journal", id: String(line), data: text });
    }
    if (!gone.signal.aborted) await stream.writeSSE({ event: "end", data: "" });
  });
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

/** Files of the built page; nothing outside its folder. */
async function pageFile(c: Context) {
  const asked = c.req.path.split("/").slice(2).join("/") || "index.html";
  const path = inPage(asked);
  const bytes = path && (await readFile(path).catch(() => undefined));
  if (!path || !bytes) return c.notFound();
  c.header("content-type", types[extname(path)] ?? "application/octet-stream");
  if (isWorker(path)) c.header("content-security-policy", workerPolicy);
  return c.body(new Uint8Array(bytes));
}

/** undefined for what is no address, or lies elsewhere. */
function inPage(asked: string): string | undefined {
  try {
    const path = normalize(join(pageFolder, decodeURIComponent(asked)));
    return path.startsWith(pageFolder + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}

function answerError(error: unknown, c: Context, { hide }: Library) {
  if (!(error instanceof LeadsError)) {
    const message = hide(String((error as Error)?.message ?? error));
    return c.json({ code: "internal", message }, 500);
  }
  const { code, message, fix } = error;
  return c.json({ code, message: hide(message), fix: fix && hide(fix) }, 400);
}
