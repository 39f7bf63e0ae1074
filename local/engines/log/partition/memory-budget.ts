/** Memory that all partitions of an engine share. */
export class MemoryBudget {
  private held = 0;

  constructor(private readonly maximumBytes: number) {
    if (!(maximumBytes > 0)) {
      throw new Error(`\`maximumBytes\` must be above 0, got: ${maximumBytes}`);
    }
  }

  /** Bytes taken. */
  get bytes(): number {
    return this.held;
  }

  /** @returns whether there was room */
  take(bytes: number): boolean {
    const hasRoom = this.held + bytes <= this.maximumBytes;
    this.held += hasRoom ? bytes : 0;
    return hasRoom;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}
