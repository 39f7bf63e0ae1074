/**
 * Makes one call where many ask for the same at once: who comes while it is under way waits for it. So a popular entry that is gone makes one load
 * and not a stampede of them.
 */
export class SingleFlight<Result> {
  private readonly flights = new Map<string, Promise<Result>>();

  /** Calls under way. */
  public get size(): number {
    return this.flights.size;
  }

  /** The call under way for a key, if there is one. */
  public get(key: string): Promise<Result> | undefined {
    return this.flights.get(key);
  }

  /** Joins the call under way for a key, or makes it. */
  public run(key: string, call: () => Promise<Result>): Promise<Result> {
    return this.flights.get(key) ?? this.begin(key, call);
  }

  /**
   * Lets go of the call under way for a key: who waits for it goes on waiting, who comes now makes another. To be called when what it brings may
   * be out of date.
   *
   * @returns whether there was one
   */
  public forget(key: string): boolean {
    return this.flights.delete(key);
  }

  private begin(key: string, call: () => Promise<Result>): Promise<Result> {
    const start = async (): Promise<Result> => call();
    const flight: Promise<Result> = start().finally(() => {
      // Another one may have taken its place.
      if (this.flights.get(key) === flight) {
        this.flights.delete(key);
      }
    });
    this.flights.set(key, flight);
    return flight;
  }
}
