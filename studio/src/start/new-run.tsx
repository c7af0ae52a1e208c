import { createSignal, For, Show } from "solid-js";
import type { NewRun, StudioIndex } from "../../../src/view/contract.js";
import { startRun } from "../data.js";
import { addressOf } from "../route.js";
import { Notice } from "../ui/notice.jsx";

/** Starts a discovery and goes to where it can be watched. */
export function NewRunForm(props: { index: StudioIndex }) {
  const [problem, setProblem] = createSignal("");
  const [starting, setStarting] = createSignal(false);
  const [agent, setAgent] = createSignal("");
  const asksModel = () => agent().startsWith("llm:");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const number = (name: string) => Number(form.get(name));
    setStarting(true);
    setProblem("");
    try {
      const { id } = await startRun({
        case: String(form.get("case")),
        agent: String(form.get("agent")),
        seed: number("seed"),
        evaluations: number("evaluations"),
        seconds: number("seconds"),
        ...(asksModel() ? modelSettings(form) : {}),
      });
      location.hash = addressOf({ view: "discovery", run: id, query: {} });
      // The list of runs is read anew with the page.
      location.reload();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setStarting(false);
  };
  return (
    <form class="new-run" onSubmit={submit}>
      <h1>New discovery</h1>
      <label>
        case
        <select name="case">
          <For each={props.index.cases.filter(({ problem }) => !problem)}>
            {({ id, path }) => <option value={id}>{path}</option>}
          </For>
        </select>
      </label>
      <label>
        agent
        <input
          name="agent"
          list="agents"
          required
          value="expert"
          aria-describedby="agents-offered"
          onInput={(event) => setAgent(event.currentTarget.value)}
        />
        <datalist id="agents">
          <For each={props.index.agents}>{(name) => <option value={name} />}</For>
        </datalist>
      </label>
      <span id="agents-offered" class="quiet">
        {props.index.agents.join(", ")}
      </span>
      <label>
        seed
        <input name="seed" type="number" step="1" required value="1" />
      </label>
      <label>
        evaluations
        <input name="evaluations" type="number" min="1" step="1" required value="30" />
      </label>
      <label>
        seconds
        <input name="seconds" type="number" min="1" required value="1800" />
      </label>
      <Show when={asksModel()}>
        <ModelFields />
      </Show>
      <button type="submit" disabled={starting()}>
        {starting() ? "Starting …" : "Start"}
      </button>
      <Show when={problem()}>
        <Notice kind="problem">{problem()}</Notice>
      </Show>
    </form>
  );
}

/** What is left empty is not asked for. */
function modelSettings(form: FormData): Pick<NewRun, "maxUsd" | "baseUrl"> {
  const [usd, server] = [String(form.get("maxUsd") ?? ""), String(form.get("baseUrl") ?? "")];
  return { ...(usd ? { maxUsd: Number(usd) } : {}), ...(server ? { baseUrl: server } : {}) };
}

/** Of language models alone; their key comes from the studio's environment. */
const ModelFields = () => (
  <>
    <label>
      at most, USD
      <input name="maxUsd" type="number" min="0" step="any" />
    </label>
    <label>
      server
      <input name="baseUrl" type="url" placeholder="the provider's own" />
    </label>
  </>
);
