import { settingsText } from "./model-settings.js";
import { isSession, type RunConfiguration } from "./run-directory.js";

/** The command that asks for such a run once more, in the folder RUN. */
export function repeatCommand(c: RunConfiguration): string {
  const { branch } = c;
  const path = quoted(c.case);
  const begin = isSession(c) ? `session open ${path}` : `discover ${path} --agent ${c.agent}`;
  const words = [
    branch ? `branch ${quoted(branch.of)} --from ${branch.parent.step} --agent ${c.agent}` : begin,
    ...(branch?.hint === undefined ? [] : [`--hint ${quoted(branch.hint)}`]),
    ...(branch ? [] : offered(c)),
    `--seed ${c.seed} --evaluations ${c.evaluations} --seconds ${c.seconds}`,
    ...settingsText(c),
    "--out RUN",
  ];
  return ["leads", ...words].join(" ");
}

/** As a shell takes it for one word. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** A branch keeps what its parent was offered, and its engine. */
const offered = ({ reactions, diffusions, memory, engine }: RunConfiguration): string[] => [
  ...(reactions ? [`--reactions ${reactions.join(",")}`] : []),
  ...(diffusions ? [`--diffusions ${diffusions.join(",")}`] : []),
  ...(memory ? [`--memory ${quoted(memory.file)}`] : []),
  ...(engine ? [`--engine ${engine}`] : []),
];
