import { join } from "node:path";
import type { Case } from "../case/case.js";
import { bestOf, type Candidate } from "../discover/archive.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readCase } from "../io/case-directory.js";
import { nodeCount } from "../mesh/mesh.js";
import { boundarySurface } from "../mesh/surface.js";
import type { ReportData } from "../report/data.js";
import { renderReport } from "../report/index.js";
import { candidatesOf } from "../view/history.js";
import { repeatCommand } from "./repeat-run.js";
import { candidateRow, runFacts, stepsOf } from "./report-search.js";
import {
  activationMaps,
  fieldMaps,
  notesOf,
  parametersOf,
  posteriorNotes,
  tracesOf,
} from "./report-twin.js";
import {
  type RunConfiguration,
  readConfiguration,
  readEvents,
  runFiles,
  wayOn,
} from "./run-directory.js";
import { judgeTwin, type Part, posteriorOf } from "./scoring.js";
import { readTruth } from "./truth-file.js";
import { readUncertainty } from "./uncertainty.js";

/** Writes RUN/report.html; returns its path. `data` is what reportOf gives, where it is at hand. */
export async function writeReport(directory: string, data?: ReportData): Promise<string> {
  const path = join(directory, runFiles.report);
  await writeFileAtomic(path, renderReport(data ?? (await reportOf(directory))));
  return path;
}

/** Everything the report shows, from the run folder and its case. */
export async function reportOf(directory: string): Promise<ReportData> {
  const configuration = await readConfiguration(directory);
  const events = await readEvents(directory);
  const data = await readCase(configuration.case);
  const truth = await readTruth(configuration.case);
  const archive = candidatesOf(events);
  const best = bestOf(archive) ?? null;
  const judge = (part: Part) => judgeTwin(data, twinOf(best!), part);
  const fitted = best !== null && best.result.status === "fitted";
  const test = fitted ? await judge("test") : null;
  const results = archive.map(({ result }) => result);
  const posterior = test && posteriorOf(results, test);
  const known = fitted ? await readUncertainty(directory) : undefined;
  const maps = (test ? activationMaps(data, twinOf(best!), test) : []).map((map) => ({
    ...map,
    uncertainty_ms: known?.half_ms.get(map.recording),
  }));
  return {
    title: `Digital twin of ${data.name}`,
    case: caseFacts(data),
    run: runFacts(configuration, events, archive.length),
    best: best?.id ?? null,
    twin: test
      ? { train: best!.result.train, validation: best!.result.validation, test: test.score }
      : null,
    predictors: Object.entries(test?.baselines ?? {}).map(([name, score]) => ({
      name,
      train: null,
      validation: null,
      test: score,
    })),
    surface: { points: data.mesh.points, triangles: boundarySurface(data.mesh).triangles },
    maps,
    fields: best ? fieldMaps(best, nodeCount(data.mesh), truth) : [],
    candidates: archive.map(candidateRow),
    steps: stepsOf(events),
    parameters: best ? parametersOf(best, truth) : [],
    uncertainty: known?.uncertainty ?? null,
    checks: best?.result.checks ?? [],
    ...(posterior ? { posterior: posterior.reactions } : {}),
    traces: test ? tracesOf(test) : [],
    notes: [
      ...(events.some((e) => e.type === "stopped")
        ? []
        : [
            `The search has not ended, and this page shows scores of test recordings: who chooses after reading them does not choose blindly. Go on with: ${wayOn(configuration, directory)}`,
          ]),
      ...notesOf(best, test, truth),
      ...posteriorNotes(posterior),
    ],
    commands: commandsOf(configuration, directory),
  };
}

const twinOf = ({ result }: Candidate) => ({ spec: result.spec, values: result.values });

function caseFacts({ name, source, mesh, split }: Case): ReportData["case"] {
  const parts = [split.train, split.validation, split.test].map((ids) => ids.length).join(" / ");
  return {
    name,
    source,
    facts: [
      ["Nodes", String(nodeCount(mesh))],
      ["Elements", mesh.elementKind === "triangle" ? "triangles" : "tetrahedra"],
      ["Recordings (train / validation / test)", parts],
      ["Fibres", mesh.fibres ? "yes" : "no"],
    ],
  };
}

const commandsOf = (c: RunConfiguration, directory: string): string[] => [
  repeatCommand(c),
  `leads replay ${directory}`,
  `leads report ${directory}`,
];
