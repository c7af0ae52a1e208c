import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { createSyntheticPatient } from "../../case/synthetic.js";
import { syntheticOptions } from "../../case/synthetic-options.js";
import { catalog } from "../../catalog/catalog.js";
import { fail } from "../../core/errors.js";
import { truthSimulator } from "../../twin/truth.js";
import { newConfiguration } from "../new-configuration.js";
import { createRunDirectory } from "../run-directory.js";
import { prepareDiscovery, runDiscovery } from "../run-discovery.js";
import { exitCode, interruptSignal, print, printJson, say } from "../terminal.js";
import { writeReport } from "../write-report.js";
import { resultText } from "./discover.js";
import { writePatient } from "./synth.js";

/** Small enough for a minute and a half on two cores; --quick for the smoke test. */
const sizes = {
  whole: { nodes: 450, recordings: 10, frames: 60, evaluations: 8, seconds: 70 },
  quick: { nodes: 420, recordings: 6, frames: 50, evaluations: 2, seconds: 20 },
} as const;

export function demoCommand(program: Command): void {
  program
    .command("demo")
    .description("a synthetic patient, its discovery and the report, in one go")
    .option("--quick", "a very small one, for a smoke test")
    .option("--out <folder>", "folder for patient and run", "leads-demo")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  leads demo")
    .action(async (options: { quick?: boolean; out: string; json?: boolean }) => {
      const size = options.quick ? sizes.quick : sizes.whole;
      const [patient, run] = [join(options.out, "patient"), join(options.out, "run")];
      await makeRoom(options.out);
      say(
        `patient a rabbit-sized heart of about ${size.nodes} nodes, ${size.recordings} recordings`,
      );
      const chosen = syntheticOptions("published", {
        reaction: { name: "mitchell-schaeffer" },
        seed: 1,
        nodes: size.nodes,
        recordings: size.recordings,
        frames: size.frames,
      });
      await writePatient(patient, createSyntheticPatient(chosen, truthSimulator(catalog)), true);
      const { evaluations, seconds } = size;
      const configuration = await newConfiguration({
        case: patient,
        agent: "expert",
        seed: 1,
        evaluations,
        seconds,
      });
      const prepared = await prepareDiscovery(configuration);
      await createRunDirectory(run, configuration);
      const { signal, release } = interruptSignal();
      try {
        const { outcome, result } = await runDiscovery(run, prepared, signal);
        if (outcome.status === "interrupted") {
          say(`Interrupted. Go on with: leads discover --resume ${run}`);
          process.exitCode = exitCode.limit;
          return;
        }
        const report = await writeReport(run);
        if (options.json) return printJson({ ...result, report });
        say(`\ntruth   mitchell-schaeffer (not known to the agent)\n${resultText(result)}\n`);
        print(report);
      } finally {
        release();
      }
    });
}

/** Removes an earlier demo, and nothing but an earlier demo. */
async function makeRoom(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  if (!existsSync(join(folder, "patient", "case.json")))
    fail({
      code: "exists",
      path: folder,
      message: `${folder} exists and is not an earlier demo.`,
      fix: "Choose another --out.",
    });
  await rm(join(folder, "run"), { recursive: true, force: true });
}
