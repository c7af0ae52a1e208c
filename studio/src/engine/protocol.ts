import type { Recording } from "../../../src/case/case.js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";

/** What the page asks of the worker that simulates; every request has one answer. */
export interface EngineRequests {
  /** Free roll-out of a twin on one recording, sampled like its frames. */
  predict: { readonly ask: PredictRequest; readonly answer: PredictedBeat };
}
export type EngineRequest = keyof EngineRequests;

export interface PredictRequest {
  readonly mesh: Mesh;
  readonly spec: TwinSpec;
  readonly values: TwinValues;
  /** Beats that were learnt from: their timing shifts are numbers of the twin. */
  readonly beats: readonly string[];
  readonly recording: Recording;
}

export interface PredictedBeat {
  /** Between frames: those of the recording, where it has any. */
  readonly every_ms: number;
  readonly frames: number;
  /** [frames * N] normalised potential. */
  readonly potential: Float32Array;
  /** [N] ms; NaN = silent. */
  readonly activation_ms: Float64Array;
  readonly recovery_ms: Float64Array;
}

export interface Asked {
  readonly id: number;
  readonly request: EngineRequest;
  readonly ask: EngineRequests[EngineRequest]["ask"];
}
export type Answered =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string };
