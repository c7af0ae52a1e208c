import { createMemo, For, Show } from "solid-js";
import type { Candidate } from "../../../src/discover/archive.js";
import { figure, unitText } from "../ui/format.js";

/** Only what differs between two candidates. */
export function Comparison(props: { a: Candidate; b: Candidate }) {
  const rows = createMemo(() => differences(factsOf(props.a), factsOf(props.b)));
  return (
    <table class="comparison">
      <caption>
        What differs between #{props.a.id} and #{props.b.id}
      </caption>
      <thead>
        <tr>
          <th>part or figure</th>
          <th>#{props.a.id}</th>
          <th>#{props.b.id}</th>
        </tr>
      </thead>
      <tbody>
        <For each={rows()}>
          {([name, a, b]) => (
            <tr>
              <td>{name}</td>
              <td>{a}</td>
              <td>{b}</td>
            </tr>
          )}
        </For>
        <Show when={rows().length === 0}>
          <tr>
            <td colspan="3">nothing</td>
          </tr>
        </Show>
      </tbody>
    </table>
  );
}

type Facts = Readonly<Record<string, string>>;

/** Structure, scores and numbers of a candidate, by name. */
export function factsOf({ result }: Candidate): Facts {
  const facts: Record<string, string> = {};
  flatten("", result.spec, facts);
  facts["status"] = result.status;
  facts["numbers"] = String(result.parameterCount);
  facts["excess"] = figure(result.excess);
  for (const [name, value] of Object.entries(result.validation))
    facts[`validation ${name}`] = figure(value as number | null);
  for (const { name, value, unit } of result.parameters)
    facts[name] = `${figure(value, 4)}${unitText(unit)}`;
  return facts;
}

function flatten(path: string, value: unknown, into: Record<string, string>): void {
  if (typeof value !== "object" || value === null) {
    into[path] = typeof value === "number" ? figure(value, 4) : String(value);
    return;
  }
  for (const [key, inner] of Object.entries(value))
    flatten(path ? `${path}.${key}` : key, inner, into);
}

export function differences(a: Facts, b: Facts): [string, string, string][] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => a[name] !== b[name])
    .map((name) => [name, a[name] ?? "–", b[name] ?? "–"]);
}
