import { createSignal, For, Show } from "solid-js";
import { figure } from "../ui/format.js";
import type { Lab } from "./lab.js";

type Tool = keyof typeof tools;

const tools = {
  pace: "pace",
  scar: "scar (a tenth conducts)",
  ablate: "ablate (nothing conducts)",
  line: "ablation line (from click to click)",
  trace: "show the trace",
} as const;

/** Conductivity / that of the twin, of what a tool leaves behind. */
const factors = { scar: 0.1, ablate: 0, line: 0 } as const;

/** What a click on the heart does. */
export function createTools(lab: Lab) {
  const [tool, setTool] = createSignal<Tool>("pace");
  const [radius_mm, setRadius] = createSignal(4);
  /** Where a line goes on from. */
  const [end, setEnd] = createSignal<number | null>(null);
  const change = (through: readonly number[], factor: number) =>
    lab.change(through, { radius_mm: radius_mm(), factor });
  const line = (node: number) => {
    const from = end();
    setEnd(node);
    if (from !== null && from !== node) change([from, node], factors.line);
  };
  return {
    ...{ tool, radius_mm, setRadius, end },
    choose: (name: Tool) => {
      setTool(name);
      setEnd(null);
    },
    endLine: () => setEnd(null),
    use: (node: number) => {
      const name = tool();
      if (name === "pace") lab.pace(node);
      if (name === "scar" || name === "ablate") change([node], factors[name]);
      if (name === "line") line(node);
    },
  };
}
export type LabTools = ReturnType<typeof createTools>;

export function Tools(props: { tools: LabTools; lab: Lab }) {
  return (
    <fieldset>
      <legend>A click on the heart</legend>
      <For each={Object.entries(tools) as [Tool, string][]}>
        {([name, text]) => (
          <label>
            <input
              type="radio"
              name="tool"
              checked={props.tools.tool() === name}
              onChange={() => props.tools.choose(name)}
            />{" "}
            {text}
          </label>
        )}
      </For>
      <label>
        radius{" "}
        <input
          type="range"
          min="1"
          max="15"
          step="0.5"
          value={props.tools.radius_mm()}
          onInput={(event) => props.tools.setRadius(Number(event.currentTarget.value))}
        />{" "}
        {figure(props.tools.radius_mm())} mm
      </label>
      <Show when={props.tools.tool() === "line"}>
        <p role="status">
          {props.tools.end() === null
            ? "Click where the line begins."
            : `The line goes on from node ${props.tools.end()}: click where it leads.`}{" "}
          <Show when={props.tools.end() !== null}>
            <button type="button" onClick={props.tools.endLine}>
              End the line
            </button>
          </Show>
        </p>
      </Show>
      <button
        type="button"
        disabled={props.lab.changed().length === 0}
        onClick={() => {
          props.tools.endLine();
          props.lab.heal();
        }}
      >
        Remove scars and lines
      </button>
      <p class="quiet">
        A scar, a line or another number holds from the start: what was paced begins anew from rest.
      </p>
    </fieldset>
  );
}
