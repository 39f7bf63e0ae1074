import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { type DecodedEvent, KinesisDecodedEvents } from '../../../../lambdas/runtime/events/decoded-events';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { RetryBudget } from '../../../../lambdas/runtime/retry/retry-budget';
import { FaultyCaller, PASS } from '../support/faulty-caller';
import { ManualClock } from '../support/manual-clock';
import { ACCEPTED_AT, payment } from '../support/payments';

interface PutRecords {
  readonly StreamName: string;
  readonly Records: readonly { readonly Data: string; readonly PartitionKey: string }[];
}

/** Stores what it is given, but for records that it is told to refuse. */
class InMemoryStream implements AwsCaller {
  public readonly records: string[] = [];
  public refuses: (text: string) => boolean = () => false;

  public async call<Output>(_operation: string, input: object): Promise<Output> {
    return {
      Records: (input as PutRecords).Records.map(({ Data: data }) => {
        const text = Buffer.from(data, 'base64').toString('utf8');
        if (this.refuses(text)) {
          return { ErrorCode: 'ProvisionedThroughputExceededException' };
        }
        this.records.push(text);
        return { SequenceNumber: '1', ShardId: 'shardId-000000000000' };
      }),
    } as Output;
  }

  public get events(): DecodedEvent[] {
    return this.records.flatMap((text) => (JSON.parse(text) as { events: DecodedEvent[] }).events);
  }
}

describe('KinesisDecodedEvents', () => {
  let stream: InMemoryStream;
  let caller: FaultyCaller;
  let clock: ManualClock;
  let errors: Error[];
  let events: KinesisDecodedEvents;

  beforeEach(() => {
    stream = new InMemoryStream();
    caller = new FaultyCaller(stream);
    clock = new ManualClock();
    errors = [];
    events = new KinesisDecodedEvents({
      kinesis: caller, streamName: 'events', retry: new RetryPolicy({ clock, maximumAttempts: 4 }), onError: (error) => errors.push(error),
    });
  });

  it('writes payments as JSON, several to a record, with what is known of them and without their token', async () => {
    const enriched = payment('m', 'ключ "1"', { enrichment: { merchantCategory: '5411', payerCell: '851f1d47fffffff' }, traceParent: 't' });
    expect(await events.write([enriched, payment('m', 'k2')])).toEqual([true, true]);
    expect(stream.records).toHaveLength(1);
    expect(JSON.parse(stream.records[0])).toEqual({
      events: [
        {
          merchantId: 'm', idempotencyKey: 'ключ "1"', payerId: 'payer-1', amount: 100, currency: 'EUR', type: 'payment',
          merchantCategory: '5411', payerCell: '851f1d47fffffff', acceptedAt: ACCEPTED_AT,
        },
        { merchantId: 'm', idempotencyKey: 'k2', payerId: 'payer-1', amount: 100, currency: 'EUR', type: 'payment', acceptedAt: ACCEPTED_AT },
      ],
    });
    expect((caller.calls[0].input as unknown as PutRecords).StreamName).toBe('events');
  });

  it('fills records up to their size, in the order of the payments, and spreads them', async () => {
    const paid = Array.from({ length: 1_000 }, (_, index) => payment('m', `key-${index}-${'漢'.repeat(index % 20)}`));
    expect(await events.write(paid)).toEqual(paid.map(() => true));
    const sizes = stream.records.map((text) => Buffer.byteLength(text));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(25_000);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(24_700);
    expect(stream.events.map(({ idempotencyKey }) => idempotencyKey)).toEqual(paid.map(({ idempotencyKey }) => idempotencyKey));
    expect(caller.calls).toHaveLength(1);
    const keys = (caller.calls[0].input as unknown as PutRecords).Records.map(({ PartitionKey: key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('takes an event that is larger than a record should be, and nothing at all', async () => {
    const small = new KinesisDecodedEvents({ kinesis: caller, streamName: 'events', maximumRecordBytes: 10 });
    expect(await small.write([payment('m', 'a'), payment('m', 'b')])).toEqual([true, true]);
    expect(stream.records).toHaveLength(2);
    expect(await small.write([])).toEqual([]);
    expect(caller.calls).toHaveLength(1);
  });

  it('tries again what a shard refused, under another key, and nothing else', async () => {
    let refused = 2;
    stream.refuses = (text) => text.includes('"late"') && refused-- > 0;
    const small = new KinesisDecodedEvents({ kinesis: caller, streamName: 'events', maximumRecordBytes: 10, retry: new RetryPolicy({ clock }) });
    expect(await small.write([payment('m', 'a'), payment('m', 'late'), payment('m', 'b')])).toEqual([true, true, true]);
    expect(stream.events.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['a', 'b', 'late']);
    const lateKeys = caller.calls.map(({ input }) => (input as unknown as PutRecords).Records.find(({ Data: data }) =>
      Buffer.from(data, 'base64').toString().includes('"late"'))!.PartitionKey);
    expect(new Set(lateKeys).size).toBe(3);
  });

  it('waits for a shard that refuses without using up its retries, which are for a stream that does not answer', async () => {
    const retry = new RetryPolicy({ clock, maximumAttempts: 4, budget: new RetryBudget({ capacity: 1, depositPerSuccess: 0 }) });
    events = new KinesisDecodedEvents({ kinesis: caller, streamName: 'events', retry });
    let left = 3;
    stream.refuses = () => left-- > 0;
    expect(await events.write([payment('m', 'k')])).toEqual([true]);
    let lost = 2;
    caller.decide = () => (lost-- > 0 ? { kind: 'fail', error: new AwsConnectionError('reset') } : PASS);
    expect(await events.write([payment('m', 'k')])).toEqual([false]);
  });

  it('says which payments are not durable, and never throws', async () => {
    stream.refuses = (text) => text.includes('"never"');
    const small = new KinesisDecodedEvents({
      kinesis: caller, streamName: 'events', maximumRecordBytes: 10, retry: new RetryPolicy({ clock, maximumAttempts: 3 }), onError: (error) => errors.push(error),
    });
    expect(await small.write([payment('m', 'a'), payment('m', 'never'), payment('m', 'b')])).toEqual([true, false, true]);
    expect(errors).toHaveLength(1);
    caller.decide = () => ({ kind: 'fail', error: new AwsConnectionError('down') });
    expect(await events.write([payment('m', 'a')])).toEqual([false]);
    caller.decide = () => ({ kind: 'fail', error: new AwsServiceError('AccessDeniedException', 400, '') });
    const before = caller.calls.length;
    expect(await events.write([payment('m', 'a')])).toEqual([false]);
    expect(caller.calls).toHaveLength(before + 1);
    caller.decide = () => PASS;
  });

  it('starts no attempt after the deadline', async () => {
    caller.decide = () => ({ kind: 'fail', error: new AwsConnectionError('down') });
    expect(await events.write([payment('m', 'a')], clock.now())).toEqual([false]);
    expect(caller.calls).toHaveLength(1);
  });
});
