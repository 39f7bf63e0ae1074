import { maskCardNumbers } from './card-number-mask';
import { writeLine } from './standard-output';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Members of a log line. Card numbers in them are masked. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Members that every line has, such as the function's name. @default - none */
  readonly context?: LogFields;
  /** Of lines with the same message written by `sample`, one in so many is kept. @default 1000 */
  readonly sampleEvery?: number;
  /** @default - standard output */
  readonly write?: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

/**
 * Writes log lines as JSON. There is no line for each payment: what happens per payment is counted, or sampled.
 */
export class Logger {
  private readonly context: LogFields;
  private readonly sampleEvery: number;
  private readonly write: (line: string) => void;
  private readonly now: () => number;
  private readonly seen = new Map<string, number>();

  public constructor(options: LoggerOptions = {}) {
    this.context = options.context ?? {};
    this.sampleEvery = options.sampleEvery ?? 1_000;
    this.write = options.write ?? writeLine;
    this.now = options.now ?? Date.now;
  }

  public info(message: string, fields: LogFields = {}): void {
    this.line('info', message, fields);
  }

  public warn(message: string, fields: LogFields = {}): void {
    this.line('warn', message, fields);
  }

  public error(message: string, fields: LogFields = {}): void {
    this.line('error', message, fields);
  }

  /**
   * For what may happen with every payment: keeps the first line of a message, then one in `sampleEvery`. The line tells how often
   * the message occurred so far.
   *
   * @param message a constant text, never one with values in it
   */
  public sample(level: LogLevel, message: string, fields: LogFields = {}): void {
    const occurrences = (this.seen.get(message) ?? 0) + 1;
    this.seen.set(message, occurrences);
    if (occurrences % this.sampleEvery === 1 || this.sampleEvery === 1) {
      this.line(level, message, { ...fields, occurrences });
    }
  }

  private line(level: LogLevel, message: string, fields: LogFields): void {
    const entry = { level, time: new Date(this.now()).toISOString(), message, ...this.context, ...fields };
    this.write(JSON.stringify(entry, printable));
  }
}

/** Nothing that looks like a card number leaves the process, whatever field or error text it came in. */
function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'string') {
    return maskCardNumbers(value);
  }
  if (typeof value === 'bigint' || typeof value === 'number') {
    const text = String(value);
    const masked = maskCardNumbers(text);
    return masked === text && typeof value === 'number' ? value : masked;
  }
  if (value instanceof Error) {
    return { name: value.name, message: value.message, stack: value.stack, ...(value.cause === undefined ? undefined : { cause: value.cause }) };
  }
  return value;
}
