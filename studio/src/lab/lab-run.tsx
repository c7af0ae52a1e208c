import { createEffect, createSignal, For, Show } from "solid-js";
import type { Mesh } from "../../../src/mesh/mesh.js";
import { download, nodesCsv } from "../heart/exports.js";
import { figure } from "../ui/format.js";
import type { Lab } from "./lab.js";

const speeds = [0.05, 0.1, 0.25, 0.5, 1, 2] as const;

interface Props {
  readonly lab: Lab;
  readonly mesh: Mesh;
}

/** The clock of the twin. */
export function LabRun(props: Props) {
  const [speed, setSpeed] = createSignal(0.1);
  createEffect(() => {
    if (props.lab.running()) props.lab.run(speed());
  });
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
      <select aria-label="speed" onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
        <For each={speeds}>
          {(value) => (
            <option value={value} selected={value === speed()}>
              {value} × real time
            </option>
          )}
        </For>
      </select>
      <output>
        {figure(props.lab.now_ms(), 4)} ms
        <Show when={props.lab.running()}>
          <span class="quiet"> at {figure(props.lab.speed(), 2)} × real time</span>
        </Show>
      </output>
      <Files {...props} />
    </div>
  );
}

function Files(props: Props) {
  const save = async () => {
    const text = `${JSON.stringify(await props.lab.save(), null, 2)}\n`;
    download("protocol.json", new Blob([text], { type: "application/json" }));
  };
  const csv = () => {
    const { values } = props.lab.panel("potential");
    download("potential.csv", nodesCsv(props.mesh, [{ name: "potential", values }]));
  };
  const load = async (file: File | undefined) => {
    if (file) props.lab.load(await file.text(), file.name);
  };
  return (
    <span class="group">
      <button type="button" onClick={save}>
        Save the protocol
      </button>
      <button type="button" onClick={csv}>
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
  );
}
