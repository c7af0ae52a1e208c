import type { ViewProps } from "../run-page.jsx";

export default function LabView(props: ViewProps) {
  return <p>{props.run.candidates().length}</p>;
}
