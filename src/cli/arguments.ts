import { InvalidArgumentError, Option } from "commander";
import { engineNames } from "../native/engine-name.js";

/** Parsers for commander: a number that is none is refused where it stands. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw new InvalidArgumentError("Not a number.");
  return value;
}

export function positive(text: string): number {
  const value = number(text);
  if (value <= 0) throw new InvalidArgumentError("Must be greater than 0.");
  return value;
}

export function notNegative(text: string): number {
  const value = number(text);
  if (value < 0) throw new InvalidArgumentError("Must not be less than 0.");
  return value;
}

export function count(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("Must be a whole number from 1.");
  return value;
}

export function integer(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("Must be a whole number.");
  return value;
}

export function fraction(text: string): number {
  const value = number(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError("Must lie between 0 and 1.");
  return value;
}

export function words(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Must not be empty.");
  return text.trim();
}

/** "1,2,3" */
export const numbers = (text: string): number[] => text.split(",").map(number);

/** Options that may be repeated collect their values. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text];

/** "a,b,c" */
export const names = (text: string): string[] => text.split(",").map((name) => name.trim());

export const engineOption = (): Option =>
  new Option(
    "--engine <name>",
    "what simulations run on: WebAssembly, or C compiled for this machine (needs koffi and a C compiler)",
  )
    .choices(engineNames)
    .default("wasm");

export function portNumber(text: string): number {
  const value = integer(text);
  if (value < 0 || value > 65_535) throw new InvalidArgumentError("Must lie between 0 and 65535.");
  return value;
}
