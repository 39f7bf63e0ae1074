import type { AwsCaller } from '../aws/json-client';
import type { Clock, Random } from '../retry/clock';
import type { Attempts, RetryPolicy } from '../retry/retry';
import type { HedgedCalls } from '../resilience/hedged-calls';
import { fitsCall, type OutgoingRecord, putRecords, type PutResult, recordBytes, type StoredAt } from './put-records';
import { ShardRates } from './shard-rates';

/** A record on its way. */
export interface SentRecord extends OutgoingRecord {
  /** Is told once what became of it: where it lies, or why it is not known to be durable. */
  readonly settle: (outcome: StoredAt | Error) => void;
  /** The same content under another key, for a record that any shard may take. @default - it keeps its key */
  readonly elsewhere?: () => SentRecord;
}

export interface RecordSenderProps {
  readonly kinesis: AwsCaller;
  readonly streamName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: RetryPolicy;
  /** PutRecords calls under way at most, second ones of a hedge not counted. */
  readonly maximumConcurrentCalls: number;
  /** No attempt begins later than this after a record was handed over, in milliseconds. */
  readonly deliveryMilliseconds: number;
  /** @default - a slow call is waited for */
  readonly hedge?: HedgedCalls;
  /** Is told of errors that no retry helps against. */
  readonly onError: (error: Error) => void;
}

/** Records that a shard refused come back within this, so that they do not come together, in milliseconds: a round of its throttle. */
const REFUSED_MILLISECONDS = 500;

/** A record and what is known of its way. */
interface Entry {
  record: SentRecord;
  readonly deadline: number;
  attempts?: Attempts;
  /** Whether its shard's rate has let it through already. */
  admitted: boolean;
  settled: boolean;
  /** Whether its shard, which is known, refused it the last time because too much was asked of it. */
  throttled: boolean;
}

/**
 * Puts records into a stream, as many a call as there are when a call begins, and tries again those that failed, alone.
 *
 * A record waits for the rate of its shard, or for its next attempt, without keeping a call or another shard waiting. One that any shard may take
 * goes to another shard instead. Every record is settled once.
 */
export class RecordSender {
  public readonly rates: ShardRates;
  private readonly ready: Entry[] = [];
  private readonly held = new Map<string, Entry[]>();
  private calls = 0;

  public constructor(private readonly props: RecordSenderProps) {
    this.rates = new ShardRates(props.clock);
  }

  /** Hands records over. */
  public send(records: readonly SentRecord[]): void {
    const deadline = this.props.clock.now() + this.props.deliveryMilliseconds;
    for (const record of records) {
      this.ready.push({ record, deadline, admitted: false, settled: false, throttled: false });
    }
    this.begin();
  }

  /** Starts calls while there are records and free places. */
  private begin(): void {
    while (this.calls < this.props.maximumConcurrentCalls) {
      const entries = this.choose();
      if (entries.length === 0) {
        return;
      }
      this.calls++;
      void this.call(entries).finally(() => {
        this.calls--;
        this.begin();
      });
    }
  }

  /** Takes the first records that may go now, up to a call's worth. */
  private choose(): Entry[] {
    const chosen: Entry[] = [];
    const now = this.props.clock.now();
    let bytes = 0;
    let looked = 0;
    for (; looked < this.ready.length; looked++) {
      const entry = this.ready[looked];
      const size = recordBytes(entry.record);
      if (!fitsCall(chosen.length + 1, bytes + size)) {
        break;
      }
      if (now > entry.deadline) {
        this.settle(entry, new Error('the record did not get its turn in time'));
      } else if (entry.admitted || this.admit(entry)) {
        chosen.push(entry);
        bytes += size;
      }
    }
    this.ready.splice(0, looked);
    return chosen;
  }

  /** Whether the shard of a record lets it through. If not, the record waits for that aside, so that it keeps nobody waiting. */
  private admit(entry: Entry): boolean {
    const shardId = this.rates.slowedShard(entry.record);
    if (shardId === undefined) {
      return true;
    }
    if (!this.held.has(shardId) && this.rates.admit(entry.record, shardId)) {
      return true;
    }
    if (entry.record.elsewhere !== undefined) {
      entry.record = entry.record.elsewhere();
      const other = this.rates.slowedShard(entry.record);
      if (other === undefined || (!this.held.has(other) && this.rates.admit(entry.record, other))) {
        return true;
      }
      this.hold(entry, other);
    } else {
      this.hold(entry, shardId);
    }
    return false;
  }

  private hold(entry: Entry, shardId: string): void {
    const waiting = this.held.get(shardId);
    if (waiting === undefined) {
      this.held.set(shardId, [entry]);
      this.releaseLater(shardId, entry);
    } else {
      waiting.push(entry);
    }
  }

  private releaseLater(shardId: string, first: Entry): void {
    const { clock } = this.props;
    const milliseconds = Math.min(this.rates.wait(shardId), first.deadline + 1 - clock.now());
    void clock.sleep(Math.max(1, milliseconds)).then(() => this.release(shardId));
  }

  /** Lets those of a shard go whose turn it is, or whose time is over. */
  private release(shardId: string): void {
    const waiting = this.held.get(shardId) as Entry[];
    const now = this.props.clock.now();
    let count = 0;
    for (; count < waiting.length; count++) {
      const entry = waiting[count];
      entry.admitted = now > entry.deadline || this.rates.admit(entry.record, shardId);
      if (!entry.admitted) {
        break;
      }
    }
    this.ready.push(...waiting.splice(0, count));
    if (waiting.length === 0) {
      this.held.delete(shardId);
    } else {
      this.releaseLater(shardId, waiting[0]);
    }
    this.begin();
  }

  /** One PutRecords call, or two where the first is slow. Never throws. */
  private async call(entries: readonly Entry[]): Promise<void> {
    const { kinesis, streamName, hedge, retry } = this.props;
    const records = entries.map(({ record }) => record);
    let left = entries;
    let last!: PutResult;
    const put = (): Promise<PutResult> => putRecords(kinesis, streamName, records);
    const isEnough = (result: PutResult): boolean => {
      last = result;
      left = this.conclude(entries, result);
      return left.length === 0;
    };
    if (hedge === undefined) {
      isEnough(await put());
    } else {
      await hedge.run(put, isEnough);
    }
    if (left.length === 0) {
      retry.budget.deposit();
    } else {
      this.failed(left, last);
    }
  }

  /** Settles the records that are durable. @returns the others */
  private conclude(entries: readonly Entry[], { stored, throttled }: PutResult): Entry[] {
    throttled.forEach((shardId, index) => this.rates.throttled(entries[index].record, shardId));
    entries.forEach((entry, index) => { entry.throttled = throttled.has(index) && this.rates.slowedShard(entry.record) !== undefined; });
    return entries.filter((entry, index) => {
      const place = stored[index];
      if (place !== undefined) {
        this.rates.stored(entry.record, place.shardId);
        this.settle(entry, place);
      }
      return !entry.settled;
    });
  }

  private failed(entries: readonly Entry[], result: PutResult): void {
    if (!result.mayRetry) {
      this.props.onError(result.error);
      entries.forEach((entry) => this.settle(entry, result.error));
      return;
    }
    // The rate of its shard bounds how often a record is tried that has nowhere else to go; attempts would be used up before the rate is low enough.
    const isBound = ({ throttled, record }: Entry): boolean => throttled && record.elsewhere === undefined;
    const bound = entries.filter(isBound);
    if (bound.length > 0) {
      const { clock, random } = this.props;
      void clock.sleep(random() * REFUSED_MILLISECONDS).then(() => this.resume(bound));
    }
    // Records that begin their attempts together make them together: they cost the retry budget one call.
    const begun = this.props.retry.begin(Math.max(...entries.map(({ deadline }) => deadline)));
    const groups = new Map<Attempts, Entry[]>();
    for (const entry of bound.length === 0 ? entries : entries.filter((other) => !isBound(other))) {
      const attempts = entry.attempts ?? begun;
      entry.attempts = attempts;
      groups.set(attempts, [...(groups.get(attempts) ?? []), entry]);
    }
    groups.forEach((group, attempts) => void this.again(group, attempts, result));
  }

  private async again(entries: readonly Entry[], attempts: Attempts, { refused, error }: PutResult): Promise<void> {
    if (!(await attempts.again())) {
      entries.forEach((entry) => this.settle(entry, error));
      return;
    }
    for (const entry of entries) {
      // A shard that refused is likely to refuse again.
      entry.record = refused ? entry.record.elsewhere?.() ?? entry.record : entry.record;
    }
    this.resume(entries);
  }

  /** Lets records go again, before those that have not gone yet. */
  private resume(entries: readonly Entry[]): void {
    entries.forEach((entry) => { entry.admitted = false; });
    this.ready.unshift(...entries);
    this.begin();
  }

  private settle(entry: Entry, outcome: StoredAt | Error): void {
    if (!entry.settled) {
      entry.settled = true;
      entry.record.settle(outcome);
    }
  }
}
