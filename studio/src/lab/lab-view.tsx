import { createEffect, createResource, createSignal, For, onCleanup, Show } from "solid-js";
import type { CandidateResult } from "../../../src/fit/candidate.js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import { fetchMesh } from "../data.js";
import { download, nodesCsv } from "../heart/exports.js";
import { HeartStage } from "../heart/heart-stage.jsx";
import type { ViewProps } from "../run-page.jsx";
import { figure } from "../ui/format.js";
import { Legend } from "../ui/legend.jsx";
import { Notice } from "../ui/notice.jsx";
import { Traces } from "../ui/traces.jsx";
import { createLab, type Lab } from "./lab.js";
import { Pairs } from "./pairs.jsx";
import { Sliders } from "./sliders.jsx";
import "./lab.css";

/** The discovered twin under the mouse: pace it, scar it, change its numbers. */
export default function LabView(props: ViewProps) {
  const caseId = props.run.details.entry.caseId;
  const [mesh] = createResource(() => caseId ?? undefined, fetchMesh);
  const candidate = () => {
    const id = props.route().query.candidate;
    return id === undefined ? props.run.best() : props.run.candidates()[Number(id)];
  };
  return (
    <Show
      when={caseId}
      fallback={<Notice kind="problem">The case of this run was not opened.</Notice>}
    >
      <Show
        when={candidate()?.result.status === "fitted"}
        fallback={<Notice kind="note">No candidate has been fitted yet.</Notice>}
      >
        <Show when={mesh()} keyed>
          {(on) => <Bench mesh={on} result={candidate()!.result} />}
        </Show>
      </Show>
    </Show>
  );
}

type Tool = "pace" | "scar" | "ablate" | "trace";
const tools: Readonly<Record<Tool, string>> = {
  pace: "pace",
  scar: "scar (a tenth conducts)",
  ablate: "ablate (nothing conducts)",
  trace: "show the trace",
};
const speeds = [0.05, 0.1, 0.25, 0.5, 1, 2] as const;

function Bench(props: { mesh: Mesh; result: CandidateResult }) {
  const lab = createLab(props.mesh, props.result.spec, props.result.values);
  onCleanup(lab.stop);
  const [tool, setTool] = createSignal<Tool>("pace");
  const [radius, setRadius] = createSignal(4);
  const [node, setNode] = createSignal(0);
  const use = (at: number | null) => {
    if (at === null) return;
    setNode(at);
    lab.watch(at);
    if (tool() === "pace") lab.pace(at);
    if (tool() === "scar" || tool() === "ablate")
      lab.change(at, { radius_mm: radius(), factor: tool() === "scar" ? 0.1 : 0 });
  };
  return (
    <div class="lab">
      <aside class="pane">
        <Run lab={lab} mesh={props.mesh} />
        <fieldset>
          <legend>A click on the heart</legend>
          <For each={Object.entries(tools)}>
            {([name, text]) => (
              <label>
                <input
                  type="radio"
                  name="tool"
                  checked={tool() === name}
                  onChange={() => setTool(name as Tool)}
                />{" "}
                {text}
              </label>
            )}
          </For>
          <label>
            radius{" "}
            <input
              type="range"
              min="1"
              max="15"
              step="0.5"
              value={radius()}
              onInput={(event) => setRadius(Number(event.currentTarget.value))}
            />{" "}
            {figure(radius())} mm
          </label>
        </fieldset>
        <Pairs lab={lab} node={node()} />
        <Sliders result={props.result} onChange={lab.parameter} />
      </aside>
      <section class="lab-heart">
        <Show when={lab.problem()}>{(problem) => <Notice kind="problem">{problem()}</Notice>}</Show>
        <Legend title="potential" unit="normalised" range={{ low: 0, high: 1 }} colours="viridis" />
        <HeartStage
          mesh={props.mesh}
          panels={[lab.panel()]}
          electrodes={lab.changed()}
          sites={[]}
          node={node()}
          onNode={use}
          label="The twin. Arrow keys turn it; a click paces it."
        />
        <Traces
          lines={[{ name: "potential", colour: "#cf6a1b", ...lab.trace() }]}
          x="time, ms"
          y="potential"
          height={140}
          label={`Potential of node ${node()} over time`}
        />
      </section>
    </div>
  );
}

function Run(props: { lab: Lab; mesh: Mesh }) {
  const [speed, setSpeed] = createSignal(0.1);
  createEffect(() => {
    if (props.lab.running()) props.lab.run(speed());
  });
  const load = async (file: File | undefined) => {
    if (file) props.lab.load(await file.text(), file.name);
  };
  return (
    <div class="lab-run">
      <button
        type="button"
        onClick={() => (props.lab.running() ? props.lab.pause() : props.lab.run(speed()))}
      >
        {props.lab.running() ? "Pause" : "Run"}
      </button>
      <button type="button" onClick={props.lab.reset}>
        Back to rest
      </button>
      <label>
        <select
          aria-label="speed"
          onChange={(event) => setSpeed(Number(event.currentTarget.value))}
        >
          <For each={speeds}>
            {(value) => (
              <option value={value} selected={value === speed()}>
                {value} × real time
              </option>
            )}
          </For>
        </select>
      </label>
      <output>
        {figure(props.lab.now_ms(), 4)} ms
        <Show when={props.lab.running()}>
          <span class="quiet"> at {figure(props.lab.speed(), 2)} × real time</span>
        </Show>
      </output>
      <span class="group">
        <button
          type="button"
          onClick={async () =>
            download(
              "protocol.json",
              new Blob([`${JSON.stringify(await props.lab.save(), null, 2)}\n`], {
                type: "application/json",
              }),
            )
          }
        >
          Save the protocol
        </button>
        <button
          type="button"
          onClick={() => {
            const { values } = props.lab.panel();
            download("potential.csv", nodesCsv(props.mesh, [{ name: "potential", values }]));
          }}
        >
          CSV
        </button>
        <label class="file">
          Load one
          <input
            type="file"
            accept="application/json,.json"
            onChange={(event) => load(event.currentTarget.files?.[0])}
          />
        </label>
      </span>
    </div>
  );
}
