import { createMemo, For, Show } from "solid-js";
import { type Candidate, describeSpec, ranked } from "../../../src/discover/archive.js";
import type { Score } from "../../../src/twin/spec.js";
import type { ViewProps } from "../run-page.jsx";
import { figure } from "../ui/format.js";

interface Props extends ViewProps {
  readonly chosen: number | null;
  readonly other: number | null;
  readonly onChoose: (id: number) => void;
  readonly onCompare: (id: number | null) => void;
}

interface RunResult {
  readonly baselines?: Readonly<Record<string, Score>>;
  readonly best?: { readonly candidate: number; readonly test: Score } | null;
}

/** Best first, on recordings that no fit has seen; below, what needs no model. */
export function Leaderboard(props: Props) {
  const rows = createMemo(() => {
    const candidates = props.run.candidates();
    const first = ranked(candidates);
    return [...first, ...candidates.filter((candidate) => !first.includes(candidate))];
  });
  const result = () => props.run.details().result as RunResult | null;
  return (
    <>
      <table class="leaderboard">
        <thead>
          <tr>
            <th>#</th>
            <th>structure</th>
            <th title="validation misfit above the noise floor">excess</th>
            <th>activation, ms</th>
            <th>MSE</th>
            <th title="fitted numbers">numbers</th>
            <th title="compare with the chosen one">vs</th>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>{(candidate) => <Row candidate={candidate} {...props} />}</For>
        </tbody>
      </table>
      <Show when={result()}>
        {(known) => (
          <table class="leaderboard">
            <caption>On the test recordings, opened once at the end</caption>
            <thead>
              <tr>
                <th>predictor</th>
                <th>activation, ms</th>
                <th>MSE</th>
              </tr>
            </thead>
            <tbody>
              <Show when={known().best}>
                {(best) => <Scored name={`twin #${best().candidate}`} score={best().test} />}
              </Show>
              <For each={Object.entries(known().baselines ?? {})}>
                {([name, score]) => <Scored name={name.replaceAll("_", " ")} score={score} />}
              </For>
            </tbody>
          </table>
        )}
      </Show>
    </>
  );
}

function Row(props: Props & { candidate: Candidate }) {
  const { id, result } = props.candidate;
  return (
    <tr
      classList={{ chosen: props.chosen === id, unfitted: result.status !== "fitted" }}
      title={result.reason}
    >
      <td>
        <button type="button" class="link" onClick={() => props.onChoose(id)}>
          {id}
        </button>
      </td>
      <td>{describeSpec(result.spec)}</td>
      <td>{result.status === "fitted" ? figure(result.excess) : result.status}</td>
      <td>{figure(result.validation.at_mae_ms)}</td>
      <td>{figure(result.validation.mse)}</td>
      <td>{result.parameterCount}</td>
      <td>
        <input
          type="checkbox"
          aria-label={`Compare candidate ${id} with the chosen one`}
          checked={props.other === id}
          onChange={(event) => props.onCompare(event.currentTarget.checked ? id : null)}
        />
      </td>
    </tr>
  );
}

const Scored = (props: { name: string; score: Score }) => (
  <tr>
    <td>{props.name}</td>
    <td>{figure(props.score.at_mae_ms)}</td>
    <td>{figure(props.score.mse)}</td>
  </tr>
);
