import { For } from "solid-js";
import type { StudioIndex } from "../../../src/view/contract.js";
import { addressOf } from "../route.js";

/** Runs and cases of the folders that were given. */
export function StartPage(props: { index: StudioIndex; refresh: () => void }) {
  return (
    <main class="start">
      <table>
        <thead>
          <tr>
            <th>run</th>
            <th>patient</th>
            <th>agent</th>
            <th>status</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.index.runs}>
            {(run) => (
              <tr>
                <td>
                  <a href={addressOf({ view: "heart", run: run.id, query: {} })}>{run.path}</a>
                </td>
                <td>{run.patient}</td>
                <td>{run.agent}</td>
                <td>{run.status}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </main>
  );
}
