import { LeadsError } from "../../../src/core/errors.js";
import { predict } from "./predict.js";
import type { Asked, EngineRequest, EngineRequests } from "./protocol.js";

type Answers = {
  [R in EngineRequest]: (ask: EngineRequests[R]["ask"]) => EngineRequests[R]["answer"];
};

const answers: Answers = { predict };

addEventListener("message", ({ data }: MessageEvent<Asked>) => {
  const { id, request, ask } = data;
  try {
    postMessage({ id, answer: answers[request](ask) });
  } catch (error) {
    const { message, fix } = error as LeadsError;
    const known = error instanceof LeadsError && fix ? `${message} ${fix}` : message;
    postMessage({ id, error: known });
  }
});
