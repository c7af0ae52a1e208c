import { createEffect, createSignal, For, on } from "solid-js";
import type { CandidateResult, ParameterReport } from "../../../src/fit/candidate.js";
import { figure, unitText } from "../ui/format.js";
import type { Lab } from "./lab.js";

/** Every number of the twin between its bounds; logarithmic where both are above 0. */
export function Sliders(props: { result: CandidateResult; lab: Lab }) {
  const isChanged = () => Object.keys(props.lab.parameters()).length > 0;
  return (
    <fieldset>
      <legend>Numbers of the twin</legend>
      <For each={props.result.parameters.filter(({ bounds: [low, high] }) => high > low)}>
        {(parameter) => <Slider parameter={parameter} lab={props.lab} />}
      </For>
      <button type="button" disabled={!isChanged()} onClick={props.lab.fitted}>
        As fitted
      </button>
    </fieldset>
  );
}

/** The number follows the hand, the twin follows where the hand lets go. */
function Slider(props: { parameter: ParameterReport; lab: Lab }) {
  const { name, unit, value, bounds } = props.parameter;
  const [held, setHeld] = createSignal<number>();
  const current = () => props.lab.parameters()[name] ?? value;
  const now = () => held() ?? current();
  const scale = scaleOf(bounds);
  let dragging = false;
  const follow = () => dragging || setHeld(undefined);
  // Until the twin has taken it, or refused it, the slider stays where it was let go.
  createEffect(on([props.lab.parameters, props.lab.problem], follow));
  return (
    <label class="slider" classList={{ changed: current() !== value }}>
      <span>
        {name} = {figure(now(), 4)}
        {unitText(unit)}
      </span>
      <input
        type="range"
        min="0"
        max="1"
        step="0.001"
        value={scale.share(now())}
        onInput={(event) => {
          dragging = true;
          setHeld(scale.value(Number(event.currentTarget.value)));
        }}
        onChange={(event) => {
          dragging = false;
          props.lab.parameter(name, scale.value(Number(event.currentTarget.value)));
        }}
      />
    </label>
  );
}

export function scaleOf([low, high]: readonly [number, number]) {
  const logarithmic = low > 0;
  return {
    share: (value: number) =>
      logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low),
    value: (share: number) =>
      logarithmic ? low * (high / low) ** share : low + share * (high - low),
  };
}
