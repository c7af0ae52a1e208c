import { describe, expect, test } from "vitest";
import { catalog } from "../../src/catalog/catalog.js";
import { physicsGates } from "../../src/fit/gates.js";
import { sheet } from "../../src/mesh/generators.js";
import { nodeCount } from "../../src/mesh/mesh.js";
import { compileTwin } from "../../src/twin/compile.js";
import { initialValues } from "../../src/twin/parameters.js";
import { cellStep_ms, reactionRate, simulateCell } from "../../src/twin/single-cell.js";
import { defaultSpec, type Numerics, numericsFor } from "../../src/twin/spec.js";
import { reactionParameters, stepBound } from "../../src/twin/stability.js";

const mesh = sheet({ width_mm: 6, height_mm: 6, spacing_mm: 2 });

function twin(name: string, set: Partial<Numerics> = {}, D = 1) {
  const compiled = compileTwin(
    catalog,
    {
      ...defaultSpec,
      reaction: { name },
      diffusion: { name: "finite-element", options: {} },
      numerics: { ...numericsFor(catalog.reactions[name]), ...set },
    },
    mesh,
  );
  const start = initialValues(compiled.declared, compiled.model, nodeCount(mesh), 1);
  const values = { ...start, scalars: { ...start.scalars, "diffusion.D": D } };
  return { compiled, values, parameters: reactionParameters(values) };
}

const reactions = Object.values(catalog.reactions);

test.each(reactions)("$name passes the gates as published", ({ name }) => {
  const { compiled, values } = twin(name);
  for (const gate of physicsGates(compiled, values))
    expect(gate.passed, `${gate.name}: ${gate.detail}`).toBe(true);
});

const stiff = reactions.filter(({ numerics }) => numerics !== undefined);

describe.each(stiff)("$name", ({ name, numerics }) => {
  const { step_ms } = numerics!;

  test("takes its own step where diffusion allows it, and never a longer one", () => {
    const { compiled, values } = twin(name);
    expect(stepBound(compiled, values)).toMatchObject({ step_ms, limitedBy: "reaction" });
  });

  test("a fast diffusion shortens the step", () => {
    const { compiled, values } = twin(name, {}, 1000);
    const bound = stepBound(compiled, values);
    expect(bound.step_ms).toBeLessThan(step_ms);
    expect(bound.limitedBy).toBe("diffusion");
  });

  test("a scheme that steps gates explicitly is bound by their rates as well", () => {
    const { compiled, values, parameters } = twin(name, { scheme: "rk4" });
    const rate = reactionRate(compiled.system, parameters);
    expect(rate).toBeGreaterThan(reactionRate(compiled.system, parameters, { exactGates: true }));
    expect(stepBound(compiled, values).step_ms).toBeLessThanOrEqual(Math.min(step_ms, 2.78 / rate));
  });

  test("one cell is stable at its step and near the same at half of it", () => {
    const { compiled, parameters } = twin(name);
    expect(cellStep_ms(compiled.system, parameters)).toBe(step_ms);
    const [whole, half] = [1, 2].map((parts) =>
      simulateCell(compiled.system, parameters, {
        dt_ms: step_ms / parts,
        end_ms: 600,
        start: 0.6,
        threshold: 0.1,
        recoveries: 1.1,
      }),
    );
    expect(Math.abs(whole.duration_ms / half.duration_ms - 1)).toBeLessThan(4e-3);
    expect(Math.abs(whole.peak - half.peak)).toBeLessThan(0.02);
  });
});
