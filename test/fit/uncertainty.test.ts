import { describe, expect, test } from "vitest";
import type { Case, Recording } from "../../src/case/case.js";
import { catalog } from "../../src/catalog/catalog.js";
import { createRandom } from "../../src/core/random.js";
import { createSession, inlineExecutor } from "../../src/fit/executor.js";
import { createFitting } from "../../src/fit/fit-candidate.js";
import { candidateSites, information, rankSites, separationOf } from "../../src/fit/next-site.js";
import { targetsOf } from "../../src/fit/targets.js";
import { conformal } from "../../src/fit/uncertainty/conformal.js";
import { directionsOf } from "../../src/fit/uncertainty/directions.js";
import { type Linearisation, spreadOf } from "../../src/fit/uncertainty/effective.js";
import { intervalOf } from "../../src/fit/uncertainty/intervals.js";
import { drawTwins, errorsAt, mapUncertainty } from "../../src/fit/uncertainty/maps.js";
import { parameterUncertainty } from "../../src/fit/uncertainty/parameters.js";
import { profileSide } from "../../src/fit/uncertainty/profile.js";
import { refine } from "../../src/fit/uncertainty/refine.js";
import { student95 } from "../../src/fit/uncertainty/student.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { lanePotential, simulate, timeGrid } from "../../src/twin/simulate.js";
import { defaultSpec, type TwinSpec } from "../../src/twin/spec.js";
import { stableStep_ms } from "../../src/twin/stability.js";

/** A straight line fitted to R * G groups of `size` values; errors as `errorOf` says. */
function line(
  { R, G, size }: { R: number; G: number; size: number },
  errorOf: (r: number, g: number) => number,
): { linearisation: Linearisation; slope: number } {
  const rows = Array.from({ length: R * G * size }, (_, i) => {
    const [r, g] = [Math.floor(i / (G * size)), Math.floor(i / size) % G];
    const x = Math.sin(1 + 3.1 * i);
    return { r, g, x, y: errorOf(r, g) };
  });
  const total = (f: (row: (typeof rows)[number]) => number) => rows.reduce((s, q) => s + f(q), 0);
  const [n, sx, sxx] = [rows.length, total((q) => q.x), total((q) => q.x * q.x)];
  const [sy, sxy] = [total((q) => q.y), total((q) => q.x * q.y)];
  const determinant = n * sxx - sx * sx;
  const [intercept, slope] = [
    (sxx * sy - sx * sxy) / determinant,
    (n * sxy - sx * sy) / determinant,
  ];
  const scores = Array.from({ length: R }, () => new Float64Array(2 * G));
  const hessians = scores.map(() => Array.from({ length: G }, () => new Float64Array(4)));
  let squares = 0;
  for (const { r, g, x, y } of rows) {
    const residual = intercept + slope * x - y;
    squares += residual * residual;
    scores[r][2 * g] += residual;
    scores[r][2 * g + 1] += x * residual;
    [1, x, x, x * x].forEach((v, k) => {
      hessians[r][g][k] += v;
    });
  }
  const hessian = Float64Array.of(n, sx, sx, sxx);
  const variance = squares / (n - 2);
  const linearisation = { hessian, scores, hessians, patches: G, variance, count: n };
  return { linearisation, slope: intercept };
}

describe("Laplace with effective samples", () => {
  const random = createRandom(5, "line");

  test("independent errors: the closed form of a straight line", () => {
    const { linearisation } = line({ R: 4, G: 6, size: 10 }, () => random.normal());
    const [n, sx, , sxx] = linearisation.hessian;
    const determinant = n * sxx - sx * sx;
    const { independent, deviation } = spreadOf(linearisation, 2);
    const exact = [sxx, n].map((v) => Math.sqrt((linearisation.variance * v) / determinant));
    exact.forEach((sd, k) => {
      expect(Math.abs(independent[k] / sd - 1)).toBeLessThan(1e-12);
      expect(deviation[k]).toBeGreaterThanOrEqual(independent[k]);
    });
  });

  test("groups left out: the deletion formula is the refit without them", () => {
    // y = slope x through the origin; every recording is one group, one of them with most leverage.
    const x = [1, 2, 1, 6];
    const y = [1.3, 1.7, 0.6, 6.4];
    const slopeOf = (used: readonly number[]) =>
      used.reduce((s, k) => s + x[k] * y[k], 0) / used.reduce((s, k) => s + x[k] * x[k], 0);
    const all = [0, 1, 2, 3];
    const slope = slopeOf(all);
    const left = all.map((k) => slopeOf(all.filter((j) => j !== k)));
    const mean = left.reduce((a, b) => a + b) / 4;
    const exact = Math.sqrt((3 / 4) * left.reduce((s, v) => s + (v - mean) ** 2, 0));
    const { deviation } = spreadOf(
      {
        hessian: Float64Array.of(x.reduce((s, v) => s + v * v, 0)),
        scores: x.map((v, k) => Float64Array.of(v * (slope * v - y[k]))),
        hessians: x.map((v) => [Float64Array.of(v * v)]),
        patches: 1,
        variance: 0,
        count: 4,
      },
      1,
    );
    expect(Math.abs(deviation[0] / exact - 1)).toBeLessThan(1e-12);
  });

  test("what one group alone sees stays where it is when the group is left out", () => {
    // The second parameter is the first recording's own offset.
    const hessians = [[Float64Array.of(4, 2, 2, 2)], [Float64Array.of(3, 0, 0, 0)]];
    const scores = [Float64Array.of(0.5, 1e-9), Float64Array.of(-0.5, 0)];
    const hessian = Float64Array.of(7, 2, 2, 2);
    const line = { hessian, scores, hessians, patches: 1, variance: 1e-9, count: 9 };
    const { deviation } = spreadOf(line, 2);
    // psi = 0.5 / 3 without the first; without the second (4 2; 2 2) (a b) = (-0.5 0).
    const mean = (0.5 / 3 - 0.25) / 2;
    const exact = Math.sqrt(((0.5 / 3 - mean) ** 2 + (-0.25 - mean) ** 2) / 2);
    expect(deviation[0]).toBeCloseTo(exact, 6);
    expect(Number.isFinite(deviation[1])).toBe(true);
  });

  test("white noise keeps most of its samples, and nine intervals in ten hold the truth", () => {
    const runs = Array.from({ length: 400 }, () => {
      const { linearisation, slope } = line({ R: 6, G: 8, size: 5 }, () => random.normal());
      const { half, effectiveSamples } = spreadOf(linearisation, 2);
      return { inside: Math.abs(slope) <= half[0], samples: effectiveSamples[0] };
    });
    const coverage = runs.filter(({ inside }) => inside).length / runs.length;
    expect(coverage).toBeGreaterThan(0.87);
    expect(coverage).toBeLessThan(0.985);
    const samples = runs.reduce((s, run) => s + run.samples, 0) / runs.length;
    expect(samples).toBeGreaterThan(0.6 * 240);
  });

  test.each(["recording", "patch"])("an error shared by a %s is not counted as many", (kind) => {
    const runs = Array.from({ length: 300 }, () => {
      const shared = Array.from({ length: 8 }, () => random.normal());
      const { linearisation, slope } = line(
        { R: 8, G: 8, size: 20 },
        (r, g) => shared[kind === "patch" ? g : r] + 0.1 * random.normal(),
      );
      const { half, independent, effectiveSamples } = spreadOf(linearisation, 2);
      const naive = Math.abs(slope) <= 1.645 * independent[0];
      return { inside: Math.abs(slope) <= half[0], naive, samples: effectiveSamples[0] };
    });
    const share = (key: "inside" | "naive") => runs.filter((run) => run[key]).length / runs.length;
    expect(share("naive")).toBeLessThan(0.3);
    expect(share("inside")).toBeGreaterThan(0.82);
    expect(share("inside")).toBeLessThan(0.97);
    const samples = runs.map((run) => run.samples).sort((a, b) => a - b)[150];
    // Eight groups, whatever the 1280 values.
    expect(samples).toBeGreaterThan(4);
    expect(samples).toBeLessThan(25);
  });

  test("Student's t: tables of the 95 % quantile", () => {
    for (const [freedom, t] of [
      [1, 6.3138],
      [2, 2.92],
      [3, 2.3534],
      [7, 1.8946],
      [30, 1.6973],
      [Number.POSITIVE_INFINITY, 1.6449],
    ])
      expect(Math.abs(student95(freedom) / t - 1), `t ${freedom}`).toBeLessThan(3e-3);
  });
});

describe("profile likelihood", () => {
  const parabola = (curvature: number) => async (d: number) => 7 + curvature * d * d;

  test("a parabola: the closed form, from any guess", async () => {
    for (const guess of [0.02, 0.5, 5]) {
      const side = { limit: 10, sign: 1, guess, least: 7, threshold: 2.706 } as const;
      const at = (await profileSide({ ...side, costAt: parabola(3) })) as number;
      expect(Math.abs(at / Math.sqrt(2.706 / 3) - 1)).toBeLessThan(0.05);
    }
  });

  test("sides differ where the cost does; the sign is passed on", async () => {
    const costAt = async (d: number) => (d > 0 ? d * d : 16 * d * d);
    const side = { limit: 10, guess: 1, least: 0, threshold: 4, costAt } as const;
    expect(await profileSide({ ...side, sign: 1 })).toBeCloseTo(2, 1);
    expect(await profileSide({ ...side, sign: -1 })).toBeCloseTo(0.5, 1);
  });

  test("a flat profile is open: the range ends before the cost has risen", async () => {
    const side = { limit: 2, sign: 1, guess: 0.3, least: 7, threshold: 2.706 } as const;
    expect(await profileSide({ ...side, costAt: parabola(0.01) })).toBe("range");
    expect(await profileSide({ ...side, costAt: async () => 7 })).toBe("range");
  });

  test("a search that runs out of steps says so, and not that the range has ended", async () => {
    const side = { limit: 1e9, sign: 1, guess: 1e-3, least: 7, threshold: 2.706 } as const;
    expect(await profileSide({ ...side, costAt: async () => 7 })).toBe("steps");
    const compiled = compileTwin(catalog, spec, mesh);
    const [scalar] = compiled.layout.scalars;
    const twin = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
    const found = { above: 0.01, method: "profile", effectiveSamples: 9 } as const;
    const reasonOf = (below: "steps" | "range") =>
      intervalOf(scalar, { twin, optimum: twin }, { ...found, below }).reason;
    expect(reasonOf("steps")).toMatch(/open below: the search ended/);
    expect(reasonOf("range")).toMatch(/open below: the declared range ends first/);
  });

  test("a twin that leaves the numbers is outside: the search comes back from there", async () => {
    const costAt = async (d: number) => (d > 0.5 ? Number.POSITIVE_INFINITY : 7 + 30 * d * d);
    const side = { limit: 2, sign: 1, guess: 1.5, least: 7, threshold: 2.706, costAt } as const;
    expect(
      Math.abs(((await profileSide(side)) as number) / Math.sqrt(2.706 / 30) - 1),
    ).toBeLessThan(0.05);
  });
});

describe("conformal intervals", () => {
  const site = (errors: readonly number[]) => ({ errors, scales: errors.map(() => 1) });

  test("the factor is the rank that the theorem names", () => {
    const errors = Array.from({ length: 19 }, (_, k) => (k % 2 ? 1 : -1) * (k + 1));
    expect(conformal([site(errors)]).factor).toBe(18);
    expect(conformal([site(errors.slice(0, 9))]).factor).toBe(9);
    expect(conformal([site(errors.slice(0, 8))]).factor).toBe(Number.POSITIVE_INFINITY);
  });

  test("times where the twin is silent count as infinitely wrong", () => {
    const errors = Array.from({ length: 38 }, (_, k) => k + 1);
    const some = conformal([site([...errors, Number.POSITIVE_INFINITY])]);
    expect(some.silent).toBeCloseTo(1 / 39, 12);
    expect(some.factor).toBe(36);
    // One in ten and more: no bounded interval holds nine in ten.
    const many = conformal([site([...errors, ...new Array(8).fill(Number.POSITIVE_INFINITY)])]);
    expect(many.factor).toBe(Number.POSITIVE_INFINITY);
  });

  test("exchangeable errors are covered nine times in ten, whatever their distribution", () => {
    const random = createRandom(11, "conformal");
    let inside = 0;
    const [runs, held] = [3000, 39];
    for (let run = 0; run < runs; run++) {
      // Heavy tails and unequal scales, known up to a factor that is wrong.
      const draw = () => {
        const scale = Math.exp(random.normal());
        return { scale, error: (3 * scale * random.normal()) / (0.1 + random.uniform()) };
      };
      const known = Array.from({ length: held }, draw);
      const { factor } = conformal([
        { errors: known.map((d) => d.error), scales: known.map((d) => d.scale) },
      ]);
      const next = draw();
      if (Math.abs(next.error) <= factor * next.scale) inside++;
    }
    // 36 of 40 exactly; three standard errors of 3000 runs.
    expect(Math.abs(inside / runs - 0.9)).toBeLessThan(0.0165);
  });

  test("a site unlike the others shows", () => {
    const like = Array.from({ length: 20 }, (_, k) => k / 20);
    const { acrossSites, sites } = conformal([
      site(like),
      site(like),
      site(like.map((e) => e + 9)),
    ]);
    expect(sites).toBe(3);
    expect(acrossSites?.[0]).toBe(0);
    expect(acrossSites?.[1]).toBe(1);
  });
});

const mesh = sheet({ width_mm: 20, height_mm: 16, spacing_mm: 2 });
const truth = { "reaction.a": 0.13, "reaction.time_scale": 11, "diffusion.D": 0.35 };
const spec: TwinSpec = {
  ...defaultSpec,
  reaction: { name: "aliev-panfilov" },
  diffusion: { name: "finite-element", options: {} },
  fit: { ...defaultSpec.fit, freeReaction: ["a", "time_scale"], starts: 1 },
};

const disc = (site: number) =>
  Array.from({ length: nodeCount(mesh) }, (_, i) => i).filter(
    (i) =>
      Math.hypot(
        mesh.points[3 * i] - mesh.points[3 * site],
        mesh.points[3 * i + 1] - mesh.points[3 * site + 1],
      ) < 6,
  );

/** A sheet paced at its corners, with white noise. */
function noisySheet() {
  const nodes = nodeCount(mesh);
  const compiled = compileTwin(catalog, spec, mesh);
  const published = initialValues(compiled.declared, compiled.model, nodes, 1);
  const values = { ...published, scalars: { ...published.scalars, ...truth } };
  const [interval, samples] = [6, 60];
  const grid = timeGrid(interval, samples, stableStep_ms(compiled, values) / 2);
  const random = createRandom(2, "noise");
  const recordings = [0, 9, nodes - 1, nodes - 10, Math.floor(nodes / 2)].map(
    (site, k): Recording => {
      const stimuli = [{ kind: "initial", nodes: disc(site), value: 1 }] as const;
      const recording = {
        id: `r${k}`,
        beat: `r${k}`,
        stimuli: { kind: "given", stimuli },
      } as const;
      const simulation = simulate(compiled, [{ values, recording }], {
        grid,
        backEnd: "js-float64",
      });
      const noisy = lanePotential(simulation, 0).map((u) => u + 0.03 * random.normal());
      return {
        ...recording,
        potential: {
          times_ms: Float64Array.from({ length: samples }, (_, f) => f * interval),
          nodes: Int32Array.from({ length: nodes }, (_, i) => i),
          values: Float32Array.from(noisy),
          arbitraryScale: false,
        },
      };
    },
  );
  const split = { train: ["r0", "r1", "r2"], validation: ["r3"], test: ["r4"] };
  const data: Case = { name: "sheet", source: "test", mesh, recordings, split };
  const executor = inlineExecutor(createSession(catalog, data));
  const fitting = createFitting({ data, catalog, executor, seed: 1 }, compiled);
  return { data, compiled, fitting, values };
}

describe("a twin of a noisy sheet", () => {
  const { data, compiled, fitting, values } = noisySheet();
  const linear = parameterUncertainty(fitting, values, { profile: false });

  test("every free parameter is identified, and its interval holds the truth", async () => {
    const { parameters } = await linear;
    for (const [name, value] of Object.entries(truth)) {
      const found = parameters.find((p) => p.name === name)!;
      expect(found.verdict, name).toBe("identified");
      expect(found.low!, name).toBeLessThan(value);
      expect(found.high!, name).toBeGreaterThan(value);
      expect(found.high! / found.low! - 1).toBeLessThan(0.1);
    }
    expect(parameters.find((p) => p.name === "reaction.mu1")?.verdict).toBe("fixed");
  });

  test("the variance is the cost by what the three scalars leave of the residuals", async () => {
    const { cost, linearisation } = (await linear).optimum;
    expect(cost / linearisation.variance).toBeCloseTo(linearisation.count - 3, 3);
  });

  test("refits of a robust loss keep the scales that they are given", async () => {
    const robust = { ...spec, observation: { ...spec.observation, loss: "huber" } } as const;
    const executor = inlineExecutor(createSession(catalog, data));
    const context = { data, catalog, executor, seed: 1 };
    const own = createFitting(context, compileTwin(catalog, robust, mesh));
    const options = { targets: own.train, iterations: 0 };
    const { scales, cost } = await refine(own, values, options);
    for (const scale of scales) expect(Math.abs(scale / 0.03 - 1)).toBeLessThan(0.05);
    const slower = { ...values, scalars: { ...values.scalars, "diffusion.D": 0.3 } };
    const estimated = await refine(own, slower, options);
    const kept = await refine(own, slower, { ...options, scales });
    expect(kept.scales).toEqual(scales);
    expect(estimated.scales).not.toEqual(scales);
    expect(kept.cost).not.toBe(estimated.cost);
    expect(kept.cost).toBeGreaterThan(cost);
  });

  test("the profile agrees with the curvature where the loss is a parabola", async () => {
    const { parameters } = await linear;
    const profiled = await parameterUncertainty(fitting, values, { profile: true });
    for (const p of profiled.parameters.filter(({ verdict }) => verdict !== "fixed")) {
      const other = parameters.find(({ name }) => name === p.name)!;
      expect(p.method).toBe("profile");
      const ratio = Math.log(p.high! / p.low!) / Math.log(other.high! / other.low!);
      expect(ratio, p.name).toBeGreaterThan(0.85);
      expect(ratio, p.name).toBeLessThan(1.15);
    }
  });

  test("intervals of the test map hold nine measured times in ten", async () => {
    const shown = targetsOf(data, data.split.test, spec.observation);
    const { maps, conformal: sized } = await mapUncertainty(fitting, values, await linear, shown);
    expect(sized.sites).toBe(1);
    expect(maps[0].half_ms).toHaveLength(nodeCount(mesh));
    const errors = errorsAt(shown[0], maps[0].prediction_ms);
    const inside = errors.filter(({ node, error }) => Math.abs(error) <= maps[0].half_ms[node]);
    expect(inside.length / errors.length).toBeGreaterThan(0.8);
    expect(inside.length / errors.length).toBeLessThan(1);
  });

  test("a map is no narrower than the scatter of the draws, however well validation went", async () => {
    const { spread } = await linear;
    const vague = { spread: { ...spread, deviation: spread.deviation.map((sd) => 30 * sd) } };
    const shown = targetsOf(data, data.split.test, spec.observation);
    const { maps, conformal: sized } = await mapUncertainty(fitting, values, vague, shown);
    expect(sized.factor).toBeLessThan(1.6);
    maps[0].half_ms.forEach((half, node) => {
      if (maps[0].spread_ms[node] > 0) expect(half).toBeGreaterThan(1.64 * maps[0].spread_ms[node]);
    });
  });

  test("draws scatter as the standard errors say, and repeat", async () => {
    const known = await linear;
    const draws = (label: string) =>
      drawTwins(fitting, values, known.spread, createRandom(1, label)).twins;
    expect(draws("a")[3].scalars).toEqual(draws("a")[3].scalars);
    const all = Array.from({ length: 25 }, (_, k) => draws(`many-${k}`)).flat();
    const logs = all.map(({ scalars }) => Math.log(scalars["diffusion.D"] / truth["diffusion.D"]));
    const k = known.optimum.directions.scalars.findIndex(({ name }) => name === "diffusion.D");
    const sd = Math.sqrt(logs.reduce((s, v) => s + v * v, 0) / logs.length);
    expect(Math.abs(sd / known.spread.deviation[k] - 1)).toBeLessThan(0.15);
  });

  test("sites near those that were paced are no candidates; the ranking falls", async () => {
    const sites = candidateSites(data, 5);
    for (const site of sites) expect(disc(0)).not.toContain(site);
    const twins = [
      values,
      ...drawTwins(fitting, values, (await linear).spread, createRandom(1, "d")).twins,
    ];
    const slower = { ...values, scalars: { ...values.scalars, "diffusion.D": 0.3 } };
    const one = { name: "true", weight: 0.6, compiled, twins };
    const other = { name: "slow", weight: 0.4, compiled, twins: [slower] };
    const alone = rankSites({ data, rivals: [one], noise_ms: 1, sites });
    expect(alone.map(({ node }) => node).sort()).toEqual([...sites].sort());
    expect(alone.every(({ separation }) => separation === null)).toBe(true);
    const gains = alone.map(({ information_nats }) => information_nats);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(gains[gains.length - 1]).toBeGreaterThan(0);
    const two = rankSites({ data, rivals: [one, other], noise_ms: 1, sites });
    const apart = two.map(({ separation }) => separation!);
    expect(apart).toEqual([...apart].sort((a, b) => b - a));
    expect(apart[0]).toBeGreaterThan(0.5);
  });

  test("a case without a given stimulus has none to repeat", () => {
    const recordings = data.recordings.map((r) => ({
      ...r,
      stimuli: { kind: "unknown" } as const,
    }));
    expect(() => candidateSites({ ...data, recordings }, 3)).toThrow(/none to repeat/);
  });
});

describe("criteria of the next site", () => {
  test("separation and information of one node: the closed forms", () => {
    const maps = [
      [Float64Array.of(10), Float64Array.of(9), Float64Array.of(11)],
      [Float64Array.of(16), Float64Array.of(16), Float64Array.of(16)],
    ];
    // (10 - 16)^2 / (2 * 2^2 + 2 + 0)
    const apart = separationOf([{ weight: 0.7 }, { weight: 0.3 }], maps, 2);
    expect(apart).toBeCloseTo(Math.sqrt(36 / 10), 12);
    // V = 2, noise 2: 1/2 ln(1 + 2 / 4)
    expect(information(maps[0].slice(1), 2)).toBeCloseTo(0.5 * Math.log(1.5), 12);
    expect(information(maps[1].slice(1), 2)).toBeCloseTo(0, 12);
  });
});

describe("directions of a field", () => {
  const wide = sheet({ width_mm: 40, height_mm: 36, spacing_mm: 2 });
  const field = { ...spec, diffusion: { name: "conductivity-field", options: {} } };
  const compiled = compileTwin(catalog, field, wide);
  const nodes = nodeCount(wide);
  const base = initialValues(compiled.declared, compiled.model, nodes, 1);
  const random = createRandom(4, "field");
  const bumpy = {
    ...base,
    fields: {
      "diffusion.log_scale": Float64Array.from({ length: nodes }, () => 0.3 * random.normal()),
    },
  };
  const directions = directionsOf(compiled, bumpy);
  const first = directions.scalars.length;

  test("the bumps of a large mesh add up to a shift of the whole field", () => {
    expect(nodes).toBeGreaterThan(300);
    expect(directions.size - first).toBe(128);
    const q = new Float64Array(directions.size).fill(0.2, first);
    const moved = directions.valuesAt(q);
    for (const [name, value] of Object.entries(base.scalars))
      expect(moved.scalars[name], name).toBeCloseTo(value, 12);
    moved.fields["diffusion.log_scale"].forEach((y, i) => {
      expect(y).toBeCloseTo(bumpy.fields["diffusion.log_scale"][i] + 0.2, 2);
    });
  });

  test("the penalty is the fit's own: lambda / N sum (y_i - y_j)^2", () => {
    const { matrix, linear, constant } = directions.smoothness;
    const q = Float64Array.from({ length: directions.size }, (_, k) =>
      k < first ? 0 : 0.1 * random.normal(),
    );
    const y = directions.valuesAt(q).fields["diffusion.log_scale"];
    const { edges, lengths } = compiled.graph;
    const [{ smoothness, count }] = compiled.layout.fields;
    let exact = 0;
    for (let e = 0; e < lengths.length; e++)
      exact += (smoothness / count) * (y[edges[2 * e]] - y[edges[2 * e + 1]]) ** 2;
    let form = constant;
    for (let a = 0; a < q.length; a++) {
      form += 2 * linear[a] * q[a];
      for (let b = 0; b < q.length; b++) form += q[a] * matrix[a * q.length + b] * q[b];
    }
    expect(Math.abs(form / exact - 1)).toBeLessThan(1e-9);
  });
});
