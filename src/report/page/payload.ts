import { type ActivationMap, errorOf, type ReportData, toFloat32 } from "../data.js";
import { figure } from "../format.js";

/** What the page's script reads: arrays as base64 of little-endian float32 or int32. */
export interface PagePayload {
  readonly points: string;
  readonly triangles: string;
  readonly maps: readonly PageMap[];
  readonly fields: readonly PageField[];
}

export interface PageMap {
  readonly truth: string;
  readonly prediction: string;
  readonly uncertainty?: string;
  readonly pacing: readonly number[];
  readonly electrodes: readonly number[];
  readonly about: string;
}

export interface PageField {
  readonly values: string;
  readonly unit: string;
  readonly scale: "linear" | "log";
}

export function pagePayload(data: ReportData): PagePayload {
  return {
    points: base64(toFloat32(data.surface.points)),
    triangles: base64(Int32Array.from(data.surface.triangles, Number)),
    maps: data.maps.map((map) => ({
      truth: base64(toFloat32(map.truth_ms)),
      prediction: base64(toFloat32(map.prediction_ms)),
      ...(map.uncertainty_ms && { uncertainty: base64(toFloat32(map.uncertainty_ms)) }),
      pacing: map.pacingNodes,
      electrodes: map.electrodeNodes,
      about: mapFacts(map),
    })),
    fields: data.fields.map(({ values, unit, scale }) => ({
      values: base64(toFloat32(values)),
      unit,
      scale,
    })),
  };
}

/** Mean and largest error in one sentence. */
export function mapFacts(map: ActivationMap): string {
  const errors = errorOf(map).filter(Number.isFinite);
  if (errors.length === 0) return "No node has both a truth and a prediction.";
  const sizes = errors.map(Math.abs);
  const mean = sizes.reduce((sum, value) => sum + value, 0) / sizes.length;
  const bias = errors.reduce((sum, value) => sum + value, 0) / errors.length;
  return (
    `Mean absolute error ${figure(mean)} ms, largest ${figure(sizes.reduce((most, value) => Math.max(most, value)))} ms, ` +
    `bias ${figure(bias)} ms, over ${errors.length} nodes.`
  );
}

function base64(values: Float32Array | Int32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  // String.fromCharCode takes its arguments from the stack: in pieces. (No Buffer: the studio runs this too.)
  const chunks = Array.from({ length: Math.ceil(bytes.length / 8192) }, (_, k) =>
    String.fromCharCode(...bytes.subarray(8192 * k, 8192 * (k + 1))),
  );
  return btoa(chunks.join(""));
}
