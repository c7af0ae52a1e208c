import type { Command } from "commander";
import type { ParameterInterval } from "../../fit/uncertainty/intervals.js";
import { drawCount } from "../../fit/uncertainty/maps.js";
import { interruptSignal, print, printJson, progressLine, say, table } from "../terminal.js";
import { computeUncertainty, type Uncertainty, writeUncertainty } from "../uncertainty.js";

export function uncertaintyCommand(program: Command): void {
  program
    .command("uncertainty <run>")
    .description("90 % intervals of a run's twin: its parameters and its activation maps")
    .option(
      "--profile",
      "follow the likelihood of every parameter instead of its curvature: slower",
    )
    .option("--json", "print the intervals as JSON")
    .addHelpText("after", "\nExample:\n  leads uncertainty run")
    .action(async (directory: string, options: { profile?: boolean; json?: boolean }) => {
      const { signal, release } = interruptSignal();
      const line = progressLine();
      try {
        const { uncertainty, maps } = await computeUncertainty(directory, {
          profile: options.profile === true,
          signal,
          onProgress: (phase) => line.update(`uncertainty of ${phase}`),
        });
        line.clear();
        await writeUncertainty(directory, uncertainty, maps);
        if (options.json) return printJson(uncertainty);
        print(parameterTable(uncertainty.parameters));
        for (const { name, reason } of uncertainty.parameters)
          if (reason) say(`${name}: ${reason}`);
        outsideText(uncertainty.parameters).forEach(say);
        say(mapText(uncertainty));
      } finally {
        line.clear();
        release();
      }
    });
}

function parameterTable(parameters: readonly ParameterInterval[]): string {
  const text = (value: number | null) => (value === null ? "-" : value.toPrecision(4));
  return table([
    ["parameter", "unit", "twin", "optimum", "from", "to", "verdict"],
    ...parameters.map((p) => [
      p.name,
      p.unit,
      ...[p.value, p.estimate, p.low, p.high].map(text),
      p.verdict,
    ]),
  ]);
}

/** Optimum and twin part where a fit stopped early, as it may along what is hardly identified. */
const outsideText = (parameters: readonly ParameterInterval[]): string[] =>
  parameters.flatMap(({ name, value, low, high }) =>
    low !== null && high !== null && (value < low || value > high)
      ? [
          `${name}: the interval is around the optimum; the fit stopped before it, at the twin's value`,
        ]
      : [],
  );

/** Of a 90 % interval: a site with fewer of its times inside than this says it is too narrow there. */
const leastShare = 0.8;

function mapText({ maps }: Uncertainty): string {
  if (!maps) return "No validation recordings, so activation maps have no interval.";
  const { values, sites, acrossSites, silent, factor } = maps.conformal;
  const range = acrossSites
    ? `; by the other sites' measure ${acrossSites.map((share) => `${(100 * share).toFixed(0)} %`).join(" to ")} of a site's times lie inside`
    : "";
  const narrow =
    acrossSites && Math.min(...acrossSites) < leastShare
      ? " At some sites the intervals are too narrow: more pacing sites would tell how wide they must be."
      : "";
  const missed = silent > 0 ? `, the twin silent at ${(100 * silent).toFixed(1)} % of them` : "";
  const flattened =
    (maps.flattenedDraws ?? 0) > 0
      ? ` The data leave fields so open that ${maps.flattenedDraws} of ${drawCount} draws were steeper than the mesh can carry and were flattened: where fields decide, the intervals are too narrow.`
      : "";
  const bound = Number.isFinite(factor) ? "" : " No bounded interval holds 90 % of these times.";
  return `Activation maps: sized by ${values} held-out times at ${sites} pacing sites${missed}${range}.${narrow}${flattened}${bound}`;
}
