import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail } from "../../core/errors.js";
import { writeDirectoryAtomic } from "../../io/atomic.js";
import { addresses } from "../../view/contract.js";
import { openLibrary } from "./library.js";
import { createResources } from "./resources.js";
import { pageFolder } from "./server.js";

/** The page and every resource of one run as files. Errors: "nothing-found", "exists", those of reading. */
export async function exportRun(run: string, out: string): Promise<void> {
  const library = await openLibrary([run]);
  if (library.runs.size !== 1)
    fail({
      code: "usage",
      path: run,
      message: `${run} holds ${library.runs.size} runs; one is exported at a time.`,
      fix: "Name the folder of one run.",
    });
  await writeDirectoryAtomic(out, async (folder) => {
    await cp(pageFolder, folder, { recursive: true });
    const write = async (address: string, content: unknown) => {
      const path = join(folder, address);
      await mkdir(dirname(path), { recursive: true });
      const text = content instanceof Uint8Array ? content : `${JSON.stringify(content)}\n`;
      await writeFile(path, text);
    };
    await writeResources(library, write);
  });
}

type Write = (address: string, content: unknown) => Promise<void>;

async function writeResources(library: Awaited<ReturnType<typeof openLibrary>>, write: Write) {
  const resources = createResources(library, { live: false });
  await write(addresses.index, await resources.index());
  for (const id of library.runs.keys()) {
    const details = (await resources.run(id))!;
    await write(addresses.run(id), details);
    if (details.hasUncertainty)
      await write(addresses.uncertainty(id), await resources.uncertainty(id));
    await write(addresses.journal(id), await resources.journal(id));
  }
  for (const id of library.cases.keys()) {
    const details = (await resources.case(id))!;
    await write(addresses.case(id), details);
    await write(addresses.mesh(id), await resources.mesh(id));
    if (details.hasTruth) await write(addresses.truth(id), await resources.truth(id));
    for (const k of details.recordings.keys())
      await write(addresses.recording(id, k), await resources.recording(id, k));
  }
}
