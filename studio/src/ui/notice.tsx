import type { JSX } from "solid-js";

/** A sentence in place of what cannot be shown, or cannot be shown yet. */
export function Notice(props: { kind: "wait" | "problem" | "note"; children: JSX.Element }) {
  return (
    <p class={`notice ${props.kind}`} role={props.kind === "problem" ? "alert" : "status"}>
      {props.children}
    </p>
  );
}

/** A part of the page that failed; the others go on. */
export function Failure(props: { error: unknown; again: () => void }) {
  return (
    <Notice kind="problem">
      This part of the page failed: {(props.error as Error)?.message ?? String(props.error)}{" "}
      <button type="button" onClick={() => props.again()}>
        Try again
      </button>
    </Notice>
  );
}
