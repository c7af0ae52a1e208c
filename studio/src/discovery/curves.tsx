import { For, Show } from "solid-js";
import type { Candidate } from "../../../src/discover/archive.js";
import { Traces } from "../ui/traces.jsx";

/** Loss by iteration, one picture a phase of the fit. */
export function CandidateCurves(props: { candidate: Candidate }) {
  const curves = () =>
    props.candidate.result.curves.filter(({ train }) => train.filter((v) => v > 0).length > 1);
  const line = (name: string, colour: string, values: readonly number[]) => ({
    name,
    colour,
    x: values.map((_, k) => k),
    y: values.map((value) => (value > 0 ? value : null)),
  });
  return (
    <Show
      when={curves().length > 0}
      fallback={<p class="quiet">{props.candidate.result.reason}</p>}
    >
      <For each={curves()}>
        {({ phase, train, validation }) => (
          <figure class="curve">
            <figcaption>{phase}</figcaption>
            <Traces
              lines={[
                line("train", "#0b5cad", train),
                ...(validation.length > 1 ? [line("validation", "#cf6a1b", validation)] : []),
              ]}
              x="iteration"
              y="loss"
              height={150}
              logarithmic
              label={`Learning curve of ${phase}`}
            />
          </figure>
        )}
      </For>
    </Show>
  );
}
