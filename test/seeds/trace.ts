import { createHash } from 'node:crypto';

/** Lines of a trace that are kept for people. */
const TAIL_LINES = 60;

/** The log of a run: hashed as a whole, its last lines kept. Two runs of one seed have the same hash. */
export class Trace {
  private readonly digest = createHash('sha256');
  private readonly lines: string[] = [];
  /** Lines that are not in the digest yet: one large update costs less than many small ones. */
  private pending = '';
  private count = 0;

  constructor(private readonly now: () => number, private readonly start: number) {}

  /** Notes that something happened. */
  note(kind: string, text: string): void {
    const line = `${((this.now() - this.start) / 1000).toFixed(3).padStart(9)} ${kind.padEnd(8)} ${text}`;
    this.pending += `${line}\n`;
    if (this.pending.length > 16_384) {
      this.digest.update(this.pending);
      this.pending = '';
    }
    this.count += 1;
    this.lines.push(line);
    if (this.lines.length > 2 * TAIL_LINES) {
      this.lines.splice(0, TAIL_LINES);
    }
  }

  get length(): number {
    return this.count;
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.lines.slice(-TAIL_LINES);
  }

  /** SHA-256 over all lines, in hexadecimal. Ends the trace. */
  hash(): string {
    return this.digest.update(this.pending).digest('hex');
  }
}
