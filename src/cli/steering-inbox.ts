import { link, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { plainParse } from "../discover/plain-parse.js";
import {
  type GivenCommand,
  type Steering,
  type SteeringCommand,
  steeringCommandSchema,
} from "../discover/steering.js";
import { writeFileAtomic } from "../io/atomic.js";
import { readText } from "../io/files.js";

/**
 * A folder of numbered commands inside a run, 000001.json, 000002.json, ... A command is there
 * whole or not at all, and stays: the journal says which of them have been taken.
 */
export const inboxFolder = "steer";

const nameOf = (number: number): string => `${String(number).padStart(6, "0")}.json`;
const numberIn = (name: string): number =>
  /^\d{6,}\.json$/.test(name) ? Number.parseInt(name, 10) : 0;

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw cause;
  });
  return names
    .map(numberIn)
    .filter((number) => number > 0)
    .sort((a, b) => a - b);
}

/** Puts a command behind those that are there and behind number `taken`; returns its number. */
export async function sendCommand(
  run: string,
  command: SteeringCommand,
  taken = 0,
): Promise<number> {
  const folder = join(run, inboxFolder);
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.draft-${process.pid}-${performance.now()}`);
  await writeFileAtomic(draft, `${JSON.stringify(command)}\n`);
  try {
    for (;;) {
      const number = 1 + Math.max(taken, 0, ...(await numbersIn(folder)));
      if (await linked(draft, join(folder, nameOf(number)))) return number;
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** A hard link never replaces a file: of two senders one gets the number, the other the next. */
const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") return false;
      throw cause;
    },
  );

/** The inbox of a run; what is not a command is left out and told once. */
export function inboxSteering(run: string, tell: (text: string) => void): Steering {
  const folder = join(run, inboxFolder);
  const told = new Set<string>();
  const read = async (number: number): Promise<GivenCommand[]> => {
    const path = join(folder, nameOf(number));
    const parsed = await parseFile(path);
    if (typeof parsed !== "string") return [{ number, command: parsed }];
    if (!told.has(path)) tell(`${path} is not a command, and is left out: ${parsed}`);
    told.add(path);
    return [];
  };
  return {
    take: async (after) => {
      const numbers = (await numbersIn(folder)).filter((number) => number > after);
      return (await Promise.all(numbers.map(read))).flat();
    },
  };
}

async function parseFile(path: string): Promise<SteeringCommand | string> {
  let value: unknown;
  try {
    value = JSON.parse(await readText(path));
  } catch (error) {
    return (error as Error).message;
  }
  const parsed = plainParse(steeringCommandSchema, value, "command");
  return parsed.ok ? parsed.value : parsed.reason;
}
