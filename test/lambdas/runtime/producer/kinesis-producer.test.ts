import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { deaggregate } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';
import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { EvenPartitionKeys } from '../../../../lambdas/runtime/producer/even-partition-keys';
import { KinesisProducer, KinesisProducerOptions } from '../../../../lambdas/runtime/producer/kinesis-producer';
import { Delivery } from '../../../../lambdas/runtime/producer/payment-stream';
import { decodeReceipt, encodeReceipt } from '../../../../lambdas/runtime/producer/receipt';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock, settled } from './manual-clock';

// Many cases, or whole processes, on a machine that may be busy.
jest.setTimeout(30_000);

interface PutRecord {
  readonly Data: string;
  readonly PartitionKey: string;
}

type Answer = 'stored' | 'throttled' | 'lost' | 'refused' | 'nonsense';

/** A stream that stores what comes, unless it is told to answer a call otherwise. */
class FakeKinesis implements AwsCaller {
  public readonly calls: PutRecord[][] = [];
  public readonly stored: string[] = [];
  public answers: (Answer | Answer[])[] = [];
  private sequence = 0;

  /** @param gate is awaited before an answer is given */
  public constructor(private readonly gate: () => Promise<void> = async () => undefined) {}

  public async call<Output>(operation: string, input: object): Promise<Output> {
    const { Records: records, StreamName: stream } = input as { Records: PutRecord[]; StreamName: string };
    expect([operation, stream]).toEqual(['PutRecords', 'payments']);
    this.calls.push(records);
    const answer = this.answers.shift() ?? 'stored';
    await this.gate();
    if (answer === 'lost') {
      records.forEach((record) => this.store(record));
      throw new AwsConnectionError('PutRecords: no answer');
    }
    if (answer === 'refused') {
      throw new AwsServiceError('AccessDeniedException', 400, 'no');
    }
    if (answer === 'nonsense') {
      return {} as Output;
    }
    return { Records: records.map((record, index) => {
      if ((Array.isArray(answer) ? answer[index] : answer) === 'throttled') {
        return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' };
      }
      return { ShardId: 'shardId-000000000007', SequenceNumber: this.store(record) };
    }) } as Output;
  }

  private store({ Data: data, PartitionKey: key }: PutRecord): string {
    for (const user of deaggregate(Buffer.from(data, 'base64'), key)) {
      // Readers drop an aggregate whose inner keys do not belong to its shard.
      expect(user.partitionKey).toBe(key);
      this.stored.push(Buffer.from(user.data).toString());
    }
    return String(++this.sequence);
  }
}

class Setup {
  public readonly clock = new ManualClock();
  public readonly kinesis: FakeKinesis;
  public readonly producer: KinesisProducer;
  public readonly errors: Error[] = [];
  public readonly settledAs = new Map<string, Delivery>();

  public constructor(options: Partial<KinesisProducerOptions> = {}, gate?: () => Promise<void>) {
    this.kinesis = new FakeKinesis(gate);
    this.producer = new KinesisProducer({
      kinesis: this.kinesis,
      streamName: 'payments',
      clock: this.clock,
      random: () => 0.5,
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  public offer(text: string): boolean {
    return this.producer.offer(Buffer.from(text), (delivery, token) => {
      expect(this.settledAs.has(token)).toBe(false);
      this.settledAs.set(token, delivery);
    }, text);
  }

  public kindOf(text: string): string | undefined {
    return this.settledAs.get(text)?.kind;
  }
}

describe('KinesisProducer', () => {
  it('packs what comes within the linger time and acknowledges with the position', async () => {
    const setup = new Setup();
    setup.offer('a');
    await setup.clock.advance(3);
    setup.offer('b');
    await setup.clock.advance(1);
    expect(setup.kinesis.calls).toHaveLength(0);
    await setup.clock.advance(1);
    expect(setup.kinesis.stored).toEqual(['a', 'b']);
    expect(setup.kinesis.calls.map((records) => records.length)).toEqual([1]);
    const position = { shardId: 'shardId-000000000007', sequenceNumber: '1' };
    expect([...setup.settledAs]).toEqual([
      ['a', { kind: 'durable', position: { ...position, index: 0 } }],
      ['b', { kind: 'durable', position: { ...position, index: 1 } }],
    ]);
  });

  it('acknowledges nothing before its record is durable', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => { open = resolve; });
    const setup = new Setup({}, () => gate);
    setup.offer('a');
    await setup.clock.advance(1_000);
    expect(setup.kinesis.calls).toHaveLength(1);
    expect(setup.settledAs.size).toBe(0);
    open();
    await settled();
    expect(setup.kindOf('a')).toBe('durable');
  });

  it('starts a record for what does not fit by bytes or by count', async () => {
    const byCount = new Setup({ maximumRecordPayments: 3 });
    ['a', 'b', 'c', 'd'].forEach((text) => byCount.offer(text));
    await settled();
    expect(byCount.kinesis.stored).toEqual(['a', 'b', 'c']);
    await byCount.clock.advance(5);
    expect(byCount.kinesis.stored).toEqual(['a', 'b', 'c', 'd']);

    const byBytes = new Setup({ maximumRecordBytes: 5_000 });
    Array.from({ length: 20 }, (_, index) => byBytes.offer(`${index}`.padStart(1_000, '.')));
    await byBytes.clock.advance(5);
    expect(byBytes.kinesis.stored).toHaveLength(20);
    const lengths = byBytes.kinesis.calls.flat().map(({ Data: data }) => Buffer.from(data, 'base64').length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(5_000);
    expect(lengths).toHaveLength(5);
  });

  it('refuses by an error what no record can hold, and goes on', async () => {
    const setup = new Setup({ maximumRecordBytes: 100 });
    expect(() => setup.offer('x'.repeat(100))).toThrow('a payment of 100 bytes does not fit into a record of 100 bytes');
    expect(setup.offer('a')).toBe(true);
    await setup.producer.drain();
    expect(setup.kinesis.stored).toEqual(['a']);
  });

  it('tries only the records again that were refused, under another key', async () => {
    const setup = new Setup({ maximumRecordPayments: 1, maximumConcurrentCalls: 1 });
    setup.offer('first');
    setup.kinesis.answers = [['stored', 'throttled', 'stored'], 'throttled', 'stored'];
    ['a', 'b', 'c'].forEach((text) => setup.offer(text));
    await setup.clock.advance(0);
    expect(setup.settledAs.size).toBe(3);
    expect(setup.kindOf('b')).toBeUndefined();
    await setup.clock.advance(1_000);
    expect(setup.kindOf('b')).toBe('durable');
    expect(setup.kinesis.stored).toEqual(['first', 'a', 'c', 'b']);
    expect(setup.kinesis.calls.map((records) => records.length)).toEqual([1, 3, 1, 1]);
    const keys = [setup.kinesis.calls[1][1], setup.kinesis.calls[2][0], setup.kinesis.calls[3][0]].map(({ PartitionKey: key }) => key);
    expect(new Set(keys).size).toBe(3);
  });

  it('tries again after a lost answer, which may store a payment twice but loses none', async () => {
    const setup = new Setup();
    setup.kinesis.answers = ['lost', 'nonsense', 'stored'];
    setup.offer('a');
    await setup.clock.advance(2_000);
    expect(setup.kinesis.stored).toEqual(['a', 'a']);
    expect(setup.kindOf('a')).toBe('durable');
  });

  it('gives up at the deadline, with the outcome unknown', async () => {
    const setup = new Setup({ deliveryMilliseconds: 400, retry: undefined });
    setup.kinesis.answers = Array.from({ length: 100 }, () => 'lost' as const);
    setup.offer('a');
    await setup.clock.advance(10_000);
    expect(setup.kindOf('a')).toBe('unavailable');
    expect(setup.kinesis.calls.length).toBeGreaterThan(2);
    expect(setup.kinesis.calls.length).toBeLessThan(10);
    expect(setup.errors).toEqual([]);
  });

  it('gives up when the retry budget is used up', async () => {
    const clock = new ManualClock();
    const retry = new RetryPolicy({ clock, random: () => 0.5, maximumAttempts: 2 });
    const setup = new Setup({ retry });
    setup.kinesis.answers = ['throttled', 'throttled'];
    setup.offer('a');
    await setup.clock.advance(5);
    await clock.advance(1_000);
    expect(setup.settledAs.get('a')).toMatchObject({ kind: 'unavailable', error: { message: expect.stringContaining('ProvisionedThroughputExceeded') as string } });
    expect(setup.kinesis.calls).toHaveLength(2);
  });

  it('does not try again what no retry helps, and tells of it', async () => {
    const setup = new Setup();
    setup.kinesis.answers = ['refused'];
    setup.offer('a');
    await setup.clock.advance(5);
    expect(setup.kindOf('a')).toBe('unavailable');
    expect(setup.kinesis.calls).toHaveLength(1);
    expect(setup.errors.map(({ message }) => message)).toEqual(['AccessDeniedException: no']);
  });

  it('takes no more than its bounds of payments and bytes, and takes more once they are settled', async () => {
    const byCount = new Setup({ maximumPendingPayments: 2 });
    expect([byCount.offer('a'), byCount.offer('b'), byCount.offer('c')]).toEqual([true, true, false]);
    expect(byCount.producer.isFull).toBe(true);
    await byCount.clock.advance(5);
    expect(byCount.producer.isFull).toBe(false);
    expect(byCount.offer('d')).toBe(true);

    const byBytes = new Setup({ maximumPendingBytes: 10 });
    expect([byBytes.offer('0123456789'), byBytes.offer('a')]).toEqual([true, false]);
    await byBytes.clock.advance(5);
    expect(byBytes.offer('a')).toBe(true);
  });

  it('holds at most so many calls at once, and puts what waits into one', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => { open = resolve; });
    const setup = new Setup({ maximumRecordPayments: 1, maximumConcurrentCalls: 2 }, () => gate);
    Array.from({ length: 600 }, (_, index) => setup.offer(String(index)));
    await settled();
    expect(setup.kinesis.calls.map((records) => records.length)).toEqual([1, 1]);
    open();
    await setup.clock.advance(0);
    expect(setup.kinesis.calls.map((records) => records.length)).toEqual([1, 1, 500, 98]);
    expect(setup.settledAs.size).toBe(600);
  });

  it('keeps a call within what PutRecords takes', async () => {
    const setup = new Setup({ maximumRecordBytes: 1_000_000, maximumConcurrentCalls: 1 });
    Array.from({ length: 14 }, (_, index) => setup.offer(`${index}`.padStart(900_000, '.')));
    await setup.producer.drain();
    expect(setup.kinesis.calls.map((records) => records.length)).toEqual([1, 11, 2]);
  });

  it('drains without waiting for the linger time and takes nothing more', async () => {
    const setup = new Setup({ lingerMilliseconds: 1_000 });
    setup.kinesis.answers = ['throttled'];
    setup.offer('a');
    let drained = false;
    const drain = setup.producer.drain().then(() => { drained = true; });
    expect(setup.offer('b')).toBe(false);
    await settled();
    expect(drained).toBe(false);
    await setup.clock.advance(100);
    await drain;
    expect(setup.kindOf('a')).toBe('durable');
    await setup.producer.drain();
  });

  it('settles every payment once, and calls none durable that is not stored', async () => {
    const answer = fc.constantFrom<Answer>('stored', 'throttled', 'lost', 'nonsense', 'refused');
    await fc.assert(fc.asyncProperty(
      fc.array(fc.oneof(answer, fc.array(fc.constantFrom<Answer>('stored', 'throttled'), { minLength: 5, maxLength: 5 })), { maxLength: 30 }),
      fc.array(fc.nat(4), { minLength: 1, maxLength: 60 }),
      async (answers, pauses) => {
        const setup = new Setup({ maximumRecordPayments: 4, maximumConcurrentCalls: 2, deliveryMilliseconds: 300 });
        setup.kinesis.answers = answers;
        for (const [index, pause] of pauses.entries()) {
          expect(setup.offer(String(index))).toBe(true);
          await setup.clock.advance(pause);
        }
        const drained = setup.producer.drain();
        await setup.clock.advance(60_000);
        await drained;
        expect(setup.settledAs.size).toBe(pauses.length);
        for (const [text, { kind }] of setup.settledAs) {
          expect(kind === 'unavailable' || setup.kinesis.stored.includes(text)).toBe(true);
        }
      }), { numRuns: 100 });
  });
});

describe('EvenPartitionKeys', () => {
  it('spreads records more evenly than chance over any number of shards', () => {
    for (const shards of [1, 3, 4, 7, 16, 64]) {
      const keys = new EvenPartitionKeys(() => 0.123);
      const counts = new Array<number>(shards).fill(0);
      const records = shards * 100;
      for (let record = 0; record < records; record++) {
        const hash = BigInt(`0x${createHash('md5').update(keys.next()).digest('hex')}`);
        counts[Number((hash * BigInt(shards)) >> 128n)]++;
      }
      // Chance alone would leave a standard deviation of 10 %.
      expect(Math.max(...counts)).toBeLessThanOrEqual(106);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(94);
    }
  });

  it('spreads short stretches too', () => {
    const keys = new EvenPartitionKeys(() => 0.9);
    const shards = Array.from({ length: 8 }, () => Number((BigInt(`0x${createHash('md5').update(keys.next()).digest('hex')}`) * 4n) >> 128n));
    for (const shard of [0, 1, 2, 3]) {
      expect(shards.filter((other) => other === shard).length).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('receipt', () => {
  const receipt = { shardId: 'shardId-000000000007', sequenceNumber: '49590338271490256608559692538361571095921575989136588898', index: 12, acceptedAt: 1_700_000_000_000 };

  it('comes back as it was and fits into a URL', () => {
    const token = encodeReceipt(receipt, receipt.acceptedAt);
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeReceipt(token)).toEqual(receipt);
  });

  it('refuses everything else', () => {
    const token = encodeReceipt(receipt, receipt.acceptedAt);
    for (const other of ['', 'x', `${token}=`, ` ${token}`, `${token}A`, token.slice(1), `${token.slice(0, 9)}!${token.slice(9)}`, 'a'.repeat(10_000)]) {
      expect(decodeReceipt(other)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (text) => {
      const decoded = decodeReceipt(text);
      expect(decoded === undefined || encodeReceipt(decoded, decoded.acceptedAt) === text).toBe(true);
    }));
  });
});
