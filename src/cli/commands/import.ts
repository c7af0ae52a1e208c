import type { Command } from "commander";
import { fail } from "../../core/errors.js";
import { importArrays } from "../../io/arrays.js";
import { writeCase } from "../../io/case-directory.js";
import { type Imported, importMap3d } from "../../io/map3d.js";
import { importOptical } from "../../io/optical.js";
import { count, integer, number, numbers, positive } from "../arguments.js";
import { print, printJson, say } from "../terminal.js";

interface Common {
  readonly out: string;
  readonly replace?: boolean;
  readonly json?: boolean;
}

export function importCommand(program: Command): void {
  const parent = program
    .command("import")
    .description("turn recordings into a case")
    .addHelpText(
      "after",
      "\nExample:\n  leads import arrays --manifest patient.json --out patient",
    );
  map3d(parent);
  optical(parent);
  arrays(parent);
}

const common = (command: Command): Command =>
  command
    .requiredOption("--out <folder>", "folder of the case")
    .option("--replace", "replace an existing case")
    .option("--json", "print the report as JSON");

async function finish({ case: made, report }: Imported, options: Common): Promise<void> {
  await writeCase(options.out, made, { replace: options.replace === true });
  if (options.json) printJson({ case: options.out, report, split: made.split });
  else {
    for (const line of report) say(line);
    print(options.out);
  }
}

/** "148,209" -> a window in ms. */
function windows(texts: readonly string[] | undefined) {
  return texts?.map((text, k) => {
    const [from, to, ...rest] = numbers(text);
    if (to === undefined || rest.length > 0 || to <= from)
      fail({
        code: "usage",
        message: `"${text}" is not a window.`,
        fix: "Write --window 148,209 (ms).",
      });
    return { id: `beat-${k + 1}`, window_ms: [from, to] as const };
  });
}

interface Map3dOptions extends Common {
  readonly mat: string;
  readonly points: string;
  readonly faces: string;
  readonly channels?: string;
  readonly samplingHz?: number;
  readonly window?: string[];
  readonly beat?: string;
  readonly exclude?: number[];
  readonly activation?: "fiducials" | "slope";
  readonly known?: number;
  readonly validation?: number;
  readonly seed: number;
  readonly name?: string;
}

function map3d(parent: Command): void {
  common(parent.command("map3d"))
    .description("electrograms of the Utah groups: MATLAB 5 signals with .pts/.fac geometry")
    .requiredOption("--mat <file>", "signals")
    .requiredOption("--points <file>", "electrode positions (.pts)")
    .requiredOption("--faces <file>", "triangles (.fac)")
    .option("--channels <file>", "which row belongs to which electrode (.channels)")
    .option("--sampling-hz <number>", "sampling rate where the file has none", positive)
    .option(
      "--window <from,to>",
      "a beat in ms after the first frame; may be repeated",
      (t, b: string[] = []) => [...b, t],
    )
    .option("--beat <id>", "the beat whose electrodes are split by --known")
    .option("--exclude <list>", "electrodes to leave out, numbered from 1", numbers)
    .option("--activation <rule>", "fiducials or slope")
    .option("--known <number>", "electrodes that may be learnt from; the rest is the test", count)
    .option("--validation <number>", "known electrodes set aside for validation", count)
    .option("--seed <number>", "choice of the known electrodes", integer, 1)
    .option("--name <text>", "name of the case")
    .addHelpText(
      "after",
      "\nExample:\n  leads import map3d --mat beat.mat --points sock.pts --faces sock.fac --known 64 --seed 1 --out sock",
    )
    .action(async (options: Map3dOptions) => {
      const { samplingHz, window, out: _out, replace: _replace, json: _json, ...rest } = options;
      const imported = await importMap3d({
        ...rest,
        ...(samplingHz ? { sampling_hz: samplingHz } : {}),
        ...(window ? { windows: windows(window) } : {}),
      });
      await finish(imported, options);
    });
}

interface OpticalOptions extends Common {
  readonly samplingHz: number;
  readonly pixelMm: number;
  readonly periodMs: number;
  readonly leadMs?: number;
  readonly known?: number;
  readonly seed: number;
  readonly train?: number[];
  readonly validation?: number[];
  readonly test?: number[];
  readonly name?: string;
}

function optical(parent: Command): void {
  common(parent.command("optical <folder>"))
    .description("optical mapping: a folder of 16-bit PNG frames")
    .requiredOption("--sampling-hz <number>", "frames a second", positive)
    .requiredOption("--pixel-mm <number>", "edge of a pixel, mm", positive)
    .requiredOption("--period-ms <number>", "pacing period, ms", positive)
    .option("--lead-ms <number>", "time before the up-stroke in every beat", number)
    .option("--known <number>", "pixels that may be learnt from (below 1: share)", positive)
    .option("--seed <number>", "choice of the known pixels", integer, 1)
    .option("--train <beats>", "for example 1,2,3", numbers)
    .option("--validation <beats>", "for example 4", numbers)
    .option("--test <beats>", "for example 5,6", numbers)
    .option("--name <text>", "name of the case")
    .addHelpText(
      "after",
      "\nExample:\n  leads import optical frames --sampling-hz 1000 --pixel-mm 0.21875 --period-ms 150 --known 0.1 --out mouse",
    )
    .action(async (folder: string, options: OpticalOptions) => {
      const { train, validation, test } = options;
      if ((train || validation || test) && !(train && test))
        fail({
          code: "usage",
          message: "--train and --test go together.",
          fix: "Name both, or neither.",
        });
      const imported = await importOptical({
        folder,
        sampling_hz: options.samplingHz,
        pixel_mm: options.pixelMm,
        period_ms: options.periodMs,
        seed: options.seed,
        ...(options.leadMs === undefined ? {} : { lead_ms: options.leadMs }),
        ...(options.known === undefined ? {} : { known: options.known }),
        ...(options.name ? { name: options.name } : {}),
        ...(train && test ? { beats: { train, test, ...(validation ? { validation } : {}) } } : {}),
      });
      await finish(imported, options);
    });
}

function arrays(parent: Command): void {
  common(parent.command("arrays"))
    .description("your own data: a mesh and arrays, described by a manifest")
    .requiredOption("--manifest <file>", "JSON; see docs/formats.md")
    .addHelpText("after", "\nExample:\n  leads import arrays --manifest patient.json --out patient")
    .action(async (options: Common & { manifest: string }) => {
      await finish(await importArrays(options.manifest), options);
    });
}
