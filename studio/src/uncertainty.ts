import { createEffect, createSignal, on } from "solid-js";
import type { UncertaintyDetails } from "../../src/view/contract.js";
import { fetchUncertainty } from "./data.js";
import type { RunView } from "./run-view.js";

/** Id of a run that has intervals. */
export const runWithIntervals = ({ details }: RunView): string | undefined =>
  details().hasUncertainty ? details().entry.id : undefined;

/** Intervals of the run's best twin, once they are there; nothing where none were computed. */
export function createUncertainty(run: () => RunView): () => UncertaintyDetails | undefined {
  const [known, setKnown] = createSignal<UncertaintyDetails>();
  const id = () => runWithIntervals(run());
  createEffect(
    on(id, (wanted) => {
      setKnown(undefined);
      if (wanted === undefined) return;
      // Without them the page shows what it shows of a run that has none.
      fetchUncertainty(wanted).then(
        (details) => id() === wanted && setKnown(details),
        () => undefined,
      );
    }),
  );
  return known;
}
