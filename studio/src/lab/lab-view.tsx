import { createMemo, createResource, createSignal, onCleanup, Show } from "solid-js";
import { type Candidate, describeSpec } from "../../../src/discover/archive.js";
import { type Mesh, nodeCount } from "../../../src/mesh/mesh.js";
import { fetchMesh } from "../data.js";
import { HeartStage } from "../heart/heart-stage.jsx";
import { addressOf } from "../route.js";
import type { ViewProps } from "../run-page.jsx";
import { LargeMesh } from "../ui/large-mesh.jsx";
import { Legend } from "../ui/legend.jsx";
import { Notice } from "../ui/notice.jsx";
import { isLargeMesh, simulatedNodes } from "../ui/size.js";
import { Traces } from "../ui/traces.jsx";
import { createLab, type Lab } from "./lab.js";
import type { LabQuantity } from "./lab-panels.js";
import { LabRun } from "./lab-run.jsx";
import { createTools, Tools } from "./lab-tools.jsx";
import { Pairs } from "./pairs.jsx";
import { Sliders } from "./sliders.jsx";
import "./lab.css";

/** The discovered twin under the mouse: pace it, scar it, change its numbers. */
export default function LabView(props: ViewProps) {
  const [mesh] = createResource(() => props.run.case?.id, fetchMesh);
  /** The best one when the lab was opened: a better one does not take the bench away. */
  const candidate = createMemo((before: Candidate | undefined) => {
    const id = props.route().query.candidate;
    return id === undefined ? (before ?? props.run.best()) : props.run.candidates()[Number(id)];
  });
  const fitted = () => {
    const known = candidate();
    return known?.result.status === "fitted" ? known : undefined;
  };
  return (
    <Show when={props.run.case} fallback={<Notice kind="problem">{props.run.caseProblem}</Notice>}>
      <Show
        when={fitted()}
        keyed
        fallback={
          <Notice kind="note">
            {candidate()
              ? `Candidate ${candidate()!.id} was not fitted: choose another one in Discovery.`
              : "No candidate has been fitted yet."}
          </Notice>
        }
      >
        {(known) => (
          <Show when={mesh()} keyed>
            {(on) => <Door {...props} mesh={on} candidate={known} />}
          </Show>
        )}
      </Show>
    </Show>
  );
}

/** A large mesh is not simulated unasked. */
function Door(props: BenchProps) {
  const nodes = simulatedNodes(nodeCount(props.mesh), props.candidate.result.spec);
  const [open, setOpen] = createSignal(!isLargeMesh(nodes));
  return (
    <Show
      when={open()}
      fallback={
        <LargeMesh nodes={nodes} action="Open the lab with it" onAllow={() => setOpen(true)} />
      }
    >
      <Bench {...props} />
    </Show>
  );
}

interface BenchProps extends ViewProps {
  readonly mesh: Mesh;
  readonly candidate: Candidate;
}

function Bench(props: BenchProps) {
  const { result } = props.candidate;
  const lab = createLab(props.mesh, result.spec, result.values);
  onCleanup(lab.stop);
  const tools = createTools(lab);
  const [node, setNode] = createSignal(0);
  const use = (at: number | null) => {
    if (at === null) return;
    setNode(at);
    lab.watch(at);
    tools.use(at);
  };
  return (
    <div class="lab">
      <aside class="pane" aria-label="What is done to the twin">
        <Which {...props} />
        <LabRun lab={lab} mesh={props.mesh} />
        <Tools tools={tools} lab={lab} />
        <Pairs lab={lab} node={node()} />
        <Sliders result={result} lab={lab} />
      </aside>
      <LabHeart lab={lab} mesh={props.mesh} node={node()} onNode={use} />
    </div>
  );
}

function Which(props: BenchProps) {
  const better = () => {
    const best = props.run.best();
    return best && best.id !== props.candidate.id ? best.id : undefined;
  };
  return (
    <p class="lab-which">
      Twin #{props.candidate.id}: {describeSpec(props.candidate.result.spec)}{" "}
      <Show when={better() !== undefined}>
        <a
          href={addressOf({
            view: "lab",
            run: props.id,
            query: { candidate: String(better()) },
          })}
        >
          best: #{better()}
        </a>
      </Show>
    </p>
  );
}

interface HeartProps {
  readonly lab: Lab;
  readonly mesh: Mesh;
  readonly node: number;
  readonly onNode: (node: number | null) => void;
}

function LabHeart(props: HeartProps) {
  const [quantity, setQuantity] = createSignal<LabQuantity>("potential");
  const panel = createMemo(() => props.lab.panel(quantity()));
  return (
    <section class="lab-heart" aria-label="The twin">
      <Show when={props.lab.problem()}>
        {(problem) => <Notice kind="problem">{problem()}</Notice>}
      </Show>
      <div class="lab-shown">
        <label>
          show{" "}
          <select
            aria-label="map"
            onChange={(event) => setQuantity(event.currentTarget.value as LabQuantity)}
          >
            <option value="potential">potential</option>
            <option value="activation">last activation</option>
          </select>
        </label>
        <Legend {...panel()} />
      </div>
      <HeartStage
        mesh={props.mesh}
        panels={[panel()]}
        electrodes={props.lab.changed()}
        sites={[]}
        node={props.node}
        onNode={props.onNode}
        label="The twin. Arrow keys turn it; a click paces it."
      />
      <h2>Node {props.node}</h2>
      <Show when={props.lab.trace().x.length < 2}>
        <p class="quiet">Click the heart and run: its potential over time is drawn here.</p>
      </Show>
      <Traces
        lines={[{ name: "potential", colour: "#cf6a1b", ...props.lab.trace() }]}
        x="time, ms"
        y="potential"
        height={140}
        label={`Potential of node ${props.node} over time`}
      />
    </section>
  );
}
