import type { Answered, EngineRequest, EngineRequests } from "./protocol.js";

/** The simulating worker, started when it is first asked; one request after the other. */
export function createEngine() {
  let worker: Worker | undefined;
  let next = 0;
  const waiting = new Map<
    number,
    { resolve: (answer: never) => void; reject: (e: Error) => void }
  >();
  const start = () => {
    const started = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    started.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data.answer as never);
    });
    started.addEventListener("error", ({ message }) => {
      for (const { reject } of waiting.values())
        reject(new Error(`The engine stopped: ${message}`));
      waiting.clear();
      worker = undefined;
    });
    return started;
  };
  return {
    ask: <R extends EngineRequest>(request: R, ask: EngineRequests[R]["ask"]) => {
      worker ??= start();
      const id = next++;
      return new Promise<EngineRequests[R]["answer"]>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker!.postMessage({ id, request, ask });
      });
    },
    stop: () => {
      worker?.terminate();
      worker = undefined;
    },
  };
}
export type Engine = ReturnType<typeof createEngine>;
