import { type Command, Option } from "commander";
import { fail, rejectUnknownKeys } from "../../core/errors.js";
import { backEndOf, type EngineName } from "../../native/engine-name.js";
import { parseProtocol } from "../../view/protocol.js";
import { collect, engineOption, positive } from "../arguments.js";
import { readJson } from "../run-directory.js";
import { type Pace, type SimulationRequest, writeSimulation } from "../simulation.js";
import { print, printJson, say } from "../terminal.js";
import { openTwin } from "./evaluate.js";

interface Options {
  readonly pace?: string[];
  readonly durationMs?: number;
  readonly protocol?: string;
  readonly everyMs: number;
  readonly engine: EngineName;
  readonly out: string;
  readonly json?: boolean;
}

export function simulateCommand(program: Command): void {
  program
    .command("simulate <run>")
    .description("pace a twin and write what it does")
    .option(
      "--pace <what>",
      "node=N,start_ms=T[,duration_ms=2][,strength_per_ms=1]; may be repeated",
      collect,
    )
    .option("--duration-ms <number>", "length of the simulation", positive)
    .option("--every-ms <number>", "time between frames", positive, 5)
    .addOption(
      new Option(
        "--protocol <file>",
        "pulses, scars and numbers that the pacing lab saved",
      ).conflicts(["pace", "durationMs"]),
    )
    .addOption(engineOption())
    .requiredOption("--out <folder>", "VTU series for ParaView (series.pvd) and .npy arrays")
    .option("--json", "print a summary as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads simulate run --pace node=12,start_ms=0 --pace node=12,start_ms=300 --duration-ms 600 --out movie",
    )
    .action(async (run: string, options: Options) => {
      const { out, engine } = options;
      const request = await requestOf(options);
      const twin = { ...(await openTwin(run)), backEnd: await backEndOf(engine) };
      const summary = await writeSimulation(twin, request, out);
      if (options.json) return printJson(summary);
      const { activated, nodes, last_activation_ms } = summary;
      say(
        last_activation_ms === null
          ? `none of ${nodes} nodes activates: no stimulus captures`
          : `${activated} of ${nodes} nodes activate, the last at ${last_activation_ms.toFixed(1)} ms`,
      );
      print(out);
    });
}

async function requestOf(options: Options): Promise<SimulationRequest> {
  const { protocol, pace, durationMs, everyMs } = options;
  if (protocol) return parseProtocol(await readJson(protocol), protocol);
  if (!pace || durationMs === undefined)
    return fail({
      code: "usage",
      message: "simulate needs --pace and --duration-ms, or a --protocol.",
      fix: "For example: leads simulate run --pace node=12,start_ms=0 --duration-ms 200 --out movie",
    });
  return { pace: pace.map(parsePace), duration_ms: durationMs, every_ms: everyMs };
}

/** "node=12,start_ms=0" */
function parsePace(text: string): Pace {
  const entries = text.split(",").map((part) => {
    const [key, value] = part.split("=");
    if (value === undefined || !Number.isFinite(Number(value)))
      fail({
        code: "usage",
        message: `--pace ${text}: "${part}" is not name=number.`,
        fix: "Write --pace node=12,start_ms=0.",
      });
    return [key.trim(), Number(value)] as const;
  });
  const given = Object.fromEntries(entries) as unknown as Pace;
  rejectUnknownKeys(given, ["node", "start_ms", "duration_ms", "strength_per_ms"], "--pace");
  return given;
}
