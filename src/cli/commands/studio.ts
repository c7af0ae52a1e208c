import { existsSync } from "node:fs";
import type { Command } from "commander";
import { fail } from "../../core/errors.js";
import { count } from "../arguments.js";
import { startRun, steerRun } from "../studio/actions.js";
import { exportRun } from "../studio/export.js";
import { openLibrary } from "../studio/library.js";
import { pageFolder, serveStudio } from "../studio/server.js";
import { interruptSignal, print, say } from "../terminal.js";

export function studioCommand(program: Command): void {
  const studio = program
    .command("studio")
    .description("look at runs and cases in the browser, watch the agent, pace the twin")
    .addHelpText(
      "after",
      "\nExample:\n  leads studio leads-demo\nOptions of the default: leads studio open --help",
    );
  studio
    .command("open [folders...]", { isDefault: true })
    .description("serve runs and cases (or folders of them) to this machine alone")
    .option("--port <number>", "port; a free one if left out", count)
    .addHelpText("after", "\nExample:\n  leads studio open leads-demo --port 8080")
    .action(async (folders: string[], { port = 0 }: { port?: number }) => {
      requirePage();
      const library = await openLibrary(folders.length > 0 ? folders : ["."]);
      const server = await serveStudio(
        library,
        { steer: steerRun, start: startRun(library) },
        port,
      );
      say(`${library.runs.size} runs, ${library.cases.size} cases. Stop with Ctrl-C.`);
      print(server.url);
      const { signal, release } = interruptSignal();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      release();
      await server.close();
    });
  studio
    .command("export <run>")
    .description("a folder that any static file server shows, without this program")
    .requiredOption("--out <folder>", "folder to write")
    .addHelpText("after", "\nExample:\n  leads studio export run --out site")
    .action(async (run: string, { out }: { out: string }) => {
      requirePage();
      await exportRun(run, out);
      say("Any static file server shows it, for example: npx http-server");
      print(out);
    });
}

function requirePage(): void {
  if (existsSync(pageFolder)) return;
  fail({
    code: "no-page",
    message: "The studio's page has not been built.",
    fix: "Run: npm run build",
  });
}
