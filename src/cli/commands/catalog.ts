import type { Command } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { lookUp } from "../../core/errors.js";
import type { Diffusion, Parameter, Reaction } from "../../model/declare.js";
import { print, printJson, table } from "../terminal.js";

export function catalogCommand(program: Command): void {
  program
    .command("catalog [name]")
    .description("list the reactions and diffusions, or show one entry")
    .option("--json", "print as JSON")
    .addHelpText("after", "\nExample:\n  leads catalog mitchell-schaeffer")
    .action((name: string | undefined, options: { json?: boolean }) => {
      if (name === undefined) return list(options.json === true);
      const all: Readonly<Record<string, Reaction | Diffusion>> = {
        ...catalog.reactions,
        ...catalog.diffusions,
      };
      const entry = lookUp("reaction or diffusion", all, name);
      if (options.json) return printJson(entry);
      print("equations" in entry ? reactionText(entry) : diffusionText(entry));
    });
}

function list(json: boolean): void {
  const reactions = Object.values(catalog.reactions);
  const diffusions = Object.values(catalog.diffusions);
  if (json) {
    printJson({
      reactions: reactions.map(({ name, title, cite }) => ({ name, title, cite })),
      diffusions: diffusions.map(({ name, title, cite, physics }) => ({
        name,
        title,
        cite,
        physics,
      })),
    });
    return;
  }
  print(table([["reaction", "", "source"], ...reactions.map((r) => [r.name, r.title, r.cite])]));
  print("");
  print(
    table([["diffusion", "physics", ""], ...diffusions.map((d) => [d.name, d.physics, d.title])]),
  );
}

const parameterRow = ([name, p]: [string, Parameter]): string[] => [
  `  ${name}`,
  String(p.value),
  p.unit,
  `[${p.bounds.join(", ")}]`,
  p.fitted ? "fitted" : "fixed",
  p.note ?? "",
];

function reactionText(r: Reaction): string {
  const parameters = { ...r.params, ...(r.timeScale ? { time_scale: r.timeScale } : {}) };
  const states = Object.entries(r.states).map(([n, s]) => `${n} (${s.kind}, rest ${s.rest})`);
  return [
    `${r.title}  (${r.cite})`,
    `mV = ${r.millivolts.rest_mV} + ${r.millivolts.amplitude_mV} ${Object.keys(r.states)[0]}`,
    `states: ${states.join(", ")}`,
    "",
    r.equations.replace(/^\n+|\s+$/g, ""),
    "",
    table([
      ["  parameter", "value", "unit", "bounds", "", ""],
      ...Object.entries(parameters).map(parameterRow),
    ]),
    ...(r.variants ? ["", `variants: ${Object.keys(r.variants).join(", ")}`] : []),
  ].join("\n");
}

function diffusionText(d: Diffusion): string {
  const options = Object.entries(d.options).map(([name, o]) => [
    `  ${name}`,
    o.values.join(" | "),
    `default ${o.default}`,
    o.meaning,
  ]);
  return [
    `${d.title}  (${d.cite})`,
    `physics: ${d.physics}; operator: ${d.operator}${d.needsFibres ? "; needs fibres" : ""}`,
    ...(options.length > 0 ? ["options:", table(options)] : ["no options"]),
  ].join("\n");
}
