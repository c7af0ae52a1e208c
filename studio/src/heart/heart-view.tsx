import { createEffect, createSignal, For, onCleanup, Show } from "solid-js";
import type { ViewProps } from "../run-page.jsx";
import { Legend } from "../ui/legend.jsx";
import { Notice } from "../ui/notice.jsx";
import { Traces } from "../ui/traces.jsx";
import { Controls, Player } from "./controls.jsx";
import { createHeartState, type HeartState } from "./heart-state.js";
import { errorText } from "./maps.js";
import { createStage, type Stage } from "./stage.js";
import "./heart.css";

/** Maps of one beat: measured, predicted and their difference, turning together. */
export default function HeartView(props: ViewProps) {
  const state = createHeartState(props);
  const [stage, setStage] = createSignal<Stage>();
  const [node, setNode] = createSignal<number | null>(null);
  return (
    <div class="heart">
      <Show
        when={props.run.details.entry.caseId}
        fallback={
          <Notice kind="problem">
            The case of this run is not among the folders that were opened: name it too.
          </Notice>
        }
      >
        <Controls {...props} state={state} stage={stage()} />
        <Show when={state.problem()}>
          {(problem) => <Notice kind="problem">{problem()}</Notice>}
        </Show>
        <Show when={state.busy()}>
          <Notice kind="wait">The twin is being simulated …</Notice>
        </Show>
        <Legends state={state} />
        <HeartCanvas state={state} onStage={setStage} onNode={setNode} node={node()} />
        <Player state={state} />
        <NodeTraces state={state} node={node()} />
      </Show>
    </div>
  );
}

function Legends(props: { state: HeartState }) {
  return (
    <div class="legends">
      <For each={props.state.panels()}>
        {(panel) => (
          <div>
            <Legend
              title={panel.title}
              unit={panel.unit}
              range={panel.range}
              colours={panel.colours}
            />
            <Show when={panel.colours === "error"}>
              <p class="quiet">{errorText(panel.values, panel.unit)}</p>
            </Show>
          </div>
        )}
      </For>
    </div>
  );
}

interface CanvasProps {
  readonly state: HeartState;
  readonly node: number | null;
  readonly onStage: (stage: Stage) => void;
  readonly onNode: (node: number | null) => void;
}

function HeartCanvas(props: CanvasProps) {
  const [problem, setProblem] = createSignal("");
  let canvas!: HTMLCanvasElement;
  let stage: Stage | undefined;
  let layout = "";
  createEffect(() => {
    const mesh = props.state.mesh();
    if (!mesh || stage) return;
    try {
      stage = createStage(canvas, mesh);
    } catch {
      setProblem(
        "This browser shows no WebGL, so there is no heart to turn; the numbers are in Discovery.",
      );
      return;
    }
    const fit = () => stage?.resize(canvas.clientWidth, canvas.clientHeight);
    const observer = new ResizeObserver(fit);
    observer.observe(canvas);
    fit();
    onCleanup(() => observer.disconnect());
    props.onStage(stage);
  });
  createEffect(() => {
    const panels = props.state.panels();
    const electrodes = props.state.measured()?.nodes ?? [];
    const sites = props.state.sites();
    if (!stage) return;
    // While a potential plays only its values change.
    const now = JSON.stringify([
      panels.map(({ values: _, ...rest }) => rest),
      electrodes.length,
      sites,
    ]);
    if (now === layout) for (const [k, { values }] of panels.entries()) stage.update(k, values);
    else
      stage.show(
        panels.map((panel, k) => ({
          ...panel,
          sites,
          electrodes: k === 0 && electrodes.length < panel.values.length ? electrodes : [],
        })),
      );
    layout = now;
    stage.mark(props.node);
  });
  createEffect(() => stage?.mark(props.node));
  onCleanup(() => stage?.dispose());
  let pressed = { x: 0, y: 0 };
  const click = (event: MouseEvent) => {
    const moved = Math.hypot(event.offsetX - pressed.x, event.offsetY - pressed.y) > 4;
    if (!moved) props.onNode(stage?.pick(event.offsetX, event.offsetY) ?? null);
  };
  const turn: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [-0.2, 0],
    ArrowRight: [0.2, 0],
    ArrowUp: [0, -0.2],
    ArrowDown: [0, 0.2],
  };
  return (
    <Show when={!problem()} fallback={<Notice kind="problem">{problem()}</Notice>}>
      <canvas
        class="stage"
        ref={canvas}
        tabindex="0"
        aria-label="The heart. Arrow keys turn it; a click shows the traces of a node."
        onPointerDown={(event) => {
          pressed = { x: event.offsetX, y: event.offsetY };
        }}
        onClick={click}
        onKeyDown={(event) => {
          const by = turn[event.key];
          if (!by) return;
          event.preventDefault();
          stage?.turn(...by);
        }}
      />
    </Show>
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
