import { wholeFrom } from '../configuration/option-rules';
import { BoundedMap } from '../http/bounded-map';
import { maskCardNumbers } from './card-number-mask';
import { printable } from './printable';
import { writeLine } from './standard-output';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = typeof LEVELS[number];

/** Members of a log line. Card numbers in them are masked. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerOptions {
  /** Members that every line has, such as the function's name. @default - none */
  readonly context?: LogFields;
  /** Lines of a lower level are not written. @default 'info' */
  readonly level?: LogLevel;
  /** Of lines with the same message written by `sample`, one in so many milliseconds is kept. A whole number of at least 1. @default 1000 */
  readonly sampleMilliseconds?: number;
  /** @default - standard output */
  readonly write?: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
}

/** Messages of `sample` that are remembered at least. They are constant texts, so that there are few. */
const REMEMBERED_MESSAGES = 500;

/** Of a message: when it was written last, how often it occurred in all, and since then. */
interface Seen {
  writtenAt: number;
  occurrences: number;
  suppressed: number;
}

/**
 * Writes log lines as JSON. There is no line for each payment: what happens per payment is counted, or sampled.
 *
 * Nothing that looks like a card number leaves, wherever it stands: in texts, numbers, names of members, errors and their causes. Writing a line
 * never throws, whatever is in it.
 */
export class Logger {
  private readonly context: LogFields;
  private readonly least: number;
  private readonly sampleMilliseconds: number;
  private readonly write: (line: string) => void;
  private readonly now: () => number;
  private readonly seen = new BoundedMap<string, Seen>(REMEMBERED_MESSAGES);

  /** @throws RangeError when an option is out of its range */
  public constructor(options: LoggerOptions = {}) {
    this.context = printable(options.context ?? {}) as LogFields;
    this.least = LEVELS.indexOf(options.level ?? 'info');
    this.sampleMilliseconds = wholeFrom('sampleMilliseconds', options.sampleMilliseconds ?? 1_000, 1);
    this.write = options.write ?? writeLine;
    this.now = options.now ?? Date.now;
  }

  public debug(message: string, fields: LogFields = {}): void {
    this.line('debug', message, fields);
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
   * For what may happen with every payment: keeps one line of a message a second. The line tells how often the message occurred so far, and
   * how many lines were left out since the last one.
   *
   * @param message a constant text, never one with values in it
   */
  public sample(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (LEVELS.indexOf(level) < this.least) {
      return;
    }
    const now = this.now();
    const seen = this.seen.get(message) ?? { writtenAt: Number.NEGATIVE_INFINITY, occurrences: 0, suppressed: 0 };
    seen.occurrences++;
    // A clock that was set back silences nothing.
    if (Math.abs(now - seen.writtenAt) >= this.sampleMilliseconds) {
      this.line(level, message, { ...fields, occurrences: seen.occurrences, suppressed: seen.suppressed });
      seen.writtenAt = now;
      seen.suppressed = 0;
    } else {
      seen.suppressed++;
    }
    this.seen.set(message, seen);
  }

  private line(level: LogLevel, message: string, fields: LogFields): void {
    if (LEVELS.indexOf(level) < this.least) {
      return;
    }
    try {
      const head = { level, time: new Date(this.now()).toISOString(), message: maskCardNumbers(message) };
      // What names the line is never taken for what a field says.
      this.write(JSON.stringify({ ...head, ...this.context, ...printable(fields) as object, ...head }));
    } catch {
      // Output that is gone must not take the work with it.
    }
  }
}
