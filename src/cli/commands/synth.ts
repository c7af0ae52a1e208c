import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { createSyntheticPatient, type SyntheticPatient } from "../../case/synthetic.js";
import {
  type SyntheticOptions,
  syntheticOptions,
  syntheticPresets,
} from "../../case/synthetic-options.js";
import type { TruthSimulator } from "../../case/truth-simulator.js";
import { catalog } from "../../catalog/catalog.js";
import { fail } from "../../core/errors.js";
import { writeCase } from "../../io/case-directory.js";
import { truthSimulator } from "../../twin/truth.js";
import { count, fraction, integer, positive } from "../arguments.js";
import { type ProgressLine, print, printJson, progressLine, say } from "../terminal.js";
import { truthPath, writeTruth } from "../truth-file.js";

interface Options {
  readonly preset: string;
  readonly reaction: string;
  readonly variant?: string;
  readonly seed: number;
  readonly nodes?: number;
  readonly recordings?: number;
  readonly frames?: number;
  readonly noise?: number;
  readonly observed?: number;
  readonly anisotropy?: number;
  readonly spread?: number;
  readonly scar?: boolean;
  readonly out: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

export function synthCommand(program: Command): void {
  program
    .command("synth")
    .description("make a synthetic patient whose truth is known")
    .option("--preset <name>", Object.keys(syntheticPresets).join(", "), "published")
    .option("--reaction <name>", "the true reaction", "aliev-panfilov")
    .option("--variant <name>", "a variant of the reaction")
    .option("--seed <number>", "seed of parameters, sites and noise", integer, 1)
    .option("--nodes <number>", "nodes of the heart (met within 3 % from 400 on)", count)
    .option("--recordings <number>", "recordings, one pacing site each", count)
    .option("--frames <number>", "frames of every recording", count)
    .option("--noise <fraction>", "noise, share of the amplitude", fraction)
    .option("--observed <fraction>", "share of nodes that are recorded", fraction)
    .option("--anisotropy <ratio>", "diffusivity along / across the fibres", positive)
    .option(
      "--spread <factor>",
      "parameters within this factor of the published; 1: those",
      positive,
    )
    .option("--no-scar", "leave the preset's scar out")
    .requiredOption("--out <folder>", "folder of the case; the truth goes to <folder>.truth.json")
    .option("--replace", "replace an existing case")
    .option("--json", "print what was made as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  leads synth --preset published --reaction aliev-panfilov --seed 1 --out patient",
    )
    .action(async (options: Options) => {
      refuseExisting(options);
      const patient = createPatient(options);
      await writePatient(options.out, patient, options.replace === true);
      const { measured } = patient.truth;
      for (const note of notesOf(patient)) say(`note    ${note}`);
      if (options.json) printJson({ case: options.out, truth: truthPath(options.out), measured });
      else {
        const { case: made } = patient;
        say(`${made.mesh.points.length / 3} nodes, ${made.recordings.length} recordings`);
        say(
          `conduction ${measured.conduction_velocity_mm_per_ms.toFixed(2)} mm/ms, last activation ${measured.activation_ms.toFixed(0)} ms, a frame every ${measured.interval_ms} ms`,
        );
        say(`truth   ${truthPath(options.out)}`);
        print(options.out);
      }
    });
}

/** Before the work, not after it. */
function refuseExisting({ out, replace }: Options): void {
  if (replace || !existsSync(join(out, "case.json"))) return;
  fail({
    code: "exists",
    path: out,
    message: `${out} holds a case already.`,
    fix: "Choose another --out, or add --replace.",
  });
}

function createPatient(options: Options): SyntheticPatient {
  const given = [
    "nodes",
    "recordings",
    "frames",
    "noise",
    "observed",
    "anisotropy",
    "spread",
  ] as const;
  const changes = Object.fromEntries(
    given.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  ) as Partial<SyntheticOptions>;
  const chosen = syntheticOptions(options.preset, {
    reaction: { name: options.reaction, ...(options.variant ? { variant: options.variant } : {}) },
    seed: options.seed,
    ...changes,
    ...(options.scar === false ? { scar: undefined } : {}),
  });
  const line = progressLine();
  try {
    return createSyntheticPatient(chosen, told(truthSimulator(catalog), line));
  } finally {
    line.clear();
  }
}

/** The simulator, saying what it is at: many states on many nodes take minutes. */
function told(simulator: TruthSimulator, line: ProgressLine): TruthSimulator {
  const drawing = (reaction: { readonly name: string }) =>
    line.update(`drawing ${reaction.name} cells until one fires, rests and conducts`);
  return {
    ...simulator,
    cell: (reaction, parameters) => {
      drawing(reaction);
      return simulator.cell(reaction, parameters);
    },
    front: (reaction, parameters) => {
      drawing(reaction);
      return simulator.front(reaction, parameters);
    },
    simulate: (request) => {
      const { accuracy, recordings, samples, interval_ms } = request;
      const span = `${recordings.length} beats of ${((samples - 1) * interval_ms).toFixed(0)} ms`;
      line.update(accuracy === "draft" ? `trying ${span}` : `simulating ${span}`);
      return simulator.simulate(request);
    },
  };
}

/** Working myocardium conducts at 0.3 to 1 mm/ms, Purkinje fibres at 2 to 4. */
const fastTissue_mm_per_ms = 1.5;

/** What a reader of the case would otherwise find out late. */
function notesOf({ truth: { measured, diffusion } }: SyntheticPatient): string[] {
  const speed = measured.conduction_velocity_mm_per_ms;
  if (speed <= fastTissue_mm_per_ms) return [];
  return [
    `the wave runs at ${speed.toFixed(1)} mm/ms, tissue at 0.3 to 1: D was set to ${diffusion.along_mm2_per_ms.toPrecision(2)} mm2/ms so that nodes ${measured.spacing_mm.toFixed(1)} mm apart resolve its front; more --nodes bring it down`,
  ];
}

export async function writePatient(out: string, patient: SyntheticPatient, replace: boolean) {
  await writeCase(out, patient.case, { replace });
  await writeTruth(out, patient.truth);
}
