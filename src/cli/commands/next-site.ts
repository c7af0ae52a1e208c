import type { Command } from "commander";
import type { Case } from "../../case/case.js";
import { catalog } from "../../catalog/catalog.js";
import { fail } from "../../core/errors.js";
import { bestOf, describeSpec } from "../../discover/archive.js";
import type { CandidateResult } from "../../fit/candidate.js";
import type { Executor } from "../../fit/executor.js";
import { createFitting } from "../../fit/fit-candidate.js";
import {
  candidateSites,
  type RankedSite,
  type Rival,
  rankSites,
  rivalOf,
} from "../../fit/next-site.js";
import { trainedBeats } from "../../fit/targets.js";
import { unexplained_ms } from "../../fit/uncertainty/maps.js";
import { type CompileOptions, compileTwin } from "../../twin/compile.js";
import { candidatesOf } from "../../view/history.js";
import { count } from "../arguments.js";
import { backEndOfRun, createExecutor, openForDiscovery } from "../prepare-run.js";
import { readConfiguration, readEvents, wayOn } from "../run-directory.js";
import { judgeTwin, posteriorOf } from "../scoring.js";
import { interruptSignal, print, printJson, progressLine, say, table } from "../terminal.js";

/** Structures below this posterior weight no longer stand; more rivals than this are not compared. */
const [leastWeight, mostRivals] = [0.01, 4];

export function nextSiteCommand(program: Command): void {
  program
    .command("next-site <run>")
    .description("rank pacing sites by what a recording from there would tell; writes nothing")
    .option("--candidates <number>", "sites to compare, spread over the heart", count, 24)
    .option("--json", "print the ranking as JSON")
    .addHelpText("after", "\nExample:\n  leads next-site run --candidates 12")
    .action(async (directory: string, options: { candidates: number; json?: boolean }) => {
      const { rivals, sites } = await nextSites(directory, options.candidates);
      const shown = rivals.map(({ name, weight }) => ({ name, weight }));
      if (options.json) return printJson({ run: directory, rivals: shown, sites });
      for (const { name, weight } of shown) say(`stands  ${name}, weight ${weight.toPrecision(2)}`);
      say(
        rivals.length > 1
          ? "ranked by how far apart the rivals' activation maps would be, in units of noise; rivals are weighed by the validation recordings, so make it one of them"
          : "one structure stands: ranked by the information on its parameters; learn from it",
      );
      print(siteTable(sites));
    });
}

async function nextSites(directory: string, candidates: number) {
  const configuration = await readConfiguration(directory);
  const { data } = await openForDiscovery(configuration);
  const archive = candidatesOf(await readEvents(directory));
  const best = bestOf(archive);
  if (!best)
    fail({
      code: "no-twin",
      path: directory,
      message: `${directory} has no fitted candidate, so no site can be judged.`,
      fix: `Go on with: ${wayOn(configuration, directory)}, or see: leads report ${directory}`,
    });
  const sites = candidateSites(data, candidates);
  const { spec, values } = best.result;
  const part = data.split.validation.length > 0 ? "validation" : "train";
  const judgement = await judgeTwin(data, { spec, values }, part);
  const results = archive.map(({ result }) => result);
  const standing = posteriorOf(results, judgement, "structure")!.reactions;
  const { signal, release } = interruptSignal();
  const line = progressLine();
  const backEnd = await backEndOfRun(configuration);
  const executor = createExecutor(data, configuration.engine);
  try {
    const rivals: Rival[] = [];
    for (const { candidate, weight } of standing.slice(0, mostRivals)) {
      if (weight < leastWeight) continue;
      line.update(`uncertainty of ${describeSpec(results[candidate].spec)}`);
      const from = { data, executor, signal, seed: configuration.seed, backEnd };
      rivals.push(await standingRival(from, results[candidate], weight));
    }
    const fitting = createFitting(
      { data, catalog, executor, seed: configuration.seed, signal },
      compileTwin(catalog, spec, data.mesh, { beats: trainedBeats(data) }),
    );
    const noise_ms = await unexplained_ms(fitting, values);
    line.clear();
    return { rivals, sites: rankSites({ data, rivals, noise_ms, sites }) };
  } finally {
    line.clear();
    release();
    await executor.close();
  }
}

interface From {
  readonly data: Case;
  readonly executor: Executor;
  readonly signal: AbortSignal;
  readonly seed: number;
  readonly backEnd: CompileOptions["backEnd"];
}

async function standingRival(
  from: From,
  { spec, values }: CandidateResult,
  weight: number,
): Promise<Rival> {
  const compiled = compileTwin(catalog, spec, from.data.mesh, {
    beats: trainedBeats(from.data),
    backEnd: from.backEnd,
  });
  const fitting = createFitting({ ...from, catalog }, compiled);
  return rivalOf(fitting, values, { name: describeSpec(spec), weight });
}

function siteTable(sites: readonly RankedSite[]): string {
  return table([
    ["node", "x, mm", "y, mm", "z, mm", "separation", "information, nats"],
    ...sites.map(({ node, position_mm, separation, information_nats }) => [
      String(node),
      ...position_mm.map((x) => x.toFixed(1)),
      separation === null ? "-" : separation.toPrecision(3),
      information_nats.toPrecision(3),
    ]),
  ]);
}
