/** Figures of the LEADS paper (arXiv:2606.18154) for one of its rows; absent: not reported. */
export interface Published {
  /** Mean squared error of the synthetic test recordings, times 1e3. */
  readonly mse_e3?: number;
  /** By true reaction, times 1e3. */
  readonly byTruth?: Readonly<Record<string, number>>;
  /** Activation-time error of the real recordings; the paper's unit is not known. */
  readonly realActivation?: number;
  readonly note?: string;
}

/** By name of our row; rows that the paper does not have are absent. */
export const published: Readonly<Record<string, Published>> = {
  "oracle-graph": { mse_e3: 0.041, realActivation: 3.42 },
  "leads-published": {
    mse_e3: 26.7,
    byTruth: { "aliev-panfilov": 49.2, "rogers-mcculloch": 10.1, "mitchell-schaeffer": 20.8 },
    realActivation: 5.52,
  },
  "human-hybrid": { mse_e3: 37.6, realActivation: 5.64 },
  "reaction-only-mean": { byTruth: { "rogers-mcculloch": 20.4 } },
  "all-neural": { byTruth: { "aliev-panfilov": 66.1 } },
  "free-form": { mse_e3: 416.3, note: "no valid activation (HDTwinGen)" },
};
