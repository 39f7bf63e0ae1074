/** How far a batch of one stream is done. */
export class StreamProgress {
  /**
   * @param end position behind the last record that can be done
   * @param startedAt when the batch was taken up, in milliseconds since 1970
   */
  public constructor(public end: number, public readonly startedAt: number) {}

  /** Whether a record lies before the end, so that work on it counts. */
  public reaches(record: number): boolean {
    return record < this.end;
  }

  /** A record is not done: it and all after it are delivered again. */
  public stopAt(record: number): void {
    this.end = Math.min(this.end, record);
  }
}
