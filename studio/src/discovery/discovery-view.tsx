import type { ViewProps } from "../run-page.jsx";

export default function DiscoveryView(props: ViewProps) {
  return <p>{props.run.candidates().length}</p>;
}
