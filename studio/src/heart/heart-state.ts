import { createMemo, createResource, createSignal, onCleanup, type Resource } from "solid-js";
import type { Candidate } from "../../../src/discover/archive.js";
import { fetchMesh, fetchRecording, fetchTruth } from "../data.js";
import { createEngine } from "../engine/client.js";
import type { ViewProps } from "../run-page.jsx";
import { type ColourMap, type Range, rangeOf } from "../ui/colours.js";
import { isLargeMesh, simulatedNodes } from "../ui/size.js";
import { createUncertainty } from "../uncertainty.js";
import { conductivityPanels, twinConductivity } from "./conductivity-panels.js";
import {
  type BeatMaps,
  difference,
  measuredMaps,
  predictedMaps,
  type Quantity,
  quantities,
  type ShownPanel,
  unknownMaps,
} from "./maps.js";
import { uncertaintyPanels } from "./uncertainty-panels.js";

export type Shown = Quantity | "conductivity" | "uncertainty";

/** Everything the heart view shows, derived from what the address and the controls say. */
export function createHeartState(props: ViewProps) {
  const engine = createEngine();
  onCleanup(() => engine.stop());
  const { run } = props;
  const [meshResource] = createResource(() => run.case?.id, fetchMesh);
  const [truthResource] = createResource(
    () => (run.case?.hasTruth ? run.case.id : undefined),
    fetchTruth,
  );
  const mesh = () => shownOf(meshResource);
  const truth = () => shownOf(truthResource);
  const query = () => props.route().query;
  const shown = (): Shown => (query().show as Shown) ?? "activation";
  const colours = (): ColourMap => (query().colours === "clinical" ? "clinical" : "viridis");
  const recordingAt = createMemo(() => {
    const ids = run.case?.recordings.map(({ id }) => id) ?? [];
    const wanted = query().recording ?? run.case?.split.test[0];
    return Math.max(0, ids.indexOf(wanted ?? ""));
  });
  const candidate = createMemo((): Candidate | undefined => {
    const id = query().candidate;
    return id === undefined ? run.best() : run.candidates()[Number(id)];
  });
  const [recordingResource] = createResource(
    () => (run.case ? { id: run.case.id, k: recordingAt() } : undefined),
    ({ id, k }) => fetchRecording(id, k),
  );
  const recording = () => shownOf(recordingResource);
  const [allowed, setAllowed] = createSignal(false);
  /** Nodes of a mesh on which nothing was asked to be simulated yet; 0 = none such. */
  const nodesUnasked = () => {
    const who = candidate()?.result;
    if (who?.status !== "fitted" || allowed()) return 0;
    const nodes = simulatedNodes((mesh()?.points.length ?? 0) / 3, who.spec);
    return isLargeMesh(nodes) ? nodes : 0;
  };
  const asked = createMemo(() => {
    const [on, what, who] = [mesh(), recording(), candidate()];
    if (!on || !what || who?.result.status !== "fitted" || nodesUnasked() > 0) return undefined;
    return { mesh: on, recording: what, result: who.result, beats: beatsOf(run) };
  });
  const [prediction] = createResource(asked, async ({ result, ...ask }) =>
    predictedMaps(
      await engine.ask("predict", { ...ask, spec: result.spec, values: result.values }),
    ),
  );
  // While another beat or candidate is simulated, the last one's maps would be shown as its own.
  const busy = () => prediction.loading || recordingResource.loading;
  const predicted = () => {
    if (!busy()) return shownOf(prediction);
    return asked() ? unknownMaps(mesh()!.points.length / 3) : undefined;
  };
  const measured = createMemo(() => {
    const [on, what] = [mesh(), recording()];
    return on && what ? measuredMaps(what, on.points.length / 3) : undefined;
  });
  const [time_ms, setTime] = createSignal(0);
  const end_ms = () => predicted()?.end_ms || (measured()?.end_ms ?? 0);
  const known = { measured, predicted };
  const intervals = createUncertainty(() => run);
  const panels = createMemo((): ShownPanel[] => {
    const nodes = (mesh()?.points.length ?? 0) / 3;
    if (shown() === "uncertainty") {
      const asked = { candidate: candidate()?.id, recording: recording()?.id, nodes };
      return uncertaintyPanels(intervals(), asked);
    }
    if (shown() === "conductivity") {
      const twin = twinConductivity(candidate()?.result, nodes);
      return conductivityPanels({ twin, truth: truth()?.diffusion.conductivity });
    }
    return beatPanels(known, { quantity: shown() as Quantity, colours: colours(), time_ms });
  });
  const sites = () => {
    const stimuli = recording()?.stimuli;
    if (stimuli?.kind === "given") return stimuli.stimuli.flatMap(({ nodes }) => [...nodes]);
    const beat = recording()?.beat ?? "";
    return (candidate()?.result.values.sites[beat] ?? []).map(({ node }) => node);
  };
  /** Measured nodes, where not all are. */
  const electrodes = (): ArrayLike<number> => {
    const nodes = measured()?.nodes ?? [];
    return nodes.length * 3 < (mesh()?.points.length ?? 0) ? Array.from(nodes) : [];
  };
  return {
    electrodes,
    ...{ mesh, recording, recordingAt, candidate, predicted, measured, panels, sites },
    ...{ shown, colours, time_ms, setTime, end_ms },
    ...{ busy, nodesUnasked },
    allow: () => setAllowed(true),
    problem: () =>
      [meshResource, recordingResource, truthResource, prediction]
        .map(({ error }) => (error as Error | undefined)?.message ?? "")
        .find((text) => text !== "") ?? "",
  };
}
export type HeartState = ReturnType<typeof createHeartState>;

/** A resource throws where it failed, and swaps the view for a notice where it waits: neither here. */
const shownOf = <T>(resource: Resource<T>): T | undefined =>
  resource.state === "ready" || resource.state === "refreshing" ? resource.latest : undefined;

const beatsOf = ({ case: known }: ViewProps["run"]): string[] => {
  const train = known?.recordings.filter(({ id }) => known.split.train.includes(id)) ?? [];
  return [...new Set(train.map(({ beat }) => beat))];
};

interface KnownBeats {
  readonly measured: () => BeatMaps | undefined;
  readonly predicted: () => BeatMaps | undefined;
}

interface Choice {
  readonly quantity: Quantity;
  readonly colours: ColourMap;
  readonly time_ms: () => number;
}

function beatPanels(known: KnownBeats, { quantity, colours, time_ms }: Choice): ShownPanel[] {
  const { unit, name, isolines } = quantities[quantity];
  const valuesOf = (maps: BeatMaps | undefined): Float64Array | undefined => {
    if (!maps) return undefined;
    if (quantity !== "potential") return maps[quantity];
    return maps.potentialAt?.(time_ms());
  };
  const [truth, twin] = [valuesOf(known.measured()), valuesOf(known.predicted())];
  const range =
    quantity === "potential" ? { low: 0, high: 1 } : rangeOf([...(truth ?? []), ...(twin ?? [])]);
  const panel = (title: string, values: Float64Array): ShownPanel => ({
    title: `${title}: ${name}`,
    ...{ unit, values, range, colours },
    isolines: isolines ? niceIsolines(range) : 0,
  });
  const error = truth && twin ? difference(twin, truth) : undefined;
  return [
    ...(truth ? [panel("measured", truth)] : []),
    ...(twin ? [panel("twin", twin)] : []),
    ...(error
      ? [
          {
            title: "twin − measured",
            unit,
            values: error,
            range: quantity === "potential" ? { low: -1, high: 1 } : rangeOf(error, true),
            colours: "error" as const,
            isolines: 0,
          },
        ]
      : []),
  ];
}

/** 5, 10, 20, ... ms: a dozen lines or so. */
const niceIsolines = ({ low, high }: Range): number => {
  const wanted = (high - low) / 14;
  return [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => step >= wanted) ?? 1000;
};
