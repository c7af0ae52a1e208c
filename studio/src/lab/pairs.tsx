import { createSignal, Show } from "solid-js";
import { figure } from "../ui/format.js";
import { Traces } from "../ui/traces.jsx";
import type { Lab } from "./lab.js";
import type { ScanPoint } from "./lab-protocol.js";

/** Intervals of a scan. */
const scanned = 14;

/** S1-S2: one pair to watch, or many for the restitution curve and the vulnerable window. */
export function Pairs(props: { lab: Lab; node: number }) {
  const [s1, setS1] = createSignal(500);
  const [count, setCount] = createSignal(3);
  const [s2, setS2] = createSignal(320);
  const number = (set: (value: number) => void) => (event: Event) =>
    set(Number((event.currentTarget as HTMLInputElement).value));
  const scan = () => {
    const s2_ms = Array.from({ length: scanned }, (_, k) => Math.round(s1() * (1 - k / 16)));
    props.lab.scan({ node: props.node, at: props.node, s1_ms: s1(), count: count(), s2_ms });
  };
  return (
    <fieldset>
      <legend>S1-S2 from node {props.node}</legend>
      <label>
        S1 <input type="number" min="50" step="10" value={s1()} onInput={number(setS1)} /> ms
      </label>
      <label>
        beats <input type="number" min="1" max="20" value={count()} onInput={number(setCount)} />
      </label>
      <label>
        S2 <input type="number" min="10" step="10" value={s2()} onInput={number(setS2)} /> ms
      </label>
      <button
        type="button"
        onClick={() => props.lab.pair(props.node, s1(), { count: count(), s2_ms: s2() })}
      >
        Set the pair
      </button>
      <Show
        when={props.lab.scanning()}
        fallback={
          <button type="button" onClick={scan}>
            Scan S2
          </button>
        }
      >
        <button type="button" onClick={props.lab.stopScan}>
          Stop the scan ({props.lab.points().length} of {scanned})
        </button>
      </Show>
      <Show when={props.lab.points().length > 0}>
        <Scan points={props.lab.points()} />
      </Show>
    </fieldset>
  );
}

function Scan(props: { points: readonly ScanPoint[] }) {
  const beats = () =>
    props.points
      // Where a wave comes back the intervals are its own, not those that were paced.
      .filter(({ di_ms, apd_ms, reentry }) => di_ms !== null && apd_ms !== null && !reentry)
      .sort((a, b) => a.di_ms! - b.di_ms!);
  return (
    <>
      <Traces
        lines={[
          {
            name: "duration",
            colour: "#0b5cad",
            x: beats().map(({ di_ms }) => di_ms!),
            y: beats().map(({ apd_ms }) => apd_ms),
          },
        ]}
        x="diastolic interval, ms"
        y="duration, ms"
        height={150}
        label="Restitution curve: duration over diastolic interval"
      />
      <p class="quiet">{windowText(props.points)}</p>
    </>
  );
}

/** Where S2 is blocked, where it reaches a part only or re-enters, in a sentence. */
export function windowText(points: readonly ScanPoint[]): string {
  const span = (some: readonly ScanPoint[]) => {
    const times = some.map(({ s2_ms }) => s2_ms);
    return `${figure(Math.min(...times))} to ${figure(Math.max(...times))} ms`;
  };
  const blocked = points.filter(({ reached }) => reached < 0.02);
  const vulnerable = points.filter(
    ({ reached, reentry }) => reentry || (reached >= 0.02 && reached < 0.98),
  );
  return [
    vulnerable.length > 0
      ? `Vulnerable at S2 of ${span(vulnerable)}: a part of the heart is reached only, or the wave comes back.`
      : "No S2 of the scan finds a vulnerable window.",
    blocked.length > 0 ? `No beat at S2 of ${span(blocked)}.` : "",
  ]
    .filter(Boolean)
    .join(" ");
}
