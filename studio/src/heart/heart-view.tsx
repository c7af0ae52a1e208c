import type { ViewProps } from "../run-page.jsx";

export default function HeartView(props: ViewProps) {
  return <p>{props.run.candidates().length}</p>;
}
