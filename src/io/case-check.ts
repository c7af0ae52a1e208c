import type { ActivationData, Case, PotentialData, Recording } from "../case/case.js";
import { checkNodes, checkStimulus, wrong } from "../case/stimulus-check.js";
import { fail } from "../core/errors.js";
import { nodeCount } from "../mesh/mesh.js";

/**
 * Everything a Case promises: shapes, node ranges, increasing times, unique ids, each recording in one
 * part of the split, something to train on and something to test on. Missing values are NaN; infinite
 * ones are refused. `partial`: some parts of the split were left on the disk on purpose.
 * Errors: "bad-case", "no-test".
 */
export function checkCase(value: Case, options: { path?: string; partial?: boolean } = {}): void {
  const path = options.path ?? value.name;
  const nodes = nodeCount(value.mesh);
  const ids = new Set<string>();
  for (const recording of value.recordings) {
    if (ids.has(recording.id))
      wrong(path, `two recordings are called "${recording.id}"`, "Rename one.");
    ids.add(recording.id);
    checkRecording(recording, nodes, `${path}, recording "${recording.id}"`);
  }
  checkSplit(value, ids, { path, partial: options.partial ?? false });
}

function checkSplit(
  value: Case,
  ids: ReadonlySet<string>,
  options: { path: string; partial: boolean },
): void {
  const { path, partial } = options;
  const seen = new Set<string>();
  for (const part of ["train", "validation", "test"] as const)
    for (const id of value.split[part]) {
      if (!ids.has(id))
        wrong(
          path,
          `split.${part} names "${id}", which is no recording`,
          `There are: ${[...ids].join(", ")}.`,
        );
      if (seen.has(id))
        wrong(path, `"${id}" stands twice in the split`, "Each recording has one role.");
      seen.add(id);
    }
  const idle = [...ids].filter((id) => !seen.has(id));
  if (idle.length > 0)
    wrong(path, `"${idle[0]}" is in no part of the split`, "Put it in train, validation or test.");
  if (partial) return;
  if (value.split.train.length === 0)
    wrong(path, "there is nothing to train on", "Put a recording in train.");
  if (value.split.test.length === 0)
    fail({
      code: "no-test",
      message: `${path}: there is no test recording, so no score could be trusted.`,
      path,
      fix: "Put a recording that fitting never sees (another pacing site, beat or electrodes) in test.",
    });
}

function checkRecording(recording: Recording, nodes: number, path: string): void {
  const { potential, activation, stimuli } = recording;
  if (recording.id === "" || recording.beat === "")
    wrong(path, "id and beat need a name", "Name them.");
  if (!potential && !activation)
    wrong(path, "holds neither potential nor activation", "Give one of them.");
  if (potential) checkPotential(potential, nodes, `${path}, potential`);
  if (activation) checkActivation(activation, nodes, `${path}, activation`);
  if (stimuli.kind === "given")
    for (const [i, stimulus] of stimuli.stimuli.entries())
      checkStimulus(stimulus, nodes, `${path}, stimulus ${i + 1}`);
}

function checkPotential(data: PotentialData, nodes: number, path: string): void {
  checkNodes(data.nodes, nodes, path);
  const [frames, channels] = [data.times_ms.length, data.nodes.length];
  if (frames < 2) wrong(path, `${frames} frames`, "Give two at least.");
  if (data.values.length !== frames * channels)
    wrong(
      path,
      `${data.values.length} values for ${frames} frames of ${channels} nodes`,
      "Values are [T, K], frame after frame.",
    );
  for (let t = 0; t < frames; t++)
    if (!Number.isFinite(data.times_ms[t]) || (t > 0 && !(data.times_ms[t] > data.times_ms[t - 1])))
      wrong(
        path,
        `time ${data.times_ms[t]} of frame ${t} does not increase`,
        "Times are in ms and increase.",
      );
  checkValues(data.values, path);
}

function checkActivation(data: ActivationData, nodes: number, path: string): void {
  checkNodes(data.nodes, nodes, path);
  if (data.times_ms.length !== data.nodes.length)
    wrong(
      path,
      `${data.times_ms.length} times for ${data.nodes.length} nodes`,
      "Give one time a node.",
    );
  checkValues(data.times_ms, path);
  const late = data.times_ms.findIndex((t) => Math.abs(t) > latest_ms);
  if (late >= 0)
    wrong(
      path,
      `activation time ${late} is ${data.times_ms[late]} ms, beyond ${latest_ms} ms`,
      "Give milliseconds from the start of the beat, and NaN where nothing was measured.",
    );
}

/** A quarter of an hour: beats last a second. */
const latest_ms = 1e6;

function checkValues(values: Float32Array | Float64Array, path: string): void {
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === Infinity || values[i] === -Infinity)
      wrong(path, `value ${i} is infinite`, "Write NaN for what is missing.");
    if (!Number.isNaN(values[i])) seen++;
  }
  if (seen === 0) wrong(path, "every value is missing (NaN)", "Leave the recording out.");
}
