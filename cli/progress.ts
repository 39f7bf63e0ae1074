const TERMINAL_MILLISECONDS = 200;
const LOG_MILLISECONDS = 10_000;

/** Tells on standard error how far long work has come: one line that changes in a terminal, a line now and then elsewhere. */
export class Progress {
  private shownAt: number;
  private isShown = false;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr, private readonly now: () => number = Date.now) {
    // Work that is done at once needs no progress.
    this.shownAt = now();
  }

  show(text: string): void {
    const now = this.now();
    if (now - this.shownAt < (this.stream.isTTY ? TERMINAL_MILLISECONDS : LOG_MILLISECONDS)) {
      return;
    }
    this.shownAt = now;
    this.isShown = true;
    this.stream.write(this.stream.isTTY ? `\r\u001b[K${text.slice(0, (this.stream.columns ?? 80) - 1)}` : `${text}\n`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.isShown && this.stream.isTTY) {
      this.stream.write('\r\u001b[K');
    }
    this.isShown = false;
  }
}
