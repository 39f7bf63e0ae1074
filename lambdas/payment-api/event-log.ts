import { writeLine } from '../runtime/observability/standard-output';

/** Lines of one kind that are written in one period at most; the rest is counted. */
const PERIOD_MILLISECONDS = 10_000;

/** Writes what happens to the process as JSON lines: starting, stopping and errors, nothing about single payments. */
export class EventLog {
  private readonly errors = new Map<string, { writtenAt: number; suppressed: number }>();

  /** @param write takes one line, without its end */
  public constructor(
    private readonly write: (line: string) => void = writeLine,
    private readonly now: () => number = Date.now,
  ) {}

  public event(event: string, members: Readonly<Record<string, string | number>> = {}): void {
    this.write(JSON.stringify({ event, ...members }));
  }

  /**
   * Writes an error: its name, code and place, once in ten seconds for errors that are alike. Its message is left out, because a
   * service may have put a part of the request into it.
   */
  public readonly error = (error: unknown): void => {
    const { name = 'Error', code, stack = '' } = error as { name?: string; code?: string; stack?: string };
    const kind = `${name} ${code ?? ''}`;
    const known = this.errors.get(kind);
    if (known !== undefined && this.now() - known.writtenAt < PERIOD_MILLISECONDS) {
      known.suppressed++;
      return;
    }
    const place = stack.split('\n').filter((line) => /^\s+at /.test(line)).slice(0, 5).map((line) => line.trim()).join(' ');
    this.event('error', { name, ...(code === undefined ? undefined : { code: String(code) }), place, suppressed: known?.suppressed ?? 0 });
    this.errors.set(kind, { writtenAt: this.now(), suppressed: 0 });
  };
}
