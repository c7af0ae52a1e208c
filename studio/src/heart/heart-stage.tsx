import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import { Notice } from "../ui/notice.jsx";
import type { Panel } from "./panel-scene.js";
import { createStage, type Stage } from "./stage.js";

interface Props {
  readonly mesh: Mesh;
  readonly panels: readonly Omit<Panel, "electrodes" | "sites">[];
  /** Drawn as points on the first panel. */
  readonly electrodes: ArrayLike<number>;
  readonly sites: readonly number[];
  readonly node: number | null;
  readonly label: string;
  readonly onStage?: (stage: Stage) => void;
  readonly onNode: (node: number | null) => void;
}

const turns: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-0.2, 0],
  ArrowRight: [0.2, 0],
  ArrowUp: [0, -0.2],
  ArrowDown: [0, 0.2],
};

/** The canvas with the heart: drag turns, a click picks a node, arrow keys turn. */
export function HeartStage(props: Props) {
  const [problem, setProblem] = createSignal("");
  let canvas!: HTMLCanvasElement;
  let stage: Stage | undefined;
  let layout = "";
  createEffect(() => {
    if (stage) return;
    try {
      stage = createStage(canvas, props.mesh);
    } catch {
      setProblem(
        "This browser shows no WebGL, so there is no heart to turn; Discovery has the numbers.",
      );
      return;
    }
    const fit = () => stage?.resize(canvas.clientWidth, canvas.clientHeight);
    const observer = new ResizeObserver(fit);
    observer.observe(canvas);
    fit();
    onCleanup(() => observer.disconnect());
    props.onStage?.(stage);
  });
  createEffect(() => {
    const { panels, electrodes, sites } = props;
    if (!stage) return;
    // While a potential plays only its values change.
    const looks = panels.map(({ values: _, ...look }) => look);
    const now = JSON.stringify([looks, electrodes, sites]);
    if (now === layout) for (const [k, { values }] of panels.entries()) stage.update(k, values);
    else
      stage.show(
        panels.map((panel, k) => ({ ...panel, sites, electrodes: k === 0 ? electrodes : [] })),
      );
    if (now !== layout) stage.mark(props.node);
    layout = now;
  });
  createEffect(() => stage?.mark(props.node));
  onCleanup(() => stage?.dispose());
  let pressed = { x: 0, y: 0, slack: 0 };
  const click = (event: MouseEvent) => {
    const moved = Math.hypot(event.offsetX - pressed.x, event.offsetY - pressed.y);
    if (moved <= pressed.slack) props.onNode(stage?.pick(event.offsetX, event.offsetY) ?? null);
  };
  return (
    <Show when={!problem()} fallback={<Notice kind="problem">{problem()}</Notice>}>
      <canvas
        class="stage"
        ref={canvas}
        tabindex="0"
        aria-label={props.label}
        onPointerDown={(event) => {
          // A finger is never quite still.
          const slack = event.pointerType === "mouse" ? 4 : 14;
          pressed = { x: event.offsetX, y: event.offsetY, slack };
        }}
        onClick={click}
        onKeyDown={(event) => {
          const by = turns[event.key];
          if (!by) return;
          event.preventDefault();
          stage?.turn(...by);
        }}
      />
    </Show>
  );
}
