import { createSignal, For } from "solid-js";
import type { CandidateResult, ParameterReport } from "../../../src/fit/candidate.js";
import { figure, unitText } from "../ui/format.js";

/** Every number of the twin between its bounds; logarithmic where both are above 0. */
export function Sliders(props: {
  result: CandidateResult;
  onChange: (name: string, value: number) => void;
}) {
  return (
    <fieldset>
      <legend>Numbers of the twin</legend>
      <For each={props.result.parameters.filter(({ bounds: [low, high] }) => high > low)}>
        {(parameter) => <Slider parameter={parameter} onChange={props.onChange} />}
      </For>
    </fieldset>
  );
}

function Slider(props: {
  parameter: ParameterReport;
  onChange: (name: string, value: number) => void;
}) {
  const { name, unit, value, bounds } = props.parameter;
  const [now, setNow] = createSignal(value);
  const scale = scaleOf(bounds);
  const move = (text: string) => {
    const next = scale.value(Number(text));
    setNow(next);
    props.onChange(name, next);
  };
  return (
    <label class="slider">
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
        onChange={(event) => move(event.currentTarget.value)}
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
