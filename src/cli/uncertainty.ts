import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Case } from "../case/case.js";
import { catalog } from "../catalog/catalog.js";
import { createFitting } from "../fit/fit-candidate.js";
import { targetsOf, trainedBeats } from "../fit/targets.js";
import type { Conformal } from "../fit/uncertainty/conformal.js";
import type { ParameterInterval } from "../fit/uncertainty/intervals.js";
import { type MapInterval, mapUncertainty } from "../fit/uncertainty/maps.js";
import { parameterUncertainty } from "../fit/uncertainty/parameters.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readCase } from "../io/case-directory.js";
import { readBytes, sha256 } from "../io/files.js";
import { parseNpy, writeNpyFile } from "../io/npy.js";
import { readTwin } from "../io/twin-directory.js";
import { encodeVtu } from "../io/vtu-write.js";
import { nodeCount } from "../mesh/mesh.js";
import { compileTwin } from "../twin/compile.js";
import { requireWithinBounds } from "../twin/require-values.js";
import type { Twin } from "../twin/spec.js";
import { openTwin } from "./commands/evaluate.js";
import { backEndOfRun, createExecutor, openForDiscovery } from "./prepare-run.js";
import { readConfiguration, readJson, runFiles, writeJson } from "./run-directory.js";

/** The files that lie beside twin.json. */
export const uncertaintyFiles = {
  summary: "uncertainty.json",
  maps: "uncertainty.vtu",
  activation: "activation_ms.npy",
  half: "half-width_ms.npy",
} as const;

/** What `leads uncertainty --json` prints and uncertainty.json holds. */
export interface Uncertainty {
  readonly format: "leads-uncertainty";
  readonly version: 1;
  readonly level: 0.9;
  /** SHA-256 of the twin.json that it is about. */
  readonly twin: string;
  readonly parameters: readonly ParameterInterval[];
  /** null where no validation recording was held out to size the intervals by. */
  readonly maps: {
    readonly conformal: Conformal;
    /** What the twin leaves unexplained of the training times, ms. */
    readonly floor_ms: number;
    /** Drawn twins whose fields the mesh could not carry as drawn; absent in older files. */
    readonly flattenedDraws?: number;
    /** In the order of the rows of the arrays. */
    readonly recordings: readonly string[];
  } | null;
}

export interface UncertaintyRequest {
  readonly profile: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (simulations: string) => void;
}

/** Intervals of a run's best twin; of test recordings only the stimuli are used. */
export async function computeUncertainty(
  directory: string,
  { profile, signal, onProgress }: UncertaintyRequest,
): Promise<{ uncertainty: Uncertainty; maps: readonly MapInterval[]; twin: Twin; data: Case }> {
  const { twin } = await openTwin(directory);
  const configuration = await readConfiguration(directory);
  await openForDiscovery(configuration);
  const data = await readCase(configuration.case);
  await backEndOfRun(configuration);
  const executor = createExecutor(data, configuration.engine);
  try {
    const context = { data, catalog, executor, seed: configuration.seed, signal };
    const compiled = compileTwin(catalog, twin.spec, data.mesh, { beats: trainedBeats(data) });
    requireWithinBounds(compiled, twin.values);
    const fitting = createFitting(context, compiled);
    onProgress("parameters");
    const known = await parameterUncertainty(fitting, twin.values, { profile });
    onProgress("activation maps");
    const shown = targetsOf(data, data.split.test, twin.spec.observation);
    const found =
      fitting.validation.length > 0
        ? await mapUncertainty(fitting, twin.values, known, shown)
        : null;
    const uncertainty: Uncertainty = {
      format: "leads-uncertainty",
      version: 1,
      level: 0.9,
      twin: await twinHash(directory),
      parameters: known.parameters,
      maps: found && {
        conformal: found.conformal,
        floor_ms: found.floor_ms,
        flattenedDraws: found.flattenedDraws,
        recordings: found.maps.map(({ recording }) => recording),
      },
    };
    return { uncertainty, maps: found?.maps ?? [], twin, data };
  } finally {
    await executor.close();
  }
}

const twinHash = async (directory: string): Promise<string> =>
  sha256(await readBytes(join(directory, runFiles.twin, "twin.json")));

/** Writes the summary, the arrays [recordings * N] and one VTU with both as fields of every node. */
export async function writeUncertainty(
  directory: string,
  uncertainty: Uncertainty,
  maps: readonly MapInterval[],
): Promise<void> {
  const folder = join(directory, runFiles.twin);
  const { mesh } = await readTwin(folder);
  const nodes = nodeCount(mesh);
  const rows = (pick: (map: MapInterval) => Float64Array) => ({
    shape: [maps.length, nodes],
    data: Float64Array.from(maps.flatMap((map) => [...pick(map)])),
    type: "f8" as const,
  });
  if (maps.length > 0) {
    await writeNpyFile(
      join(folder, uncertaintyFiles.activation),
      rows((map) => map.prediction_ms),
    );
    await writeNpyFile(
      join(folder, uncertaintyFiles.half),
      rows((map) => map.half_ms),
    );
    const pointData = Object.fromEntries(
      maps.flatMap(({ recording, prediction_ms, half_ms }) => [
        [`activation_ms ${recording}`, prediction_ms],
        [`half_width_ms ${recording}`, half_ms],
      ]),
    );
    await writeFileAtomic(join(folder, uncertaintyFiles.maps), encodeVtu(mesh, { pointData }));
  }
  // Last: whoever finds it finds the arrays as well.
  await writeJson(join(folder, uncertaintyFiles.summary), uncertainty);
}

/** What was computed for the twin as it is now, with a half-width map by recording; or nothing. */
export async function readUncertainty(
  directory: string,
): Promise<{ uncertainty: Uncertainty; half_ms: ReadonlyMap<string, Float64Array> } | undefined> {
  const folder = join(directory, runFiles.twin);
  const path = join(folder, uncertaintyFiles.summary);
  if (!existsSync(path)) return undefined;
  const uncertainty = (await readJson(path)) as Uncertainty;
  if (uncertainty.twin !== (await twinHash(directory))) return undefined;
  const recordings = uncertainty.maps?.recordings ?? [];
  const half_ms = new Map<string, Float64Array>();
  if (recordings.length > 0) {
    const at = join(folder, uncertaintyFiles.half);
    const { data, shape } = parseNpy(await readBytes(at), at);
    recordings.forEach((id, k) => {
      half_ms.set(id, Float64Array.from(data.slice(k * shape[1], (k + 1) * shape[1])));
    });
  }
  return { uncertainty, half_ms };
}
