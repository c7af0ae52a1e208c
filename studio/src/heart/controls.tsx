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
  const partOf = (id: string) => {
    const split = props.run.case?.split;
    return split?.test.includes(id) ? "test" : split?.train.includes(id) ? "train" : "validation";
  };
  const beats = () =>
    (props.run.case?.recordings ?? []).map(({ id }) => ({
      value: id,
      text: `${id} (${partOf(id)})`,
    }));
  const candidates = () =>
    props.run.candidates().map(({ id, result }) => ({
      value: String(id),
      text: `#${id} ${describeSpec(result.spec)}${id === props.run.best()?.id ? " (best)" : ""}`,
      disabled: result.status !== "fitted",
    }));
  const shown = () => [
    ...Object.entries(quantities).map(([value, { name }]) => ({ value, text: name })),
    { value: "conductivity", text: "conductivity" },
    ...(runWithIntervals(props.run) ? [{ value: "uncertainty", text: "uncertainty" }] : []),
  ];
  const colours = (["viridis", "clinical"] as const).map((value) => ({
    value,
    text: colourMapNames[value],
  }));
  const choice = (key: string, name: string) => ({
    name,
    onChoose: (value: string) => props.remember({ [key]: value }),
  });
  return (
    <div class="controls">
      <Choice
        {...choice("recording", "beat")}
        options={beats()}
        chosen={props.run.case?.recordings[props.state.recordingAt()]?.id}
      />
      <Show when={candidates().length > 0}>
        <Choice
          {...choice("candidate", "candidate")}
          options={candidates()}
          chosen={String(props.state.candidate()?.id)}
        />
      </Show>
      <Choice {...choice("show", "show")} options={shown()} chosen={props.state.shown()} />
      <Choice {...choice("colours", "colours")} options={colours} chosen={props.state.colours()} />
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

interface ChoiceProps {
  readonly name: string;
  readonly options: readonly {
    readonly value: string;
    readonly text: string;
    readonly disabled?: boolean;
  }[];
  readonly chosen: string | undefined;
  readonly onChoose: (value: string) => void;
}

const Choice = (props: ChoiceProps) => (
  <label>
    {props.name}
    <select aria-label={props.name} onChange={(event) => props.onChoose(event.currentTarget.value)}>
      <For each={props.options}>
        {({ value, text, disabled }) => (
          <option value={value} disabled={disabled ?? false} selected={value === props.chosen}>
            {text}
          </option>
        )}
      </For>
    </select>
  </label>
);

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
