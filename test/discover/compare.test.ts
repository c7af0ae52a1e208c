import { expect, test } from "vitest";
import { compareCandidates } from "../../src/discover/compare.js";
import { runWith, scarTruth, scripted, summary } from "./fixtures.js";

const try_ = (reaction: string, more: object[] = []) => ({
  thought: `try ${reaction}`,
  actions: [{ action: "set_reaction", reaction }, ...more],
});

test("only what differs is told, by its path", async () => {
  const decisions = [
    try_("queen"),
    try_("queen", [{ action: "set_fit", fit: { starts: 9 } }]),
    try_("rook"),
  ];
  const { archive } = await runWith({
    agent: {
      name: "script",
      decide: async ({ step }) =>
        (decisions[step] ?? {
          thought: "end",
          actions: [{ action: "stop", reason: "x" }],
        }) as never,
    },
    evaluate: scripted(scarTruth),
  });
  const [a, b, c] = archive;
  expect(compareCandidates(a, a, summary)).toEqual({});
  const effort = compareCandidates(a, b, summary);
  expect(effort["spec.fit.starts"]).toEqual([a.result.spec.fit.starts, 9]);
  expect(Object.keys(effort).filter((path) => path.startsWith("spec."))).toEqual([
    "spec.fit.starts",
  ]);
  const reaction = compareCandidates(b, c, summary);
  expect(reaction["spec.reaction.name"]).toEqual(["queen", "rook"]);
  expect(reaction.trainMisfit).toEqual([b.result.train.mse, c.result.train.mse]);
  // The same for both: the reaction's parameter, and the weak one at its bound.
  expect(reaction).not.toHaveProperty(["parameters.reaction.a"]);
  expect(reaction).not.toHaveProperty("weak");
});
