/** "hint Try fewer numbers", "pin reaction", "budget evaluations 40 seconds 900" */
export function commandText({ command, ...rest }: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(rest).flatMap(([name, value]) =>
    typeof value === "number" ? [name, value] : [value],
  );
  return [command, ...told].join(" ");
}
