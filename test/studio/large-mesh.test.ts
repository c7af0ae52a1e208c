import { afterEach, expect, test, vi } from "vitest";
import { createEngine } from "../../studio/src/engine/client.js";
import type { PredictedBeat, PredictRequest } from "../../studio/src/engine/protocol.js";
import { isLargeMesh, largeMeshText } from "../../studio/src/ui/size.js";

afterEach(() => vi.unstubAllGlobals());

test("5,000 nodes are simulated at once, 200,000 when they are asked for", () => {
  expect([420, 5000, 20_000].map(isLargeMesh)).toEqual([false, false, false]);
  expect(isLargeMesh(200_000)).toBe(true);
  expect(largeMeshText(199_703)).toContain("199,703 nodes");
});

test("another beat takes the place of one that is still being simulated", async () => {
  const made: ReturnType<typeof fakeWorker>[] = [];
  function fakeWorker() {
    const heard = new Map<string, (event: unknown) => void>();
    return {
      asked: [] as number[],
      ended: false,
      addEventListener: (name: string, hear: (event: unknown) => void) => heard.set(name, hear),
      postMessage({ id }: { id: number }) {
        this.asked.push(id);
      },
      terminate() {
        this.ended = true;
      },
      say: (data: unknown) => heard.get("message")!({ data }),
    };
  }
  vi.stubGlobal("Worker", function Worker() {
    made.push(fakeWorker());
    return made.at(-1);
  });
  const engine = createEngine();
  const request = {} as PredictRequest;
  let first: PredictedBeat | undefined;
  void engine.ask("predict", request).then((answer) => {
    first = answer;
  });
  const second = engine.ask("predict", request);
  expect(made.map(({ ended, asked }) => [ended, asked])).toEqual([
    [true, [0]],
    [false, [1]],
  ]);
  made[0].say({ id: 0, answer: "late" });
  made[1].say({ id: 1, answer: "beat" });
  expect(await second).toBe("beat");
  expect(first).toBeUndefined();
  const third = engine.ask("predict", request);
  made[1].say({ id: 2, answer: "next" });
  expect(await third).toBe("next");
  expect(made.length).toBe(2);
});
