import type { Graph, Node } from "./graph.js";
import type { KernelSpec, Output, Source } from "./kernel-spec.js";
import { algebra } from "./operations.js";

/** Time of an event that has not happened. */
export const never = 1e30;

/**
 * First upward crossing of `threshold` (activation) and the first downward crossing of `recovered`
 * after it, interpolated linearly between `time` and `time + dt`.
 */
export function crossingPass(graph: Graph): KernelSpec {
  const g = algebra(graph);
  const input = (name: string) => graph.input(`crossing.${name}`);
  const [before, after, activated, recovered] = ["before", "after", "activated", "recovered"].map(
    input,
  );
  const [time, dt, up, down] = ["time", "dt", "threshold", "recovery_threshold"].map(input);
  const unset = (t: Node) => g.lt(g.num(never / 2), t);
  const and = (a: Node, b: Node) => graph.apply("and", a, b);
  const moment = (level: Node) =>
    g.add(time, g.mul(dt, g.div(g.sub(level, before), g.sub(after, before))));
  const rises = and(g.lt(before, up), graph.apply("le", up, after));
  const falls = and(g.lt(down, before), graph.apply("le", after, down));
  const node = (stream: string): Source => ({ from: "node", stream });
  const row = (index: number): Source => ({ from: "global", stream: "clock", index });
  const store = (stream: string, value: Node): Output => ({
    per: "node",
    stream,
    value,
    mode: "store",
  });
  return {
    name: "crossing",
    graph,
    inputs: {
      "crossing.before": node("before"),
      "crossing.after": node("after"),
      "crossing.activated": node("activated"),
      "crossing.recovered": node("recovered"),
      "crossing.time": row(0),
      "crossing.dt": row(1),
      "crossing.threshold": row(2),
      "crossing.recovery_threshold": row(3),
    },
    sums: {},
    outputs: [
      store("activated", g.select(and(unset(activated), rises), moment(up), activated)),
      store(
        "recovered",
        g.select(
          and(and(unset(recovered), falls), graph.apply("not", unset(activated))),
          moment(down),
          recovered,
        ),
      ),
    ],
    reductions: [],
    padded: false,
  };
}
