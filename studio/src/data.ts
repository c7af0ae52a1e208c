import type { Recording } from "../../src/case/case.js";
import type { Truth } from "../../src/case/synthetic.js";
import { decode, type Json } from "../../src/discover/canonical.js";
import type { Mesh } from "../../src/mesh/mesh.js";
import {
  addresses,
  type CaseDetails,
  type NewRun,
  type RunDetails,
  type StudioIndex,
  type UncertaintyDetails,
} from "../../src/view/contract.js";

/** What went wrong, in words for the person at the page. */
export class PageError extends Error {}

async function get(address: string): Promise<Response> {
  const response = await fetch(address).catch(() => {
    throw new PageError("The server does not answer. Is leads studio still running?");
  });
  if (response.ok) return response;
  const { message, fix } = await response.json().catch(() => ({ message: "", fix: "" }));
  throw new PageError([message || `${address}: not found.`, fix].filter(Boolean).join(" "));
}

const json = async <T>(address: string): Promise<T> => (await get(address)).json();
const decoded = async <T>(address: string): Promise<T> => decode(await json<Json>(address)) as T;

export async function fetchIndex(): Promise<StudioIndex> {
  const index = await json<StudioIndex>(addresses.index);
  if (index.format !== "leads-studio" || index.version !== 1)
    throw new PageError(
      "The data are of another version of leads: reload the page, or export again.",
    );
  return index;
}

export const fetchRun = (id: string) => json<RunDetails>(addresses.run(id));
export const fetchCase = (id: string) => json<CaseDetails>(addresses.case(id));
export const fetchMesh = (id: string) => decoded<Mesh>(addresses.mesh(id));
export const fetchRecording = (id: string, k: number) =>
  decoded<Recording>(addresses.recording(id, k));
export const fetchUncertainty = (id: string) =>
  decoded<UncertaintyDetails>(addresses.uncertainty(id));
export const fetchTruth = (id: string) => json<Truth>(addresses.truth(id));
export const fetchJournal = async (id: string): Promise<string> =>
  (await get(addresses.journal(id))).text();

async function post<T>(address: string, body: unknown): Promise<T> {
  const response = await fetch(address, { method: "POST", body: JSON.stringify(body) }).catch(
    () => {
      throw new PageError("The server does not answer; nothing was changed.");
    },
  );
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new PageError([answer.message, answer.fix].filter(Boolean).join(" "));
  return answer as T;
}

export const steer = (id: string, command: unknown) =>
  post<{ ok: true }>(addresses.steer(id), command);
export const startRun = (request: NewRun) => post<{ id: string }>(addresses.start, request);
