import { isRetryable, isRetryableCode } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { EVENT_BYTES_PER_CALL, EVENTS_PER_CALL } from '../limits';
import { RetryPolicy } from '../retry/retry';

/** What happens seldom enough to be told one by one. Payments are not among them: they are read from their stream. */
export type DomainEventType =
  /** The money of a payout has left. */
  | 'payout.settled'
  /** The transfer of a payout was refused, and its money is available again. */
  | 'payout.released'
  /** A payout was refused before any money was set aside. */
  | 'payout.rejected';

/** Something that has happened to a merchant's money. */
export interface DomainEvent {
  readonly type: DomainEventType;
  readonly merchantId: string;
  /** Idempotency key of the payout. With type and merchant it names the event: one that is told twice has the same. */
  readonly idempotencyKey: string;
  /** In minor units of the currency. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
  /** A short code. @default - there is none to give */
  readonly reason?: string;
  /** When it happened, in milliseconds since 1970. */
  readonly occurredAt: number;
}

/** Name of what publishes, which rules on the bus look for. */
export const DOMAIN_EVENT_SOURCE = 'high-throughput.payments';

/** Tells others what has happened. */
export interface DomainEvents {
  /**
   * Publishes events, at least once each. Never throws.
   *
   * @param deadline time after which no new call starts, in milliseconds since 1970. @default - the publisher's own limits
   * @returns in the same order, whether the event was taken
   */
  publish(events: readonly DomainEvent[], deadline?: number): Promise<boolean[]>;
}

/** What names an event. Consumers that must not count one twice remember it. */
export function domainEventId({ type, merchantId, idempotencyKey }: DomainEvent): string {
  return [type, merchantId, idempotencyKey].map(encodeURIComponent).join(':');
}

export interface EventBridgeDomainEventsOptions {
  readonly events: AwsCaller;
  /** Name or ARN of the bus. */
  readonly eventBusName: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

/** Publishes to a bus of Amazon EventBridge: as many events a call as it takes, and those again that it did not take. */
export class EventBridgeDomainEvents implements DomainEvents {
  private readonly events: AwsCaller;
  private readonly eventBusName: string;
  private readonly retry: RetryPolicy;

  public constructor(options: EventBridgeDomainEventsOptions) {
    this.events = options.events;
    this.eventBusName = options.eventBusName;
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async publish(events: readonly DomainEvent[], deadline?: number): Promise<boolean[]> {
    const taken = events.map(() => false);
    const attempts = this.retry.begin(deadline);
    let pending = events.map((event, index) => ({ index, entry: this.entry(event) }));
    do {
      const left: IndexedEntry[] = [];
      for (const call of calls(pending)) {
        left.push(...await this.put(call, taken));
      }
      pending = left;
    } while (pending.length > 0 && await attempts.again());
    return taken;
  }

  /** Answers the entries that may be taken when they are put again. */
  private async put(entries: readonly IndexedEntry[], taken: boolean[]): Promise<IndexedEntry[]> {
    try {
      const output = await this.events.call<PutEventsOutput>('PutEvents', { Entries: entries.map(({ entry }) => entry) });
      const results = output.Entries ?? [];
      return entries.filter(({ index }, position) => {
        const result = results[position];
        taken[index] = result !== undefined && result.ErrorCode === undefined;
        return !taken[index] && isRetryableCode(result?.ErrorCode ?? 'InternalFailure');
      });
    } catch (error) {
      // An event whose answer was lost may be told twice, under the same id.
      return isRetryable(error) ? [...entries] : [];
    }
  }

  private entry(event: DomainEvent): PutEventsEntry {
    const { type, occurredAt, ...others } = event;
    return {
      EventBusName: this.eventBusName,
      Source: DOMAIN_EVENT_SOURCE,
      DetailType: type,
      Time: Math.floor(occurredAt / 1_000),
      Detail: JSON.stringify({ id: domainEventId(event), ...others, occurredAt }),
    };
  }
}

/** An entry of `PutEvents`. */
interface PutEventsEntry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Time: number;
  readonly Detail: string;
}

interface IndexedEntry {
  readonly index: number;
  readonly entry: PutEventsEntry;
}

interface PutEventsOutput {
  readonly Entries?: readonly { readonly EventId?: string; readonly ErrorCode?: string }[];
}

/** What the service counts for a time. */
const TIME_BYTES = 14;

/** Consecutive groups that one call takes each. An entry that is too large alone is put alone, for the service to refuse. */
function calls(entries: readonly IndexedEntry[]): IndexedEntry[][] {
  const groups: IndexedEntry[][] = [];
  let bytes = 0;
  for (const indexed of entries) {
    const { entry } = indexed;
    const size = TIME_BYTES + [entry.Source, entry.DetailType, entry.Detail].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const group = groups.at(-1);
    if (group === undefined || group.length === EVENTS_PER_CALL || bytes + size > EVENT_BYTES_PER_CALL) {
      groups.push([indexed]);
      bytes = size;
    } else {
      group.push(indexed);
      bytes += size;
    }
  }
  return groups;
}
