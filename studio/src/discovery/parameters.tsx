import { For, Show } from "solid-js";
import type { Candidate } from "../../../src/discover/archive.js";
import type { ParameterReport } from "../../../src/fit/candidate.js";
import { figure, unitText } from "../ui/format.js";

/** Values within their bounds, with what the recordings say of each. */
export function Parameters(props: { candidate: Candidate }) {
  return (
    <Show when={props.candidate.result.parameters.length > 0}>
      <table class="parameters">
        <thead>
          <tr>
            <th>parameter</th>
            <th>value</th>
            <th>bounds</th>
            <th>known how well</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.candidate.result.parameters}>
            {(parameter) => (
              <tr>
                <td>{parameter.name}</td>
                <td>
                  {figure(parameter.value, 4)}
                  {unitText(parameter.unit)}
                  <Show when={parameter.relativeError}>
                    {(error) => <span class="quiet"> ± {figure(100 * error(), 2)} %</span>}
                  </Show>
                </td>
                <td>
                  <Bounds {...parameter} />
                </td>
                <td>{parameter.atBound ? "at its bound" : parameter.identified}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </Show>
  );
}

/** Where the value stands between its bounds; logarithmic where both are above 0. */
function Bounds({ value, bounds: [low, high] }: ParameterReport) {
  const at = (x: number) => (low > 0 ? Math.log(x) : x);
  const share = (at(value) - at(low)) / (at(high) - at(low));
  return (
    <span class="bounds" title={`${figure(low)} to ${figure(high)}`}>
      <i style={{ left: `${100 * Math.max(0, Math.min(1, share))}%` }} />
    </span>
  );
}
