import { createMemo, For } from "solid-js";
import { type Candidate, describeSpec } from "../../../src/discover/archive.js";

interface Props {
  readonly candidates: readonly Candidate[];
  readonly best: number | null;
  readonly chosen: number | null;
  readonly onChoose: (id: number) => void;
}

/** Place of a candidate: row in the order of evaluation, column by its distance from the root. */
export interface Placed {
  readonly candidate: Candidate;
  readonly column: number;
  readonly row: number;
}

export function placeTree(candidates: readonly Candidate[]): Placed[] {
  const columns: number[] = [];
  return candidates.map((candidate, row) => {
    const { parent } = candidate;
    columns[row] = parent === null ? 0 : (columns[parent] ?? 0) + 1;
    return { candidate, column: columns[row], row };
  });
}

const [stepX, stepY] = [18, 22];

/** Which candidate came out of which. */
export function Tree(props: Props) {
  const placed = createMemo(() => placeTree(props.candidates));
  const x = (column: number) => 12 + stepX * Math.min(column, 14);
  const y = (row: number) => 14 + stepY * row;
  const colour = ({ result, id }: Candidate) =>
    id === props.best ? "#cf6a1b" : result.status === "fitted" ? "#0b5cad" : "#aab2ba";
  return (
    <figure class="tree">
      <figcaption>Which came out of which</figcaption>
      <svg
        width="100%"
        height={y(placed().length)}
        role="img"
        aria-label="Tree of candidates: each row one, indented under the one it was changed from"
      >
        <For each={placed()}>
          {({ candidate, column, row }) => {
            const parent = candidate.parent === null ? undefined : placed()[candidate.parent];
            return (
              <>
                {parent && (
                  <path
                    d={`M${x(parent.column)} ${y(parent.row)} V${y(row)} H${x(column)}`}
                    fill="none"
                    stroke="#c3cad1"
                  />
                )}
                {/* biome-ignore lint/a11y/noStaticElementInteractions: the table above does the same by keyboard */}
                <g class="tree-node" onClick={() => props.onChoose(candidate.id)}>
                  <circle
                    cx={x(column)}
                    cy={y(row)}
                    r={candidate.id === props.chosen ? 6 : 4}
                    fill={colour(candidate)}
                  />
                  <text x={x(column) + 11} y={y(row) + 4}>
                    #{candidate.id} {describeSpec(candidate.result.spec)}
                  </text>
                </g>
              </>
            );
          }}
        </For>
      </svg>
    </figure>
  );
}
