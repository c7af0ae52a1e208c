import { existsSync, readFileSync } from "node:fs";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { start } from "../cli/leads.js";

const candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = process.env["LEADS_CHROMIUM"] ?? candidates.find((path) => existsSync(path));
const page = new URL("../../dist/studio/index.html", import.meta.url);

/** "" or why nothing can be tested in a browser here. */
export const whyNoBrowser = !executablePath
  ? "no Chromium (apt install chromium, or LEADS_CHROMIUM)"
  : existsSync(page)
    ? ""
    : "dist/studio is missing (npm run build)";

/** WebGL in software, so that the heart is drawn without a graphics card; "none": without any. */
export const openBrowser = (graphics: "software" | "none" = "software"): Promise<Browser> =>
  chromium.launch({
    executablePath: executablePath!,
    args: [
      "--no-sandbox",
      ...(graphics === "software"
        ? ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        : ["--disable-gpu", "--disable-software-rasterizer"]),
    ],
  });

export interface Watched {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page complained of. */
  readonly complaints: string[];
}

/** A page whose console must stay silent. */
export async function openPage(
  browser: Browser,
  url: string,
  more: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...more });
  const opened = await context.newPage();
  const complaints: string[] = [];
  opened.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  opened.on("pageerror", (error) => complaints.push(error.message));
  await opened.goto(url);
  return { context, page: opened, complaints };
}

/** `leads studio FOLDER ...` and the address that it prints. */
export async function startStudio(folders: readonly string[], cwd: string, port = 0) {
  const at = port > 0 ? ["--port", String(port)] : [];
  const started = start(["studio", ...folders, ...at], { cwd });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    started.child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [address] = /http:\/\/\S+\//.exec(text) ?? [];
      if (address) resolve(address);
    });
    started.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return {
    url,
    stop: async () => {
      started.child.kill("SIGINT");
      await started.ended;
    },
  };
}

/** ms of the page's main thread in a frame, over some time of playing. */
export async function workPerFrame_ms({ page, context }: Watched, watched_ms: number) {
  const session = await context.newCDPSession(page);
  // Time of the thread itself: what else the machine does is not the page's work.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy_s = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  };
  const before = await busy_s();
  const frames = await page.evaluate(
    (until_ms) =>
      new Promise<number>((resolve) => {
        const began = performance.now();
        let count = 0;
        requestAnimationFrame(function next(now) {
          count++;
          if (now - began < until_ms) requestAnimationFrame(next);
          else resolve(count);
        });
      }),
    watched_ms,
  );
  return { frames, work_ms: (1000 * ((await busy_s()) - before)) / frames };
}

/** Share of pixels of a canvas that are not white: is anything drawn? */
export const inkOf = (opened: Page): Promise<number> =>
  opened.evaluate(async () => {
    const canvas = document.querySelector<HTMLCanvasElement>("canvas.stage")!;
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const context = copy.getContext("2d")!;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    let ink = 0;
    for (let k = 0; k < data.length; k += 4) if (data[k] + data[k + 1] + data[k + 2] < 740) ink++;
    return (4 * ink) / data.length;
  });

/** Violations that the axe rules find. */
export async function axe(opened: Page): Promise<string[]> {
  await opened.evaluate(
    readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8"),
  );
  return opened.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(): Promise<{ violations: never[] }> } }).axe;
    const { violations } = (await run.run()) as {
      violations: { id: string; nodes: { html: string }[] }[];
    };
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
  });
}
