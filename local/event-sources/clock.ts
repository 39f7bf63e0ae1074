/** Time as event sources see it: a port, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch; never goes backwards. */
  now(): number;
  /**
   * Calls back once, after a delay.
   *
   * @returns cancels the call
   */
  setTimer(callback: () => void, milliseconds: number): () => void;
}

/** The clock on the wall. */
export class WallClock implements Clock {
  private latest = 0;

  now(): number {
    // The system's clock may be set back.
    this.latest = Math.max(this.latest, Date.now());
    return this.latest;
  }

  setTimer(callback: () => void, milliseconds: number): () => void {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  }
}
