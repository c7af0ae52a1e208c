import { existsSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "../catalog/catalog.js";
import { fail } from "../core/errors.js";
import { viewCatalog } from "../discover/entries.js";
import { type RememberedRun, remember } from "../discover/memory.js";
import { candidatesOf } from "../view/history.js";
import { openForDiscovery } from "./prepare-run.js";
import { readConfiguration, readEvents, readJson, runFiles, wayOn } from "./run-directory.js";
import type { RunResult } from "./run-outcome.js";

/** A finished run folder as one entry of a memory. Errors: "unfinished", "changed-case". */
export async function rememberRun(directory: string): Promise<RememberedRun> {
  const configuration = await readConfiguration(directory);
  const path = join(directory, runFiles.result);
  if (!existsSync(path))
    fail({
      code: "unfinished",
      path: directory,
      message: `${directory} is a run that has not ended: there is no ${runFiles.result}.`,
      fix: `Go on with: ${wayOn(configuration, directory, "close")}`,
    });
  const { fingerprint, posterior } = (await readJson(path)) as RunResult;
  const { summary } = await openForDiscovery(configuration);
  return remember({
    ...{ summary, fingerprint, posterior: posterior ?? {} },
    catalog: viewCatalog(catalog, summary.mesh),
    caseHash: configuration.inputHashes["case.json"],
    archive: candidatesOf(await readEvents(directory)),
  });
}
