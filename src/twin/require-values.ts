import { fail } from "../core/errors.js";
import type { CompiledTwin } from "./compile.js";
import type { TwinValues } from "./spec.js";

/** A number that is missing would silently be whatever the last simulation left in its place. */
export function requireValues({ declared, model, layout }: CompiledTwin, values: TwinValues): void {
  const missing = Object.keys(declared).find((name) => !Number.isFinite(values.scalars[name]));
  if (missing)
    fail({
      code: "bad-twin",
      path: missing,
      message: `The twin has no number for ${missing}.`,
      fix: "Use the values of a twin with this reaction and diffusion.",
    });
  const unknown = Object.keys(values.scalars).find((name) => !Object.hasOwn(declared, name));
  if (unknown)
    fail({
      code: "bad-twin",
      path: unknown,
      message: `The twin has a number for ${unknown}, which its reaction and diffusion do not know.`,
      fix: `They have ${Object.keys(declared).join(", ")}.`,
    });
  const short = layout.fields.find(
    ({ name, count }) => values.fields[name] && values.fields[name].length !== count,
  );
  const weights = model.network?.count ?? 0;
  if (short || values.network.length !== weights)
    fail({
      code: "bad-shape",
      message: short
        ? `Field ${short.name} has ${values.fields[short.name].length} values for ${short.count} nodes.`
        : `The network has ${values.network.length} weights instead of ${weights}.`,
      fix: "Use the values of a twin on this mesh with this diffusion.",
    });
}

/** Share of a bound by which rounding may pass it. */
const slack = 1e-6;

/**
 * What a fit may have moved has to lie where the fit would have left it: beyond, a time step is tiny or
 * the numbers are lost. Errors: "bad-twin" naming the parameter and its bounds.
 */
export function requireWithinBounds({ layout }: CompiledTwin, values: TwinValues): void {
  for (const { name, parameter } of layout.scalars) {
    const [low, high] = parameter.bounds;
    const value = values.scalars[name];
    const reach = slack * Math.max(Math.abs(low), Math.abs(high));
    if (value >= low - reach && value <= high + reach) continue;
    fail({
      code: "bad-twin",
      path: name,
      message: `${name} = ${value} lies outside its bounds, ${low} to ${high}${parameter.unit === "1" ? "" : ` ${parameter.unit}`}.`,
      fix: "Use the twin as leads discover wrote it, or a value within the bounds.",
    });
  }
}
