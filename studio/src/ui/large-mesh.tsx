import { Notice } from "./notice.jsx";
import { largeMeshText } from "./size.js";

/** In place of a simulation that nobody has asked for yet. */
export function LargeMesh(props: { nodes: number; action: string; onAllow: () => void }) {
  return (
    <Notice kind="note">
      {largeMeshText(props.nodes)}{" "}
      <button type="button" onClick={() => props.onAllow()}>
        {props.action}
      </button>
    </Notice>
  );
}
