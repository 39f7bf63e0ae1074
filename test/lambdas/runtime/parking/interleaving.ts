/** Thrown in an actor that is to end in the middle of what it does. */
export class Crash extends Error {}

/** Asks for the next turn. Resolves when it has come; an actor may do one thing then. */
export type Turn = () => Promise<void>;

/**
 * Runs actors of which one moves at a time, in an order that a test decides: everything that could happen between two
 * calls of an actor does happen there in some order.
 */
export class Interleaving {
  private readonly waiting = new Map<string, () => void>();
  private rested: () => void = () => undefined;
  private failure: unknown;

  /** Starts an actor; it does nothing before its first turn. A crash ends it, any other error ends the test. */
  public start(name: string, act: (turn: Turn) => Promise<void>): void {
    const turn: Turn = () => new Promise((resolve) => {
      this.waiting.set(name, resolve);
      this.rested();
    });
    void turn().then(() => act(turn)).catch((error: unknown) => {
      this.failure ??= error instanceof Crash ? undefined : error;
    }).finally(() => this.rested());
  }

  /** Gives turns until no actor is left. @param choose a number below the given one */
  public async run(choose: (below: number) => number, afterEach: () => Promise<void>): Promise<void> {
    while (this.waiting.size > 0) {
      const names = [...this.waiting.keys()];
      const name = names[choose(names.length)];
      const go = this.waiting.get(name)!;
      this.waiting.delete(name);
      await new Promise<void>((resolve) => {
        this.rested = resolve;
        go();
      });
      if (this.failure !== undefined) {
        throw this.failure;
      }
      await afterEach();
    }
  }
}
