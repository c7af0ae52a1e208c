import type { BeatGolden } from "./golden.js";

const provenance =
  "equations of the papers written anew in Python, scipy 1.17 DOP853 at rtol 1e-12, stopped at the switch";

/** Duration at a tenth of the peak from u = 0.5; the equations' own rates are in test/catalog. */
const beat = (
  figures: Pick<BeatGolden, "variant" | "duration_ms" | "peak" | "fine_ms">,
): BeatGolden => {
  const tolerance = { duration_ms: 1e-4 * figures.duration_ms, potential: 1e-4 };
  return {
    ...figures,
    start: { u: 0.5 },
    end_ms: 1.3 * figures.duration_ms,
    level: 0.1 * figures.peak,
    trace: [],
    tolerance: { fine: tolerance, own: tolerance },
  };
};

/** Action potentials of the entries that have no table of rates, by name. */
export const beatsOfFirstFive: Readonly<
  Record<string, { readonly provenance: string; readonly beats: readonly BeatGolden[] }>
> = {
  "aliev-panfilov": {
    provenance,
    beats: [
      beat({ peak: 0.99904765, duration_ms: 347.417838, fine_ms: 0.05 }),
      beat({ variant: "constant-e", peak: 0.99749473, duration_ms: 2732.438109, fine_ms: 0.1 }),
    ],
  },
  "rogers-mcculloch": {
    provenance,
    beats: [beat({ peak: 0.899820976, duration_ms: 145.485286, fine_ms: 0.05 })],
  },
  "mitchell-schaeffer": {
    provenance,
    beats: [beat({ peak: 0.94590047, duration_ms: 287.474571, fine_ms: 0.01 })],
  },
  "modified-mitchell-schaeffer": {
    provenance,
    beats: [
      beat({ peak: 0.99838006, duration_ms: 251.983083, fine_ms: 0.01 }),
      beat({ variant: "torchcor", peak: 0.99984476, duration_ms: 397.56251, fine_ms: 0.01 }),
    ],
  },
  "fitzhugh-nagumo": {
    provenance,
    beats: [
      beat({ variant: "single-cell", peak: 0.886007592, duration_ms: 52.221263, fine_ms: 0.05 }),
    ],
  },
};
