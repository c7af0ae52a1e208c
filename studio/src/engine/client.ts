import type { Answered, EngineRequest, EngineRequests } from "./protocol.js";

interface Waiting {
  readonly id: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The simulating worker, started when it is first asked. What is asked anew takes the place of what
 * is still under way: that is dropped, and its promise stays open.
 */
export function createEngine() {
  let worker: Worker | undefined;
  let waiting: Waiting | undefined;
  let next = 0;
  const stop = () => {
    worker?.terminate();
    worker = undefined;
    waiting = undefined;
  };
  const start = () => {
    const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    started.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      if (waiting?.id !== data.id) return;
      const asked = waiting;
      waiting = undefined;
      if ("error" in data) asked.reject(new Error(data.error));
      else asked.resolve(data.answer as never);
    });
    started.addEventListener("error", ({ message }) => {
      if (worker !== started) return;
      waiting?.reject(new Error(`The engine stopped: ${message}`));
      stop();
    });
    return started;
  };
  return {
    ask: <R extends EngineRequest>(request: R, ask: EngineRequests[R]["ask"]) => {
      if (waiting) stop();
      worker ??= start();
      const id = next++;
      return new Promise<EngineRequests[R]["answer"]>((resolve, reject) => {
        waiting = { id, resolve, reject };
        worker!.postMessage({ id, request, ask });
      });
    },
    stop,
  };
}
export type Engine = ReturnType<typeof createEngine>;
