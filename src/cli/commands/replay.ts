import type { Command } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { offeredCatalog } from "../../discover/offer.js";
import { replay } from "../../discover/replay.js";
import { backEndOfRun, createExecutor, evaluateWith, openForDiscovery } from "../prepare-run.js";
import { readConfiguration, readEvents } from "../run-directory.js";
import { exitCode, interruptSignal, print, printJson, progressLine, say } from "../terminal.js";

export function replayCommand(program: Command): void {
  program
    .command("replay <run>")
    .description("repeat every fit of a run from its journal and compare bit for bit; no network")
    .option("--json", "print the comparison as JSON")
    .addHelpText("after", "\nExample:\n  leads replay run")
    .action(async (directory: string, options: { json?: boolean }) => {
      const configuration = await readConfiguration(directory);
      const events = await readEvents(directory);
      const { data, summary } = await openForDiscovery(configuration);
      await backEndOfRun(configuration);
      const executor = createExecutor(data, configuration.engine);
      const { signal, release } = interruptSignal();
      const line = progressLine();
      try {
        const report = await replay(events, {
          case: summary,
          catalog: offeredCatalog(catalog, configuration.reactions, configuration.diffusions),
          evaluate: evaluateWith(data, executor),
          signal,
          onProgress: (candidate, _, p) =>
            line.update(`replay #${candidate} ${p.phase} ${p.iteration}/${p.of}`),
        });
        line.clear();
        for (const { id, identical, difference } of report.candidates)
          say(`#${id} ${identical ? "identical" : `differs at ${difference}`}`);
        if (options.json) printJson(report);
        else print(report.identical ? "identical" : "different");
        process.exitCode = report.identical ? exitCode.done : exitCode.failedCheck;
      } finally {
        release();
        await executor.close();
      }
    });
}
