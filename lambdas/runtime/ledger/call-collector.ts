import type { Clock } from '../retry/clock';
import type { ApplyOptions, Outcome } from './ledger';

export interface CallCollectorProps<Kind> {
  /** How long the first records of a call wait for others, in milliseconds. */
  readonly milliseconds: number;
  /** From so many records on a call waits no longer. A batch is never split. */
  readonly records: number;
  /** Calls under way at once. While there are as many, records wait and the next call grows. */
  readonly calls: number;
  readonly clock: Clock;
  /** @returns outcomes in the order of the records */
  readonly call: (records: readonly Kind[], options: ApplyOptions) => Promise<Outcome[]>;
}

/** A batch that waits for its call. */
interface Waiting<Kind> {
  readonly records: readonly Kind[];
  readonly deadline: number | undefined;
  readonly resolve: (outcomes: Outcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Puts batches of records that come within a time into one call, and hands each its part of the answer. */
export class CallCollector<Kind> {
  private waiting: Waiting<Kind>[] = [];
  /** Records of those that wait. */
  private collected = 0;
  /** Whether those that wait have waited long enough. */
  private isDue = false;
  private underWay = 0;

  public constructor(private readonly props: CallCollectorProps<Kind>) {}

  /**
   * @param deadline time after which no new call starts, in milliseconds since 1970. @default - none
   * @throws what the call throws
   */
  public async add(records: readonly Kind[], deadline?: number): Promise<Outcome[]> {
    if (records.length === 0) {
      return [];
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ records, deadline, resolve, reject });
      this.collected += records.length;
      this.begin();
      if (this.waiting.length === 1) {
        this.wait(this.waiting);
      }
    });
  }

  private wait(collecting: readonly Waiting<Kind>[]): void {
    void this.props.clock.sleep(this.props.milliseconds).then(() => {
      if (this.waiting === collecting) {
        this.isDue = true;
        this.begin();
      }
    });
  }

  private begin(): void {
    const { calls, records } = this.props;
    if (this.waiting.length === 0 || this.underWay >= calls || !(this.isDue || this.collected >= records)) {
      return;
    }
    const batches = this.waiting;
    this.waiting = [];
    this.collected = 0;
    this.isDue = false;
    this.underWay++;
    void this.call(batches).finally(() => {
      this.underWay--;
      this.begin();
    });
  }

  private async call(batches: readonly Waiting<Kind>[]): Promise<void> {
    const deadline = batches.reduce((earliest, batch) => Math.min(earliest, batch.deadline ?? Infinity), Infinity);
    try {
      const records = batches.length === 1 ? batches[0].records : batches.flatMap((batch) => batch.records);
      const outcomes = await this.props.call(records, deadline === Infinity ? {} : { deadline });
      let start = 0;
      for (const batch of batches) {
        batch.resolve(outcomes.slice(start, start += batch.records.length));
      }
    } catch (error) {
      batches.forEach((batch) => batch.reject(error));
    }
  }
}
