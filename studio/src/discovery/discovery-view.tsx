import { createSignal, Show } from "solid-js";
import type { ViewProps } from "../run-page.jsx";
import { Comparison } from "./comparison.jsx";
import { CandidateCurves } from "./curves.jsx";
import { Leaderboard } from "./leaderboard.jsx";
import { Parameters } from "./parameters.jsx";
import { Steering } from "./steering.jsx";
import { Timeline } from "./timeline.jsx";
import { Tree } from "./tree.jsx";
import "./discovery.css";

/** The search as it happens, and the same from a finished journal. */
export default function DiscoveryView(props: ViewProps) {
  const chosen = () => {
    const id = props.route().query.candidate;
    return (id === undefined ? props.run.best() : props.run.candidates()[Number(id)]) ?? undefined;
  };
  const [other, setOther] = createSignal<number | null>(null);
  const choose = (id: number) => props.remember({ candidate: String(id) });
  return (
    <div class="discovery">
      <section class="pane timeline-pane" tabindex="0" aria-label="Time line">
        <Steering {...props} />
        <Timeline
          items={props.run.journal.history().items}
          candidates={props.run.candidates()}
          onChoose={choose}
        />
      </section>
      <section class="pane" tabindex="0" aria-label="Candidates">
        <h2>Candidates</h2>
        <Leaderboard
          {...props}
          chosen={chosen()?.id ?? null}
          other={other()}
          onChoose={choose}
          onCompare={setOther}
        />
        <Tree
          candidates={props.run.candidates()}
          best={props.run.best()?.id ?? null}
          chosen={chosen()?.id ?? null}
          onChoose={choose}
        />
      </section>
      <section class="pane" aria-label="Chosen candidate" tabindex="0">
        <Show
          when={chosen()}
          keyed
          fallback={<p class="quiet">No candidate has been fitted yet.</p>}
        >
          {(candidate) => (
            <>
              <h2>Candidate {candidate.id}</h2>
              <Show when={other() !== null && other() !== candidate.id}>
                <Comparison a={candidate} b={props.run.candidates()[other()!]} />
              </Show>
              <CandidateCurves candidate={candidate} />
              <Parameters candidate={candidate} run={props.run} />
            </>
          )}
        </Show>
      </section>
    </div>
  );
}
