import { settingsText } from "./model-settings.js";
import { isSession, type RunConfiguration } from "./run-directory.js";

/** The command that asks for such a run once more, in the folder RUN. */
export function repeatCommand(c: RunConfiguration): string {
  const { branch } = c;
  const begin = isSession(c) ? `session open ${c.case}` : `discover ${c.case} --agent ${c.agent}`;
  const words = [
    branch ? `branch ${branch.of} --from ${branch.parent.step} --agent ${c.agent}` : begin,
    ...(branch ? [] : offered(c)),
    `--seed ${c.seed} --evaluations ${c.evaluations} --seconds ${c.seconds}`,
    ...settingsText(c),
    "--out RUN",
  ];
  return ["leads", ...words].join(" ");
}

/** A branch is offered what its parent was. */
const offered = ({ reactions, diffusions, memory }: RunConfiguration): string[] => [
  ...(reactions ? [`--reactions ${reactions.join(",")}`] : []),
  ...(diffusions ? [`--diffusions ${diffusions.join(",")}`] : []),
  ...(memory ? [`--memory ${memory.file}`] : []),
];
