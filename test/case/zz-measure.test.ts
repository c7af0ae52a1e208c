import { appendFileSync } from "node:fs";
import { test } from "vitest";
import { createSyntheticPatient } from "../../src/case/synthetic.js";
import { syntheticOptions } from "../../src/case/synthetic-options.js";
import { catalog } from "../../src/catalog/catalog.js";
import { truthSimulator } from "../../src/twin/truth.js";

const log = (x: unknown) => appendFileSync("/tmp/synth/out.txt", `${JSON.stringify(x)}\n`);
const [names, seeds, preset] = (process.env.SY ?? "").split("|");
const extra = JSON.parse(process.env.SX ?? "{}");
test("full", { timeout: 900000 }, () => {
  for (const seed of seeds.split(",").map(Number))
    for (const name of names.split(",")) {
      const base = truthSimulator(catalog);
      const times: unknown[] = [];
      const timed = {
        ...base,
        simulate: (r: any) => {
          const t = Date.now();
          const out = base.simulate(r);
          times.push([r.accuracy, r.recordings.length, Date.now() - t]);
          if (r.accuracy === "truth" && process.env.SE) {
            const one = { ...r, recordings: r.recordings.slice(0, 4) };
            const ref = base.simulate({ ...one, finerSteps: 8 });
            for (const f of [1, 2, 4]) {
              const o = base.simulate({ ...one, finerSteps: f });
              let e = 0,
                n = 0,
                a = 0;
              o.runs.forEach((run, q) => {
                const v = ref.runs[q].potential;
                for (let i = 0; i < v.length; i++) {
                  e += (v[i] - run.potential[i]) ** 2;
                  n++;
                }
                run.activation_ms.forEach((t, i) => {
                  if (Number.isFinite(t))
                    a = Math.max(a, Math.abs(t - ref.runs[q].activation_ms[i]));
                });
              });
              times.push({ finer: f, step: o.numerics.step_ms, mse: e / n, at: a });
            }
          }
          return out;
        },
      };
      const t0 = Date.now();
      try {
        const p = createSyntheticPatient(
          syntheticOptions(preset, { reaction: { name }, seed, ...extra }),
          timed,
        );
        const seconds = (Date.now() - t0) / 1000;
        let zero = 0,
          mean = 0,
          n = 0;
        for (const r of p.clean) {
          const v = r.potential!.values;
          const N = r.potential!.nodes.length;
          for (let f = 0; f < v.length / N; f++) {
            let m = 0;
            for (let i = 0; i < N; i++) m += v[f * N + i] / N;
            for (let i = 0; i < N; i++) {
              zero += v[f * N + i] ** 2;
              mean += (v[f * N + i] - m) ** 2;
              n++;
            }
          }
        }
        log({
          name,
          seed,
          preset,
          seconds,
          N: p.case.mesh.points.length / 3,
          ...p.truth.measured,
          silent: p.truth.measured.silent.length,
          D: p.truth.diffusion.along_mm2_per_ms,
          Dx: p.truth.diffusion.across_mm2_per_ms,
          radius: p.truth.stimulus.radius_mm / p.truth.measured.spacing_mm,
          ball: (p.case.recordings[0].stimuli as any).stimuli[0].nodes.length,
          zero: zero / n,
          mean: mean / n,
          params: p.truth.reaction.parameters,
          num: p.truth.numerics,
          split: p.case.split.test,
          times,
        });
      } catch (e: any) {
        log({
          name,
          seed,
          preset,
          error: e.message,
          fix: e.fix,
          stack: e.code ? "" : e.stack,
          times,
        });
      }
    }
});
