import { createSignal, Index, Show } from "solid-js";
import type { ViewProps } from "../run-page.jsx";
import { LargeMesh } from "../ui/large-mesh.jsx";
import { Legend } from "../ui/legend.jsx";
import { Notice } from "../ui/notice.jsx";
import { Traces } from "../ui/traces.jsx";
import { Controls, Player } from "./controls.jsx";
import { HeartStage } from "./heart-stage.jsx";
import { createHeartState, type HeartState } from "./heart-state.js";
import { errorText } from "./maps.js";
import type { Stage } from "./stage.js";
import "./heart.css";

/** Maps of one beat: measured, predicted and their difference, turning together. */
export default function HeartView(props: ViewProps) {
  const state = createHeartState(props);
  const [stage, setStage] = createSignal<Stage>();
  const [node, setNode] = createSignal<number | null>(null);
  return (
    <div class="heart">
      <Show
        when={props.run.case}
        fallback={<Notice kind="problem">{props.run.caseProblem}</Notice>}
      >
        <Controls {...props} state={state} stage={stage()} />
        <Show when={state.problem()}>
          {(problem) => <Notice kind="problem">{problem()}</Notice>}
        </Show>
        <Show when={state.nodesUnasked() > 0}>
          <LargeMesh nodes={state.nodesUnasked()} action="Simulate it" onAllow={state.allow} />
        </Show>
        <Legends state={state} />
        <Show when={state.mesh()} keyed>
          {(mesh) => (
            <HeartStage
              mesh={mesh}
              panels={state.panels()}
              electrodes={state.electrodes()}
              sites={state.sites()}
              node={node()}
              onStage={setStage}
              onNode={setNode}
              label="The heart. Arrow keys turn it; a click shows the traces of a node."
            />
          )}
        </Show>
        <Player state={state} />
        <NodeTraces state={state} node={node()} />
      </Show>
    </div>
  );
}

function Legends(props: { state: HeartState }) {
  return (
    <div class="legends">
      <Index each={props.state.panels()}>
        {(panel) => (
          <div>
            <Legend
              title={panel().title}
              unit={panel().unit}
              range={panel().range}
              colours={panel().colours}
            />
            <Show when={panel().colours === "error"}>
              <p class="quiet" role="status">
                {props.state.busy()
                  ? "The twin is being simulated …"
                  : errorText(panel().values, panel().unit)}
              </p>
            </Show>
          </div>
        )}
      </Index>
    </div>
  );
}

/** Measured beside predicted at one node. */
function NodeTraces(props: { state: HeartState; node: number | null }) {
  const lines = () => {
    if (props.node === null) return [];
    const measured = props.state.measured()?.trace(props.node);
    const twin = props.state.predicted()?.trace(props.node);
    return [
      ...(measured
        ? [
            {
              name: "measured",
              colour: "#1c2329",
              dots: true,
              x: measured.times_ms,
              y: measured.values,
            },
          ]
        : []),
      ...(twin ? [{ name: "twin", colour: "#cf6a1b", x: twin.times_ms, y: twin.values }] : []),
    ];
  };
  return (
    <section class="node-traces" aria-live="polite">
      <Show
        when={props.node !== null}
        fallback={<p class="quiet">Click a place of the heart to see its traces.</p>}
      >
        <h2>Node {props.node}</h2>
        <Show when={!props.state.measured()?.trace(props.node!)}>
          <p class="quiet">No potential was measured here.</p>
        </Show>
        <Traces
          lines={lines()}
          x="time, ms"
          y="potential"
          height={180}
          at={props.state.shown() === "potential" ? props.state.time_ms() : undefined}
          label={`Potential of node ${props.node}, measured and predicted`}
        />
      </Show>
    </section>
  );
}
