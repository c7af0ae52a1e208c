import {
  allNeural,
  type Restriction as Control,
  leadsAsPublished,
} from "../discover/restrictions.js";
import type { Method, Restriction } from "./configuration.js";

/** The two-variable reactions that agents are offered by default, as rows "physics with ...". */
export const twoVariable = [
  "aliev-panfilov",
  "rogers-mcculloch",
  "mitchell-schaeffer",
  "modified-mitchell-schaeffer",
  "fitzhugh-nagumo",
] as const;

/** Without name and title: what a configuration holds of a control. */
const only = ({ reactions, diffusions }: Control): Restriction => ({
  ...(reactions ? { reactions } : {}),
  ...(diffusions ? { diffusions } : {}),
});

const search = (name: string, title: string, agent: string, restrict?: Restriction): Method => ({
  name,
  title,
  kind: "search",
  agent,
  ...(restrict ? { restrict } : {}),
});

const predictor = (name: string, title: string, key: string): Method => ({
  name,
  title,
  kind: "trivial",
  predictor: key,
});

/** Rows in the order of the table. */
export const methods: readonly Method[] = [
  search("expert", "expert", "expert"),
  search("random", "random search", "random"),
  search("halving", "successive halving", "exhaustive"),
  search("bandit", "bandit (Thompson sampling)", "bandit"),
  {
    name: "oracle",
    title: "oracle physics (true reaction given)",
    kind: "given",
    reaction: "truth",
    diffusion: "plain",
  },
  {
    name: "oracle-graph",
    title: "the same, graph Laplacian",
    kind: "given",
    reaction: "truth",
    diffusion: "graph-laplacian",
  },
  ...twoVariable.map(
    (reaction): Method => ({
      name: `physics-${reaction}`,
      title: `physics, ${reaction}`,
      kind: "given",
      reaction,
      diffusion: "plain",
    }),
  ),
  {
    name: "human-hybrid",
    title: "human hybrid (truth given, attention)",
    kind: "given",
    reaction: "truth",
    diffusion: "graph-attention",
  },
  search("diffusion-only", "diffusion search only", "expert", { reactions: "drawn" }),
  search("reaction-only", "reaction search only", "expert", { diffusions: "plain" }),
  search("reaction-only-mean", "reaction search only, mean aggreg.", "expert", {
    ...only(leadsAsPublished),
    diffusions: ["mean-aggregation"],
  }),
  search("leads-published", "LEADS as published", "expert", only(leadsAsPublished)),
  search("all-neural", "all-neural", "expert", only(allNeural)),
  predictor("zero", "zero", "zero"),
  predictor("spatial-mean", "spatial mean per frame", "spatial_mean"),
  predictor("nearest-site", "nearest pacing site", "nearest_pacing"),
];

/** Rows of the real suite that stand in for a nearest pacing site: its beats have none. */
export const interpolations: readonly Method[] = [
  predictor("nearest-electrode", "nearest electrode", "nearest"),
  predictor("thin-plate", "thin plate", "thin-plate"),
  predictor("bi-laplacian", "bi-Laplacian", "bi-laplacian"),
  predictor("gaussian-process", "Gaussian process", "gaussian-process"),
];
