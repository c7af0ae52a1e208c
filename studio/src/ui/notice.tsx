import type { JSX } from "solid-js";

/** A sentence in place of what cannot be shown, or cannot be shown yet. */
export function Notice(props: { kind: "wait" | "problem" | "note"; children: JSX.Element }) {
  return (
    <p class={`notice ${props.kind}`} role={props.kind === "problem" ? "alert" : "status"}>
      {props.children}
    </p>
  );
}
