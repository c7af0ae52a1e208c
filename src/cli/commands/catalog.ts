import type { Command } from "commander";
import { catalog } from "../../catalog/catalog.js";
import { lookUp } from "../../core/errors.js";
import type { Diffusion, Parameter, Reaction, State } from "../../model/declare.js";
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
      reactions: reactions.map(({ name, title, cite, states, onRequest = false }) => ({
        name,
        title,
        cite,
        states: Object.keys(states).length,
        onRequest,
      })),
      diffusions: diffusions.map(({ name, title, cite, physics }) => ({
        name,
        title,
        cite,
        physics,
      })),
    });
    return;
  }
  const row = (r: Reaction) => [
    r.onRequest ? `${r.name} *` : r.name,
    String(Object.keys(r.states).length),
    r.title,
    r.cite,
  ];
  print(table([["reaction", "states", "", "source"], ...reactions.map(row)]));
  print("* agents choose from it only where it is asked for: leads discover --reactions");
  print("");
  print(
    table([["diffusion", "physics", ""], ...diffusions.map((d) => [d.name, d.physics, d.title])]),
  );
}

const parameterRow = ([name, p]: [string, Parameter]): string[] => [
  `  ${name}`,
  String(p.value),
  p.unit,
  `[${p.bounds.map((b) => Number(b.toPrecision(6))).join(", ")}]`,
  p.fitted ? "fitted" : "fixed",
  p.note ?? "",
];

const stateRow = ([name, s]: [string, State]): string[] => [
  `  ${name}`,
  s.kind,
  String(Number(s.rest.toPrecision(6))),
  s.unit,
  `[${s.range.join(", ")}]`,
];

/** Scores, thresholds and recordings are in the normalised u; equations in the paper's potential. */
function potentialText({ states, millivolts }: Reaction): string {
  const [[name, { unit, amplitude = 1 }]] = Object.entries(states);
  const rest_mV = Number(millivolts.rest_mV.toPrecision(6));
  if (unit === "mV") return `${name} = ${rest_mV} + ${millivolts.amplitude_mV} u mV`;
  const own = amplitude === 1 ? name : `${name} / ${amplitude}`;
  return `mV = ${rest_mV} + ${millivolts.amplitude_mV} ${own}`;
}

function reactionText(r: Reaction): string {
  const parameters = { ...r.params, ...(r.timeScale ? { time_scale: r.timeScale } : {}) };
  return [
    `${r.title}  (${r.cite})`,
    potentialText(r),
    ...(r.numerics ? [`step: ${r.numerics.step_ms} ms or less, ${r.numerics.scheme}`] : []),
    "",
    table([["  state", "", "rest", "unit", "range"], ...Object.entries(r.states).map(stateRow)]),
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
