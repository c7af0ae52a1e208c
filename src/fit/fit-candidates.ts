import type { TwinSpec } from "../twin/spec.js";
import type { CandidateResult } from "./candidate.js";
import type { FirstStarts } from "./context.js";
import type { Executor } from "./executor.js";

export interface FitRequest {
  readonly spec: TwinSpec;
  readonly seed: number;
  readonly starts?: FirstStarts;
}

/**
 * Fits that do not wait for each other: each is one job, led by whoever runs it, so that workers need
 * nobody in between. The results are those of fitCandidate, one by one, bit for bit.
 */
export async function fitCandidates(
  { executor, signal }: { executor: Executor; signal?: AbortSignal },
  fits: readonly FitRequest[],
): Promise<CandidateResult[]> {
  // Shared between threads: an interrupt reaches the fits while they run.
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const interrupt = () => Atomics.store(stop, 0, 1);
  if (signal?.aborted) interrupt();
  signal?.addEventListener("abort", interrupt, { once: true });
  try {
    const fit = async ({ spec, seed, starts }: FitRequest) => {
      const [result] = await executor.run<"candidate">(spec, [
        { kind: "candidate", seed, stop, ...(starts ? { starts } : {}) },
      ]);
      return result;
    };
    return await Promise.all(fits.map(fit));
  } finally {
    signal?.removeEventListener("abort", interrupt);
  }
}
