import { For, Show } from "solid-js";
import type { Candidate } from "../../../src/discover/archive.js";
import type { ParameterReport } from "../../../src/fit/candidate.js";
import type { ParameterInterval } from "../../../src/fit/uncertainty/intervals.js";
import type { RunView } from "../run-view.js";
import { figure, unitText } from "../ui/format.js";
import { createUncertainty } from "../uncertainty.js";

interface Props {
  readonly candidate: Candidate;
  readonly run: RunView;
}

/** Values within their bounds, with what the recordings say of each. */
export function Parameters(props: Props) {
  const uncertainty = createUncertainty(() => props.run);
  const intervals = () => {
    const known = uncertainty();
    if (known?.candidate !== props.candidate.id) return undefined;
    return new Map(known.parameters.map((interval) => [interval.name, interval]));
  };
  return (
    <Show when={props.candidate.result.parameters.length > 0}>
      <table class="parameters">
        <caption>
          {intervals()
            ? "90 % intervals about the optimum of the training recordings"
            : "± as the fit itself tells; leads uncertainty gives the best candidate 90 % intervals"}
        </caption>
        <thead>
          <tr>
            <th>parameter</th>
            <th>value</th>
            <th>bounds</th>
            <th>{intervals() ? "90 % interval" : "known how well"}</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.candidate.result.parameters}>
            {(parameter) => (
              <Row parameter={parameter} interval={intervals()?.get(parameter.name)} />
            )}
          </For>
        </tbody>
      </table>
    </Show>
  );
}

function Row(props: { parameter: ParameterReport; interval: ParameterInterval | undefined }) {
  const { parameter } = props;
  return (
    <tr>
      <td>{parameter.name}</td>
      <td>
        {figure(parameter.value, 4)}
        {unitText(parameter.unit)}
        <Show when={!props.interval && parameter.relativeError}>
          {(error) => <span class="quiet"> ± {figure(100 * error(), 2)} %</span>}
        </Show>
      </td>
      <td>
        <Bounds parameter={parameter} interval={props.interval} />
      </td>
      <td title={props.interval?.reason}>
        {props.interval
          ? intervalText(props.interval)
          : parameter.atBound
            ? "at its bound"
            : parameter.identified}
      </td>
    </tr>
  );
}

/** "2.31 to 2.44", an open end as "…", or the verdict that stands in its place. */
export function intervalText({ verdict, low, high }: ParameterInterval): string {
  if (verdict !== "identified") return verdict;
  const end = (value: number | null) => (value === null ? "…" : figure(value, 4));
  return `${end(low)} to ${end(high)}`;
}

/** Where the value and its interval stand between the bounds; logarithmic where both are above 0. */
function Bounds(props: { parameter: ParameterReport; interval: ParameterInterval | undefined }) {
  const [low, high] = props.parameter.bounds;
  const at = (x: number) => (low > 0 ? Math.log(x) : x);
  const percent = (x: number) =>
    100 * Math.max(0, Math.min(1, (at(x) - at(low)) / (at(high) - at(low))));
  const span = () => {
    if (props.interval?.verdict !== "identified") return undefined;
    const [from, to] = [percent(props.interval.low ?? low), percent(props.interval.high ?? high)];
    return { left: `${from}%`, width: `${Math.max(2, to - from)}%` };
  };
  return (
    <span class="bounds" title={`${figure(low)} to ${figure(high)}`}>
      <Show when={span()}>{(style) => <i class="span" style={style()} />}</Show>
      <i style={{ left: `${percent(props.parameter.value)}%` }} />
    </span>
  );
}
