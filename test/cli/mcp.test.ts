import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actionNames } from "../../src/discover/actions.js";
import { command, leads, type Started, start, temporaryFolder, tiny } from "./leads.js";

const outer = temporaryFolder();
const root = join(outer, "root");
const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

/** A fit of seconds, and one that takes long enough to be caught at it. */
const quick = { starts: 1, timeIterations: 2, potentialIterations: 2 };
const long = { starts: 32, timeIterations: 100, potentialIterations: 200 };
const decide = (reaction: string, fit: object) => ({
  thought: `try ${reaction}`,
  actions: [
    { action: "set_reaction", reaction },
    { action: "set_fit", fit },
  ],
});

async function connect(transport: Transport): Promise<Client> {
  const client = new Client({ name: "a test!", version: "1" });
  await client.connect(transport);
  return client;
}
const overStdio = () =>
  new StdioClientTransport({
    command: process.execPath,
    args: [command, "mcp", "--root", root],
    stderr: "ignore",
  });

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}
type Data = Record<string, unknown>;

async function call(client: Client, name: string, given: Data = {}): Promise<Data> {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: given }));
  expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
  expect(result.structuredContent).toMatchObject({ leads: version });
  return result.structuredContent!;
}
async function failing(client: Client, name: string, given: Data = {}): Promise<Failure> {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: given }));
  expect(result.isError).toBe(true);
  const { error } = result.structuredContent as { error: Failure };
  expect(result.content).toEqual([{ type: "text", text: `${error.message} ${error.fix}` }]);
  return error;
}

/** Waits until the ticket is over. */
async function outcome(client: Client, answer: Data): Promise<Data> {
  const { ticket } = answer;
  let now = answer;
  while (now.state === "running") now = await call(client, "wait", { ticket, wait_s: 10 });
  return now;
}

beforeAll(async () => {
  mkdirSync(root);
  const here = { cwd: root };
  expect((await leads(["synth", ...tiny, "--out", "patient"], here)).code).toBe(0);
  expect((await leads(["synth", ...tiny, "--out", "../elsewhere"], here)).code).toBe(0);
}, 120_000);

describe("over stdio", { timeout: 300_000 }, () => {
  let client: Client;
  beforeAll(async () => {
    client = await connect(overStdio());
  });
  afterAll(() => client.close());

  test("the tools and their schemas", async () => {
    expect(client.getServerVersion()).toMatchObject({ name: "leads", version });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      ...["act", "close", "compare", "evaluate", "list_actions", "observe", "open_case"],
      ...["report", "result", "simulate", "status", "steer", "wait"],
    ]);
    const act = tools.find(({ name }) => name === "act")!;
    const { decision } = act.inputSchema.properties as { decision: { required: string[] } };
    expect(decision.required).toEqual(["thought", "actions"]);
    const { actions } = (await call(client, "list_actions")) as { actions: object };
    expect(Object.keys(actions)).toEqual(actionNames);
  });

  test("a whole discovery, from the case to the report", async () => {
    const opened = await call(client, "open_case", { case: "patient", run: "run", evaluations: 5 });
    expect(opened).toMatchObject({ run: "run", step: 0, best: null, evaluations_left: 5 });
    const hash = expect.stringMatching(/^[0-9a-f]{64}$/);
    const identity = { run_id: hash, inputs: { "case.json": hash }, configuration: hash };
    expect(opened).toMatchObject(identity);
    expect(opened.observation).toMatch(/## Catalog/);

    const refused = await call(client, "act", {
      run: "run",
      decision: { thought: "typo", actions: [{ action: "set_reaction", reaction: "aliev" }] },
    });
    expect(refused).toMatchObject({ kind: "refused", reason: expect.stringMatching(/There are/) });
    const broken = await call(client, "act", { run: "run", decision: { thought: "?" } });
    expect(broken.reason).toMatch(/^not a decision: actions/);

    const notes: string[] = [];
    const decision = decide("aliev-panfilov", quick);
    const told = await client.callTool(
      { name: "act", arguments: { run: "run", decision, wait_s: 50 } },
      CallToolResultSchema,
      { onprogress: ({ message }) => notes.push(message ?? "") },
    );
    const first = await outcome(client, told.structuredContent as Data);
    expect(first).toMatchObject({ kind: "evaluated", best: 0, candidate: { id: 0 }, ...identity });
    expect(notes[0]).toMatch(/^fit #0 \w+ \d+\/\d+, loss/);

    const text = JSON.stringify(decide("rogers-mcculloch", quick));
    const second = await call(client, "act", { run: "run", decision: text, wait_s: 50 });
    expect(await outcome(client, second)).toMatchObject({ kind: "evaluated" });
    const { ticket } = second;
    expect(await call(client, "result", { ticket })).toMatchObject({ candidate: { id: 1 } });

    const compared = await call(client, "compare", { run: "run", a: 0, b: 1 });
    expect(compared.differences).toMatchObject({
      "spec.reaction.name": ["aliev-panfilov", "rogers-mcculloch"],
    });
    expect(compared.differences).not.toHaveProperty(["spec.diffusion.name"]);

    const seen = await client.callTool({ name: "observe", arguments: { run: "run" } });
    const [{ text: body }] = seen.content as { text: string }[];
    expect(body).toMatch(/## Archive[\s\S]*rogers-mcculloch/);
    const json = await call(client, "observe", { run: "run", format: "json" });
    expect(json.observation).toMatchObject({ candidates: [{ id: 0 }, { id: 1 }] });

    // Test recordings stay hidden until the end.
    for (const tool of ["evaluate", "report"])
      expect(await failing(client, tool, { run: "run" })).toMatchObject({ code: "not-ended" });

    // While it scores, the server answers.
    const closing = await call(client, "close", { run: "run", reason: "enough", wait_s: 0 });
    expect(closing).toMatchObject({ state: "running", ...identity });
    expect((await call(client, "list_actions")).actions).toBeDefined();
    const closed = await outcome(client, closing);
    const { result } = closed as { result: { best: { test: Data } } };
    expect(closed).toMatchObject({
      report: "run/report.html",
      result: { stop: { reason: "closed", detail: "enough" }, evaluations: 2 },
    });
    const scored = await outcome(client, await call(client, "evaluate", { run: "run" }));
    expect(scored.score).toEqual(result.best.test);
    const pace = [{ node: 12 }];
    const moved = { run: "run", pace, duration_ms: 40, every_ms: 20, out: "movie" };
    const simulated = await outcome(client, await call(client, "simulate", moved));
    expect(simulated).toMatchObject({ out: "movie", frames: 3 });
    expect(await failing(client, "simulate", { ...moved, every_ms: 1e-6 })).toMatchObject({
      code: "bad-arguments",
    });
    // What a thread fails with comes back like any other failure.
    expect(await failing(client, "simulate", moved)).toMatchObject({ code: "exists" });
    expect(existsSync(join(root, "movie", "series.pvd"))).toBe(true);
    const report = await outcome(client, await call(client, "report", { run: "run" }));
    expect(report.summary).toContain("rogers-mcculloch");
    expect(await failing(client, "act", { run: "run", decision })).toMatchObject({
      code: "session-ended",
    });
    const { agent } = JSON.parse(readFileSync(join(root, "run", "config.json"), "utf8"));
    expect(agent).toBe("session:a-test-");
    const again = await leads(["replay", "run"], { cwd: root });
    expect(again).toMatchObject({ code: 0, stdout: "identical\n" });
  });

  test("bad arguments come back with cause and fix, and the server lives", async () => {
    expect(await failing(client, "explode")).toMatchObject({ code: "unknown-name" });
    expect(await failing(client, "observe")).toMatchObject({
      code: "bad-arguments",
      message: expect.stringMatching(/^observe: run: /),
    });
    expect((await failing(client, "observe", { run: "run", color: 1 })).message).toMatch(/color/);
    expect(await failing(client, "act", { run: "run" })).toMatchObject({ code: "bad-arguments" });
    expect(await failing(client, "status", { ticket: "x" })).toMatchObject({
      code: "unknown-ticket",
    });
    expect(await failing(client, "compare", { run: "run", a: 0, b: 9 })).toMatchObject({
      code: "unknown-candidate",
      fix: "There are 0 to 1.",
    });
    expect(await failing(client, "open_case", { run: "none" })).toMatchObject({
      code: "cannot-read",
    });
    expect(await failing(client, "open_case", { run: "run", case: "patient" })).toMatchObject({
      code: "exists",
    });
    expect(
      await failing(client, "open_case", { run: "r", case: "patient", reactions: ["nope"] }),
    ).toMatchObject({ code: "unknown-name" });
    expect(await call(client, "observe", { run: "run" })).toMatchObject({ best: 0 });
  });

  test("paths stay inside the root, whichever way they leave it", async () => {
    symlinkSync(outer, join(root, "door"));
    symlinkSync(join(outer, "nowhere"), join(root, "dead"));
    const escapes = ["../elsewhere", join(outer, "elsewhere"), "door/elsewhere", "dead", "a\0b"];
    for (const path of escapes) {
      const fails = { code: "outside" };
      expect(await failing(client, "open_case", { case: path, run: "r" })).toMatchObject(fails);
      expect(await failing(client, "open_case", { case: "patient", run: path })).toMatchObject(
        fails,
      );
      expect(await failing(client, "evaluate", { run: "run", case: path })).toMatchObject(fails);
      const pace = [{ node: 1 }];
      const movie = { run: "run", pace, duration_ms: 10, out: path };
      expect(await failing(client, "simulate", movie)).toMatchObject(fails);
    }
    for (const path of [".", "patient/.."])
      expect(await failing(client, "open_case", { case: "patient", run: path })).toMatchObject({
        code: "outside",
      });
    // A run inside may have been begun on a case outside.
    const foreign = ["session", "open", "../elsewhere", "--out", "foreign"];
    expect((await leads(foreign, { cwd: root })).code).toBe(0);
    expect(await failing(client, "observe", { run: "foreign" })).toMatchObject({
      code: "outside",
    });
    expect(existsSync(join(outer, "r"))).toBe(false);
    // Or with a memory outside; and what it consists of may be links.
    const memory = join(outer, "memory.json");
    writeFileSync(memory, '{"format":"leads-memory","version":1,"runs":[]}');
    const asked = ["session", "open", "patient", "--memory", memory, "--out", "knowing"];
    expect((await leads(asked, { cwd: root })).code).toBe(0);
    await call(client, "open_case", { case: "patient", run: "linked" });
    renameSync(join(root, "linked", "journal.jsonl"), join(outer, "journal.jsonl"));
    symlinkSync(join(outer, "journal.jsonl"), join(root, "linked", "journal.jsonl"));
    cpSync(join(root, "patient"), join(root, "sly"), { recursive: true });
    renameSync(join(root, "sly", "case.json"), join(outer, "case.json"));
    symlinkSync(join(outer, "case.json"), join(root, "sly", "case.json"));
    for (const run of ["knowing", "linked"])
      expect(await failing(client, "observe", { run })).toMatchObject({ code: "outside" });
    expect(await failing(client, "open_case", { case: "sly", run: "r" })).toMatchObject({
      code: "outside",
    });
  });

  test("one fit at a time; a look, a ticket, a kill in the middle, and on", async () => {
    await call(client, "open_case", { case: "patient", run: "killed" });
    const decision = decide("aliev-panfilov", long);
    const begun = await call(client, "act", { run: "killed", decision, wait_s: 0 });
    expect(begun).toMatchObject({ state: "running", run: "killed" });
    const { ticket } = begun;
    expect(await failing(client, "act", { run: "killed", decision })).toMatchObject({
      code: "session-busy",
      message: expect.stringContaining(ticket as string),
    });
    expect(await failing(client, "result", { ticket })).toMatchObject({ code: "not-ready" });
    expect(await call(client, "observe", { run: "killed" })).toMatchObject({
      fit_under_way: true,
      pending: { thought: "try aliev-panfilov" },
    });
    // A word of a person is taken while the fit goes on, and by the step after it.
    expect(
      await call(client, "steer", {
        run: "killed",
        command: { command: "pin", component: "reaction" },
      }),
    ).toMatchObject({ number: 1, run: "killed" });
    expect(
      await failing(client, "steer", { run: "killed", command: { command: "fly" } }),
    ).toMatchObject({ code: "bad-arguments" });
    while (!(await call(client, "status", { ticket })).progress)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const { pid } = client.transport as StdioClientTransport;
    process.kill(pid!, "SIGKILL");
    await expect(call(client, "status", { ticket })).rejects.toThrow();

    client = await connect(overStdio());
    expect(await failing(client, "wait", { ticket })).toMatchObject({ code: "unknown-ticket" });
    const back = await call(client, "open_case", { run: "killed" });
    expect(back).toMatchObject({ pending: { thought: "try aliev-panfilov" }, step: 0 });
    expect(await failing(client, "act", { run: "killed", decision })).toMatchObject({
      code: "session-pending",
    });
    const resumed = await call(client, "act", { run: "killed", resume: true, wait_s: 0 });
    expect(resumed).toMatchObject({ state: "running" });
    // Closing gives the fit up; nothing was fitted, so there is no twin.
    const closed = await outcome(client, await call(client, "close", { run: "killed" }));
    expect(closed).toMatchObject({ result: { best: null, evaluations: 0 } });
    expect(await failing(client, "wait", { ticket: resumed.ticket as string })).toMatchObject({
      code: "interrupted",
    });
  });
});

test("lines that are no messages are passed over, and the end of the input is the end", async () => {
  const ping = { jsonrpc: "2.0", id: 7, method: "ping" };
  const input = `garbage\n{"jsonrpc":"2.0"}\n\n${JSON.stringify(ping)}\n`;
  const run = await leads(["mcp", "--root", root], { input });
  expect(run.code).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual({ jsonrpc: "2.0", id: 7, result: {} });
  expect(run.stderr).toMatch(/^mcp {5}protocol: /m);
});

describe("over HTTP", { timeout: 120_000 }, () => {
  let server: Started;
  let url = "";
  let token = "";
  beforeAll(async () => {
    server = start(["mcp", "--http", "0", "--root", root]);
    let said = "";
    server.child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0] ?? "";
      token = /token (\S+)\n/.exec(said)?.[1] ?? "";
    });
    while (!token) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  afterAll(async () => {
    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });

  const overHttp = () =>
    new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: { authorization: `Bearer ${token}` } },
    });

  /** Headers as no well-behaved client would send them. */
  const statusOf = (headers: Readonly<Record<string, string>>, path = "/mcp") =>
    new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(url);
      const asked = { host: "127.0.0.1", port, path, method: "POST", headers };
      request(asked, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end("{}");
    });

  test("strangers are turned away: no token, another Host, another Origin", async () => {
    const { host } = new URL(url);
    const authorization = `Bearer ${token}`;
    expect(await statusOf({ host })).toBe(401);
    expect(await statusOf({ host, authorization: "Bearer wrong" })).toBe(401);
    expect(await statusOf({ host: "evil.example", authorization })).toBe(403);
    expect(await statusOf({ host, authorization, origin: "http://evil.example" })).toBe(403);
    expect(await statusOf({ host, authorization }, "/other")).toBe(404);
    expect(await statusOf({ host, authorization, "mcp-session-id": "gone" })).toBe(404);
    // Let in, and told that this is no message of the protocol.
    expect(await statusOf({ host, authorization, origin: `http://${host}` })).toBe(406);
  });

  test("the client that was silent longest makes room for a new one, and for nothing else", async () => {
    const clients: Client[] = [];
    for (let k = 0; k < 32; k++) clients.push(await connect(overHttp()));
    const { host } = new URL(url);
    const headers = {
      ...{ host, authorization: `Bearer ${token}`, "content-type": "application/json" },
      accept: "application/json, text/event-stream",
    };
    expect(await statusOf(headers)).toBe(400);
    const { tools } = await clients[0].listTools();
    const last = await connect(overHttp());
    expect((await last.listTools()).tools).toEqual(tools);
    expect((await clients[0].listTools()).tools).toEqual(tools);
    await expect(clients[1].listTools()).rejects.toThrow(/initialize a new one/);
    await Promise.all([...clients, last].map((client) => client.close()));
  });

  test("two clients share the runs, and one of them drives a step", async () => {
    const [one, two] = await Promise.all([connect(overHttp()), connect(overHttp())]);
    await call(one, "open_case", { case: "patient", run: "shared", evaluations: 1 });
    const notes: string[] = [];
    const decision = decide("aliev-panfilov", quick);
    const told = await one.callTool(
      { name: "act", arguments: { run: "shared", decision, wait_s: 50 } },
      CallToolResultSchema,
      { onprogress: ({ message }) => notes.push(message ?? "") },
    );
    expect(await outcome(one, told.structuredContent as Data)).toMatchObject({
      kind: "evaluated",
      due: "all 1 evaluations are spent",
    });
    expect(notes.length).toBeGreaterThan(0);
    expect(await call(two, "observe", { run: "shared" })).toMatchObject({ best: 0 });
    const last = await call(two, "act", { run: "shared", decision, wait_s: 50 });
    expect(await outcome(two, last)).toMatchObject({
      kind: "stopped",
      result: { stop: { reason: "evaluations" } },
      report: "shared/report.html",
    });
    await Promise.all([one.close(), two.close()]);
  });

  test("a port that is taken is named", async () => {
    const { port } = new URL(url);
    const second = await leads(["mcp", "--http", port, "--root", root]);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`Port ${port} cannot be used (EADDRINUSE).`);
  });
});
