import type { Mesh } from "../../../src/mesh/mesh.js";
import type { TwinSpec, TwinValues } from "../../../src/twin/spec.js";
import type { PacingProtocol } from "../../../src/view/protocol.js";
import type { TissueChange } from "./lab-session.js";

/** What the page says to the worker of the lab. */
export type LabCommand =
  | {
      readonly kind: "open";
      readonly mesh: Mesh;
      readonly spec: TwinSpec;
      readonly values: TwinValues;
    }
  /** Simulated ms per ms of the clock. */
  | { readonly kind: "run"; readonly speed: number }
  | { readonly kind: "pause" }
  | { readonly kind: "pace"; readonly node: number }
  | {
      readonly kind: "tissue";
      /** One node: a spot. Several: the line through them. */
      readonly through: readonly number[];
      readonly change: TissueChange;
    }
  | { readonly kind: "heal" }
  | { readonly kind: "fitted" }
  | { readonly kind: "parameter"; readonly name: string; readonly value: number }
  | { readonly kind: "reset" }
  /** Starts a saved protocol from rest. */
  | { readonly kind: "load"; readonly protocol: PacingProtocol }
  /** S1 x count, then S2, from rest. */
  | {
      readonly kind: "pair";
      readonly node: number;
      readonly s1_ms: number;
      readonly count: number;
      readonly s2_ms: number;
    }
  | { readonly kind: "save" }
  | { readonly kind: "scan"; readonly request: ScanRequest }
  | { readonly kind: "stop-scan" };

/** S1-S2 from one site for falling S2, each from the same state behind the last S1. */
export interface ScanRequest {
  readonly node: number;
  /** Where action potentials are measured. */
  readonly at: number;
  readonly s1_ms: number;
  readonly count: number;
  readonly s2_ms: readonly number[];
}

export interface ScanPoint {
  readonly s2_ms: number;
  /** Diastolic interval before S2's beat and its duration where it is measured; null = no beat there. */
  readonly di_ms: number | null;
  readonly apd_ms: number | null;
  /** Nodes that S2's beat reaches / those that S1's reaches. */
  readonly reached: number;
  /** Nodes activate again although nothing paces them. */
  readonly reentry: boolean;
}

export type LabMessage =
  | { readonly kind: "opened"; readonly dt_ms: number; readonly span_ms: number }
  | {
      readonly kind: "frame";
      readonly now_ms: number;
      readonly potential: Float32Array;
      readonly activation_ms: Float32Array;
      /** Simulated ms per ms of the clock, lately. */
      readonly speed: number;
    }
  | { readonly kind: "saved"; readonly protocol: PacingProtocol }
  | {
      readonly kind: "changed";
      /** [N] conductivity / that of the twin. */
      readonly factors: Float64Array;
      readonly parameters: PacingProtocol["parameters"];
    }
  | { readonly kind: "scanned"; readonly points: readonly ScanPoint[]; readonly done: boolean }
  | { readonly kind: "problem"; readonly message: string };
