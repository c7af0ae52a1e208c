import { fail } from "../core/errors.js";
import type { Catalog, TwinSpec } from "../twin/spec.js";
import { defaultSpec, numericsFor } from "../twin/spec.js";
import { plainDiffusion } from "./agents/situation.js";
import { completeSpec } from "./apply.js";
import type { CaseSummary } from "./case-summary.js";
import { viewCatalog } from "./entries.js";

/**
 * The structure a run begins with, whoever drives it: the first reaction, the simplest physical
 * diffusion that suits the mesh, and the observation model that the signals call for.
 */
export function initialSpecFor(
  catalog: Catalog,
  summary: CaseSummary,
  wanted: Partial<TwinSpec> = {},
): TwinSpec {
  const [reaction] = Object.keys(catalog.reactions);
  const diffusion = plainDiffusion({ catalog: viewCatalog(catalog, summary.mesh), case: summary });
  if (!reaction || !diffusion)
    return fail({
      code: "empty-catalog",
      message: "The catalog has no reaction, or no diffusion that suits this mesh.",
      fix: "Add entries to the catalog, or name others with --reactions or --diffusions.",
    });
  const { arbitraryScale } = summary;
  const scaled = { gainOffset: true, drift: true, temporalBlur_ms: "fitted", noiseByChannel: true };
  return completeSpec(catalog, {
    ...defaultSpec,
    numerics: numericsFor(catalog.reactions[reaction]),
    reaction: { name: reaction },
    diffusion: { name: diffusion.name, options: {} },
    observation: { ...defaultSpec.observation, ...(arbitraryScale ? scaled : {}) },
    ...wanted,
  } as TwinSpec);
}
