import type { ParseArgsConfig } from 'node:util';

/** The words of a command line, taken apart. */
export interface CommandInput {
  readonly values: { readonly [option: string]: unknown };
  readonly positionals: readonly string[];
}

/** One command of `cht`. */
export interface Command {
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** @returns the exit code. */
  run(input: CommandInput): Promise<number>;
}

/** A command line that cannot be understood; the message says what to write instead. */
export class UsageError extends Error {
  constructor(message: string, command: string) {
    super(`${message} "cht ${command} --help" tells more.`);
  }
}

/** The option as text, or undefined. */
export function text(input: CommandInput, option: string): string | undefined {
  return input.values[option] as string | undefined;
}

/**
 * The option as a number, or undefined.
 *
 * @throws UsageError when it is no number in the range.
 */
export function number(input: CommandInput, command: string, option: string, minimum: number, maximum: number): number | undefined {
  const value = text(input, option);
  if (value === undefined) {
    return undefined;
  }
  const parsed = Number(value);
  if (value.trim() === '' || !(parsed >= minimum && parsed <= maximum)) {
    throw new UsageError(`--${option} must be between ${minimum} and ${maximum}, got: ${value}.`, command);
  }
  return parsed;
}

/** The same for whole numbers. */
export function integer(input: CommandInput, command: string, option: string, minimum: number, maximum: number): number | undefined {
  const value = number(input, command, option, minimum, maximum);
  if (value !== undefined && !Number.isInteger(value)) {
    throw new UsageError(`--${option} must be a whole number, got: ${value}.`, command);
  }
  return value;
}
