import type { Command } from "commander";
import {
  formKey,
  type Memory,
  memoryHash,
  type RememberedRun,
  withRun,
} from "../../discover/memory.js";
import { readMemory, readMemoryOrNew, writeMemory } from "../memory-file.js";
import { rememberRun } from "../remember-run.js";
import { print, printJson, say, table } from "../terminal.js";

export function memoryCommand(program: Command): void {
  const memory = program
    .command("memory")
    .description("what served earlier patients, as a prior for the next one (discover --memory)")
    .addHelpText("after", "\nExample:\n  leads memory add memory.json run");
  memory
    .command("add <file> <runs...>")
    .description("remember finished runs; a case counts once, with its latest run")
    .option("--json", "print what was added as JSON")
    .addHelpText("after", "\nExample:\n  leads memory add memory.json run")
    .action(add);
  memory
    .command("show <file>")
    .description("list the patients of a memory, and how often each structure won")
    .option("--json", "print the memory and its hash as JSON")
    .addHelpText("after", "\nExample:\n  leads memory show memory.json")
    .action(show);
}

async function add(file: string, runs: readonly string[], { json }: { json?: boolean }) {
  let memory = await readMemoryOrNew(file);
  const added: RememberedRun[] = [];
  for (const directory of runs) {
    const run = await rememberRun(directory);
    memory = withRun(memory, run);
    added.push(run);
    say(`${directory}: ${formKey(run.best.reaction)} + ${run.best.diffusion.name}`);
  }
  await writeMemory(file, memory);
  const hash = await memoryHash(memory);
  if (json) printJson({ file, hash, patients: memory.runs.length, added });
  else print(`${file}: ${memory.runs.length} patients`);
}

async function show(file: string, { json }: { json?: boolean }) {
  const memory = await readMemory(file);
  const hash = await memoryHash(memory);
  if (json) return printJson({ hash, ...memory });
  print(
    [`${memory.runs.length} patients, memory ${hash.slice(0, 12)}`, ...tables(memory)].join("\n\n"),
  );
}

const brief = (value: number | null): string =>
  value === null ? "-" : String(Number(value.toPrecision(3)));

function tables({ runs }: Memory): string[] {
  if (runs.length === 0) return [];
  const patients = runs.map(({ case: id, features, best, reactions }) => [
    ...[id.slice(0, 8), features.measure, features.mesh, features.fibres ? "yes" : "no"],
    ...[brief(features.noise), brief(features.observedShare), brief(features.residualStructure)],
    ...[
      formKey(best.reaction),
      brief(reactions[0].weight),
      best.diffusion.name,
      brief(best.excess),
    ],
    String(best.evaluations),
  ]);
  const head = ["case", "measured", "mesh", "fibres", "noise", "observed", "structure"];
  const found = ["reaction", "weight", "diffusion", "excess", "evaluations"];
  const values = runs.flatMap(({ best, parameters }) =>
    parameters
      .filter(({ name }) => name.startsWith("reaction."))
      .map(({ name, unit, value, low, high, identified }) => [
        ...[formKey(best.reaction), name, brief(value), brief(low), brief(high), unit, identified],
      ]),
  );
  const titles = ["reaction", "parameter", "value", "low", "high", "unit", "known"];
  return [table([[...head, ...found], ...patients]), table([titles, ...values.sort()])];
}
