import { createEffect, createSignal, For, onCleanup, Show } from "solid-js";
import { describeSpec } from "../../../src/discover/archive.js";
import type { ViewProps } from "../run-page.jsx";
import { colourMapNames } from "../ui/colours.js";
import { figure } from "../ui/format.js";
import { runWithIntervals } from "../uncertainty.js";
import { download, figureSvg, nodesCsv } from "./exports.js";
import type { HeartState } from "./heart-state.js";
import { quantities } from "./maps.js";
import type { Stage } from "./stage.js";

interface Props extends ViewProps {
  readonly state: HeartState;
  readonly stage: Stage | undefined;
}

const views = ["front", "back", "left", "right", "base", "apex"] as const;

export function Controls(props: Props) {
  const choose = (key: string) => (event: Event) =>
    props.remember({ [key]: (event.currentTarget as HTMLSelectElement).value });
  const partOf = (id: string) => {
    const split = props.run.case?.split;
    return split?.test.includes(id) ? "test" : split?.train.includes(id) ? "train" : "validation";
  };
  return (
    <div class="controls">
      <label>
        beat
        <select onChange={choose("recording")}>
          <For each={props.run.case?.recordings}>
            {({ id }, k) => (
              <option value={id} selected={k() === props.state.recordingAt()}>
                {id} ({partOf(id)})
              </option>
            )}
          </For>
        </select>
      </label>
      <label>
        candidate
        <select onChange={choose("candidate")}>
          <For each={props.run.candidates()}>
            {({ id, result }) => (
              <option
                value={id}
                disabled={result.status !== "fitted"}
                selected={id === props.state.candidate()?.id}
              >
                #{id} {describeSpec(result.spec)}
                {id === props.run.best()?.id ? " (best)" : ""}
              </option>
            )}
          </For>
        </select>
      </label>
      <label>
        show
        <select onChange={choose("show")}>
          <For each={Object.entries(quantities)}>
            {([key, { name }]) => (
              <option value={key} selected={key === props.state.shown()}>
                {name}
              </option>
            )}
          </For>
          <option value="conductivity" selected={props.state.shown() === "conductivity"}>
            conductivity
          </option>
          <Show when={runWithIntervals(props.run)}>
            <option value="uncertainty" selected={props.state.shown() === "uncertainty"}>
              uncertainty
            </option>
          </Show>
        </select>
      </label>
      <label>
        colours
        <select onChange={choose("colours")}>
          <For each={["viridis", "clinical"] as const}>
            {(key) => (
              <option value={key} selected={key === props.state.colours()}>
                {colourMapNames[key]}
              </option>
            )}
          </For>
        </select>
      </label>
      <label>
        cut
        <input
          type="range"
          min="0"
          max="1"
          step="0.02"
          value="0"
          onInput={(event) => props.stage?.clip(Number(event.currentTarget.value))}
        />
      </label>
      <span class="group">
        <For each={views}>
          {(name) => (
            <button type="button" onClick={() => props.stage?.view(name)}>
              {name}
            </button>
          )}
        </For>
      </span>
      <Exports {...props} />
    </div>
  );
}

function Exports(props: Props) {
  const name = () => `${props.state.shown()}-${props.state.recording()?.id ?? "beat"}`;
  const png = async () => {
    if (props.stage) download(`${name()}.png`, await props.stage.snapshot());
  };
  const svg = async () => {
    const canvas = document.querySelector<HTMLCanvasElement>("canvas.stage");
    if (!props.stage || !canvas) return;
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    const picture = await props.stage.snapshot();
    download(`${name()}.svg`, await figureSvg(picture, size, props.state.panels()));
  };
  const csv = () => {
    const mesh = props.state.mesh();
    if (!mesh) return;
    const columns = props.state
      .panels()
      .map(({ title, unit, values }) => ({ name: `${title} (${unit})`, values }));
    download(`${name()}.csv`, nodesCsv(mesh, columns));
  };
  return (
    <span class="group">
      <button type="button" onClick={png}>
        PNG
      </button>
      <button type="button" onClick={svg}>
        SVG
      </button>
      <button type="button" onClick={csv}>
        CSV
      </button>
    </span>
  );
}

const speeds = [0.05, 0.1, 0.25, 0.5, 1] as const;

/** Play, scrub and speed of the potential over time. */
export function Player(props: { state: HeartState }) {
  const [playing, setPlaying] = createSignal(false);
  const [speed, setSpeed] = createSignal(0.1);
  createEffect(() => {
    if (!playing() || props.state.shown() !== "potential") return;
    let last = performance.now();
    let frame = requestAnimationFrame(function next(now) {
      const t = props.state.time_ms() + speed() * (now - last);
      last = now;
      props.state.setTime(t > props.state.end_ms() ? 0 : t);
      frame = requestAnimationFrame(next);
    });
    onCleanup(() => cancelAnimationFrame(frame));
  });
  return (
    <Show when={props.state.shown() === "potential"}>
      <div class="player">
        <button type="button" onClick={() => setPlaying(!playing())}>
          {playing() ? "Pause" : "Play"}
        </button>
        <input
          type="range"
          aria-label="time"
          min="0"
          max={props.state.end_ms()}
          step="1"
          value={props.state.time_ms()}
          onInput={(event) => props.state.setTime(Number(event.currentTarget.value))}
        />
        <output>{figure(props.state.time_ms(), 4)} ms</output>
        <label>
          speed
          <select onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
            <For each={speeds}>
              {(value) => (
                <option value={value} selected={value === speed()}>
                  {value} of real time
                </option>
              )}
            </For>
          </select>
        </label>
      </div>
    </Show>
  );
}
