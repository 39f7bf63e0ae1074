const SLOTS = 10;
const SLOT_MILLISECONDS = 500;

/** Units of the last 5 seconds. */
export class RecentUnits {
  /** Units of each half second; a ring. */
  private readonly slots = new Float64Array(SLOTS);
  /** Half seconds since 1970 at the newest slot. */
  private newest = 0;

  /** Counts units. @param now in milliseconds since 1970 */
  public add(units: number, now: number): void {
    this.advance(now);
    this.slots[this.newest % SLOTS] += units;
  }

  /** Units per second, on average over the last 4.5 to 5 seconds. @param now in milliseconds since 1970 */
  public perSecond(now: number): number {
    this.advance(now);
    const milliseconds = (SLOTS - 1) * SLOT_MILLISECONDS + (now % SLOT_MILLISECONDS);
    return (1000 * this.slots.reduce((sum, units) => sum + units, 0)) / milliseconds;
  }

  private advance(now: number): void {
    const current = Math.floor(now / SLOT_MILLISECONDS);
    if (current - this.newest >= SLOTS) {
      this.slots.fill(0);
      this.newest = current;
    }
    while (this.newest < current) {
      this.slots[++this.newest % SLOTS] = 0;
    }
  }
}
