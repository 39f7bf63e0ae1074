import { setTimeout as delay } from 'node:timers/promises';
import { BareLedger, type BareLedgerProps } from './bare-ledger';

/** What was settled so long ago is committed, but for what a restart of the server held up. */
const SETTLED_MILLISECONDS = 1_000;

export interface FloorSlicesProps extends BareLedgerProps {
  /** How long a slice comes after the one before, in milliseconds. @default 8000 */
  readonly periodMilliseconds?: number;
  /** How much of the ledger's time a slice is, in milliseconds. @default 1000 */
  readonly sliceMilliseconds?: number;
}

/**
 * Does some of the work of a ledger again in a floor beside it, while it works: the same rows on the same server, at the same pace, among all that
 * runs there then. CPU time of one and the same statement differs by half with what else keeps the machine busy.
 */
export class FloorSlices {
  /** Begins. @throws Error when the floor cannot be made */
  public static async start(props: FloorSlicesProps): Promise<FloorSlices> {
    const { periodMilliseconds = 8_000, sliceMilliseconds = 1_000 } = props;
    return new FloorSlices(await BareLedger.prepare(props), periodMilliseconds, sliceMilliseconds);
  }

  private readonly stopping = new AbortController();
  private readonly working: Promise<void>;

  private constructor(private readonly ledger: BareLedger, private readonly periodMilliseconds: number, private readonly sliceMilliseconds: number) {
    this.working = this.work();
  }

  /** Ends, with the slice that is under way. The tables stay until `remove`. */
  public async stop(): Promise<void> {
    this.stopping.abort();
    await this.working;
  }

  /** How many rows were inserted. */
  public rows(): Promise<number> {
    return this.ledger.rows();
  }

  /** Takes the tables away. */
  public async remove(): Promise<void> {
    await this.ledger.remove();
  }

  private async work(): Promise<void> {
    const { signal } = this.stopping;
    let done = 0;
    for (let isLost = false; !signal.aborted;) {
      await delay(this.periodMilliseconds, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) {
        return;
      }
      const until = Date.now() - SETTLED_MILLISECONDS;
      try {
        if (isLost) {
          await this.ledger.connect();
        }
        await this.ledger.insert({ from: Math.max(done, until - this.sliceMilliseconds), until }, true);
        done = until;
        isLost = false;
      } catch {
        // The server is down, or was: the next slice goes on with connections of its own.
        isLost = true;
      }
    }
  }
}
