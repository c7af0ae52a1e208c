import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { activationOf, asTruth, layoutOf, truthOf } from "../../bench/mouse-data.js";
import { readMovie } from "../../src/io/optical.js";
import { gaussianProcess } from "../../src/twin/interpolation/gaussian-process.js";

const folder = fileURLToPath(
  new URL("../../../shared/data/mouse-optical-mapping/data/controlV", import.meta.url),
);
const missing = existsSync(folder) ? false : "shared/data/mouse-optical-mapping is not there";

test.skipIf(missing)(
  "a real movie: earlier beats foretell later ones, and noise stays out",
  async () => {
    const movie = await readMovie(folder);
    const truth = truthOf(movie, "controlV");
    const error = (times: Float64Array) =>
      times.reduce((sum, t, i) => sum + Math.abs(t - truth.activation_ms[i]), 0) / times.length;
    const whole = layoutOf(movie, "controlV");
    expect(error(whole.activation_ms)).toBeLessThan(0.2);
    const template = asTruth(whole.mean).scaled;
    const misfit = template.reduce((sum, u, k) => sum + (u - truth.scaled[k]) ** 2, 0);
    expect(misfit / template.length).toBeLessThan(4e-4);
    // Single beats: the pacing clock holds to a millisecond, times of every pixel are found.
    for (const beat of whole.beats) expect(error(activationOf(beat))).toBeLessThan(0.8);
    const few = layoutOf(movie, "controlV", { count: 10, seed: 1 });
    expect(few.mean.nodes.length).toBe(10);
    const known = { nodes: few.mean.nodes, values: few.activation_ms };
    expect(error(gaussianProcess(few.mesh, known).mean)).toBeLessThan(0.4);
  },
);
