import { Worker } from "node:worker_threads";
import { LeadsError, type Problem } from "../core/errors.js";

/** What a thread says: any number of times how far it is, then one of the others. */
export type ThreadReply =
  | { readonly progress: string }
  | { readonly result: unknown }
  | { readonly error: Problem };

interface Asked {
  readonly file: URL;
  readonly workerData: unknown;
  readonly signal: AbortSignal;
  readonly onProgress?: (text: string) => void;
}

/**
 * Does one thing in a thread of its own: its result, or the LeadsError that it ended with ("internal"
 * where the thread broke down or ended without a word). Rejects when it is interrupted.
 */
export function inWorker({ file, workerData, signal, onProgress }: Asked): Promise<unknown> {
  return new Promise((done, failed) => {
    const worker = new Worker(file, { workerData });
    const abort = () => {
      void worker.terminate();
      failed(signal.reason);
    };
    const end = (value: unknown) => {
      signal.removeEventListener("abort", abort);
      void worker.terminate();
      done(value);
    };
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    worker.on("message", (reply: ThreadReply) => {
      if ("progress" in reply) onProgress?.(reply.progress);
      else end("error" in reply ? new LeadsError(reply.error) : reply.result);
    });
    const broken = (message: string) => end(new LeadsError({ code: "internal", message }));
    worker.on("error", (error) => broken(`a worker thread failed (${error.message})`));
    worker.on("exit", () => broken("a worker thread has ended"));
  });
}
