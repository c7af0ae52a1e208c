import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { roomyHeap } from "../../src/fit/worker-pool.js";

test("this Node gives a fit's worker the young generation that is asked for", async () => {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const { getHeapSpaceStatistics } = require("node:v8");
     const room = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
     parentPort.postMessage(room.space_available_size + room.space_used_size);`,
    { eval: true, ...roomyHeap() },
  );
  const [room_bytes] = await once(worker, "message");
  await worker.terminate();
  expect(room_bytes).toBeGreaterThanOrEqual(31 * 2 ** 20);
});
