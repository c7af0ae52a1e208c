import { join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomic } from "../../io/atomic.js";
import { activationPicture, summaryText } from "../../report/index.js";
import { print, printJson, say } from "../terminal.js";
import { reportOf, writeReport } from "../write-report.js";

export function reportCommand(program: Command): void {
  program
    .command("report <run>")
    .description("write one self-contained HTML file about a run")
    .option("--picture <file>", "also draw the activation maps as an SVG")
    .option("--json", "print the report's data as JSON instead")
    .addHelpText("after", "\nExample:\n  leads report run")
    .action(async (directory: string, options: { picture?: string; json?: boolean }) => {
      const data = await reportOf(directory);
      if (options.json) return printJson(data);
      const path = await writeReport(directory);
      if (options.picture) {
        const { surface, maps } = data;
        await writeFileAtomic(options.picture, activationPicture({ surface, maps }));
        say(`picture ${join(options.picture)}`);
      }
      say(summaryText(data));
      print(path);
    });
}
