import { For } from "solid-js";
import { type ColourMap, cssColour, type Range, ticks } from "./colours.js";
import { figure } from "./format.js";

/** Colours, round numbers and the unit; grey means that nothing is known. */
export function Legend(props: { title: string; unit: string; range: Range; colours: ColourMap }) {
  const stops = () =>
    Array.from({ length: 11 }, (_, k) => cssColour(props.colours, k / 10)).join(", ");
  const share = (value: number) =>
    (100 * (value - props.range.low)) / (props.range.high - props.range.low);
  return (
    <figure class="legend" aria-label={`${props.title}, ${props.unit}`}>
      <figcaption>
        {props.title} <span class="quiet">{props.unit}</span>
      </figcaption>
      <div class="legend-bar" style={{ background: `linear-gradient(to right, ${stops()})` }} />
      <div class="legend-ticks">
        <For each={ticks(props.range, 4)}>
          {(value) => <span style={{ left: `${share(value)}%` }}>{figure(value)}</span>}
        </For>
      </div>
    </figure>
  );
}
