import fc from 'fast-check';
import { deaggregate } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';
import { type PutOutcome, StreamProducer, type StreamProducerOptions } from '../../../../lambdas/runtime/producer/stream-producer';
import { SeededRandom } from '../../../../local/random/seeded-random';
import { FakeShards, timersOf } from './fake-shards';
import { ManualClock, settled } from './manual-clock';

// Many cases, on a machine that may be busy.
jest.setTimeout(30_000);

/** A producer of texts, and what each was told. */
class Setup {
  readonly clock = new ManualClock();
  readonly stream: FakeShards;
  readonly producer: StreamProducer<string>;
  readonly told = new Map<string, PutOutcome>();
  readonly errors: string[] = [];

  constructor(options: Partial<StreamProducerOptions<string>> = {}, { shards = 4, perSecond = Infinity, latency = 0 } = {}) {
    this.stream = new FakeShards(this.clock, shards, perSecond, latency === 0 ? undefined : () => this.clock.sleep(latency));
    this.producer = new StreamProducer<string>({
      kinesis: this.stream,
      streamName: 's',
      encode: (text) => Buffer.from(text),
      aggregate: false,
      clock: this.clock,
      random: () => 0.5,
      onError: (error) => { this.errors.push(error.message); },
      ...options,
      hedge: options.hedge && { ...options.hedge, timers: timersOf(this.clock) },
    });
  }

  offer(...texts: string[]): (void | Promise<void>)[] {
    return texts.map((text) => this.producer.offer(text, (outcome) => {
      expect(this.told.has(text)).toBe(false);
      this.told.set(text, outcome);
    }));
  }

  kinds(...texts: string[]): (string | undefined)[] {
    return texts.map((text) => this.told.get(text)?.kind);
  }
}

const texts = (count: number, prefix = ''): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('StreamProducer', () => {
  it('packs what comes within the linger time into one call, and tells where each item lies', async () => {
    const setup = new Setup();
    setup.offer('a');
    await setup.clock.advance(4);
    setup.offer('b');
    expect(setup.stream.calls).toEqual([]);
    await setup.clock.advance(1);
    expect(setup.stream.calls.map(({ length }) => length)).toEqual([2]);
    expect(setup.told.get('b')).toEqual({ kind: 'durable', position: { shardId: expect.stringMatching(/^shardId-/) as string, sequenceNumber: '2', index: 0 } });
  });

  it('takes bytes as they are without a codec, and puts many into a record', async () => {
    const clock = new ManualClock();
    const stream = new FakeShards(clock, 1);
    const producer = new StreamProducer({ kinesis: stream, streamName: 's', clock });
    const put = Promise.all([producer.put(Buffer.from('a')), producer.put(Buffer.from('b'))]);
    await clock.advance(5);
    expect((await put).map((outcome) => outcome.kind === 'durable' && outcome.position.index)).toEqual([0, 1]);
    const [[{ Data: data, PartitionKey: key }]] = stream.calls;
    expect(deaggregate(Buffer.from(data, 'base64'), key).map((record) => Buffer.from(record.data).toString())).toEqual(['a', 'b']);
  });

  it('starts a call for what does not fit by count or by bytes', async () => {
    const byCount = new Setup({ lingerMilliseconds: 100, maximumConcurrentCalls: 1 });
    byCount.offer(...texts(1_200));
    await byCount.clock.advance(1);
    // What is full does not wait for others.
    expect(byCount.stream.calls.map(({ length }) => length)).toEqual([500, 500]);
    await byCount.clock.advance(100);
    expect(byCount.stream.calls.map(({ length }) => length)).toEqual([500, 500, 200]);
    const byBytes = new Setup({ encode: (text) => Buffer.alloc(1_000_000, text), maximumConcurrentCalls: 1 });
    byBytes.offer(...texts(12));
    await byBytes.clock.advance(5);
    expect(byBytes.stream.calls.map(({ length }) => length)).toEqual([10, 2]);
  });

  it('sends items of one place to one shard, by key or by explicit hash key', async () => {
    const byKey = new Setup({ placeOf: (text) => ({ partitionKey: text.slice(0, 1) }) });
    byKey.offer(...texts(20, 'a'), ...texts(20, 'b'), ...texts(20, 'c'));
    await byKey.clock.advance(5);
    for (const key of 'abc') {
      expect(byKey.stream.shards.filter(({ stored }) => stored.some((text) => text.startsWith(key)))).toHaveLength(1);
    }
    const byHash = new Setup({ placeOf: (text) => ({ partitionKey: 'k', explicitHashKey: String((BigInt(text) << 128n) / 4n) }) });
    byHash.offer(...texts(4));
    await byHash.clock.advance(5);
    expect(byHash.stream.shards.map(({ stored }) => stored)).toEqual([['0'], ['1'], ['2'], ['3']]);
  });

  it('spreads items without a place evenly', async () => {
    const setup = new Setup();
    setup.offer(...texts(400));
    await setup.clock.advance(5);
    setup.stream.shards.forEach(({ stored }) => expect(Math.abs(stored.length - 100)).toBeLessThanOrEqual(7));
  });

  it.each([
    ['an empty key', { partitionKey: '' }, '`partitionKey` must have between 1 and 256 characters, got: 0'],
    ['too long a key', { partitionKey: 'x'.repeat(257) }, '`partitionKey` must have between 1 and 256 characters, got: 257'],
    ['a hash key beyond the space', { partitionKey: 'k', explicitHashKey: String(1n << 128n) }, 'must be a decimal number below 2^128'],
    ['a hash key that is no number', { partitionKey: 'k', explicitHashKey: '-1' }, 'must be a decimal number below 2^128'],
  ])('tells an item with %s so, and goes on', async (_name, place, message) => {
    const setup = new Setup({ placeOf: (text) => (text === 'bad' ? place : { partitionKey: 'k' }) });
    setup.offer('bad', 'good');
    await setup.clock.advance(5);
    expect(setup.told.get('bad')).toMatchObject({ kind: 'unavailable', error: { message: expect.stringContaining(message) as string } });
    expect(setup.kinds('good')).toEqual(['durable']);
  });

  it('tells an item that no record can hold so', async () => {
    const setup = new Setup({ encode: (text) => Buffer.alloc(text === 'large' ? 1_048_573 : 1) });
    setup.offer('large', 'small');
    await setup.clock.advance(5);
    expect(setup.kinds('large', 'small')).toEqual(['unavailable', 'durable']);
  });

  it.each<[string, object]>([
    ['`bufferedItems` must be a whole number of at least 1, got: 0', { bufferedItems: 0 }],
    ['`maximumPendingItems` must be a whole number of at least 1, got: 0.5', { maximumPendingItems: 0.5 }],
    ['`aggregate` must be false with `placeOf`, got: true', { aggregate: true, placeOf: () => ({ partitionKey: 'k' }) }],
  ])('refuses options: %s', (message, options) => {
    expect(() => new Setup(options)).toThrow(message);
  });
});

describe('the buffer of a StreamProducer', () => {
  const bounds = { maximumPendingItems: 2, bufferedItems: 2 };

  it('drops the oldest of those that wait', async () => {
    const setup = new Setup({ ...bounds, overflow: 'drop-oldest' });
    setup.offer('a', 'b', 'c', 'd', 'e');
    expect([setup.kinds('a', 'b', 'c', 'd', 'e'), setup.producer.waiting]).toEqual([[undefined, undefined, 'dropped', undefined, undefined], 2]);
    await setup.clock.advance(20);
    expect(setup.kinds('a', 'b', 'd', 'e')).toEqual(['durable', 'durable', 'durable', 'durable']);
    expect(setup.stream.stored.sort()).toEqual(['a', 'b', 'd', 'e']);
  });

  it('drops the newest', async () => {
    const setup = new Setup({ ...bounds, overflow: 'drop-newest' });
    setup.offer('a', 'b', 'c', 'd', 'e');
    expect(setup.kinds('e')).toEqual(['dropped']);
    await setup.clock.advance(20);
    expect(setup.kinds('a', 'b', 'c', 'd')).toEqual(['durable', 'durable', 'durable', 'durable']);
  });

  it('blocks whoever puts, until there is room, and drops nothing', async () => {
    const setup = new Setup(bounds);
    const waits = setup.offer('a', 'b', 'c', 'd', 'e');
    expect(waits.map((wait) => wait instanceof Promise)).toEqual([false, false, false, false, true]);
    let free = false;
    void (waits[4] as Promise<void>).then(() => { free = true; });
    await settled();
    expect(free).toBe(false);
    await setup.clock.advance(20);
    expect(free).toBe(true);
    expect([...setup.told.values()].map(({ kind }) => kind)).toEqual(['durable', 'durable', 'durable', 'durable', 'durable']);
  });

  it('keeps the order of those that wait', async () => {
    const setup = new Setup({ maximumPendingItems: 1, bufferedItems: 50, placeOf: () => ({ partitionKey: 'k' }) });
    setup.offer(...texts(30));
    await setup.clock.advance(200);
    expect(setup.stream.stored).toEqual(texts(30));
  });
});

describe('an item that is offered by who was just told', () => {
  it('waits behind those that wait', async () => {
    const setup = new Setup({ maximumPendingItems: 1, placeOf: () => ({ partitionKey: 'k' }) });
    void setup.producer.offer('a', () => { setup.offer('z'); });
    setup.offer('b', 'c');
    await setup.clock.advance(100);
    expect(setup.stream.stored).toEqual(['a', 'b', 'c', 'z']);
  });
});

describe('shards that throttle', () => {
  const slow = { shards: 2, perSecond: 100 };

  it('are slowed alone: what belongs to others does not wait', async () => {
    const setup = new Setup({ placeOf: (text) => ({ partitionKey: 'k', explicitHashKey: text.startsWith('slow') ? '0' : String(1n << 127n) }), deliveryMilliseconds: 60_000 }, { shards: 2 });
    setup.stream.shards[0].perSecond = 20;
    setup.offer(...texts(300, 'slow-'));
    await setup.clock.advance(500);
    const begin = setup.clock.now();
    setup.offer(...texts(2_000, 'fast-'));
    await setup.clock.advance(10);
    expect(setup.stream.shards[1].stored).toHaveLength(2_000);
    expect(setup.clock.now() - begin).toBe(10);
    await setup.clock.advance(60_000);
    expect(new Set(setup.kinds(...texts(300, 'slow-')))).toEqual(new Set(['durable']));
  });

  it('are refused less when their rate is known: the rate adapts', async () => {
    const setup = new Setup({ placeOf: () => ({ partitionKey: 'k' }), deliveryMilliseconds: 120_000, maximumPendingItems: 10_000 }, { shards: 1, perSecond: 100 });
    setup.offer(...texts(3_000));
    await setup.clock.advance(10_000);
    const refused = setup.stream.shards[0].refused;
    const stored = setup.stream.stored.length;
    await setup.clock.advance(10_000);
    expect(setup.stream.stored.length - stored).toBeGreaterThan(500);
    expect(setup.stream.shards[0].refused - refused).toBeLessThan(setup.stream.stored.length - stored);
  });

  it('that are not named by the answer are known by where other records went', async () => {
    const setup = new Setup({ placeOf: (text) => ({ partitionKey: text }), deliveryMilliseconds: 10_000 }, slow);
    setup.offer(...texts(260, 'x'));
    await setup.clock.advance(5_000);
    setup.stream.namesShards = false;
    const before = setup.stream.calls.length;
    setup.offer(...texts(260, 'y'));
    await setup.clock.advance(10_000);
    expect(setup.kinds(...texts(260, 'y')).filter((kind) => kind === 'durable').length).toBeGreaterThan(200);
    expect(setup.stream.calls.length - before).toBeGreaterThan(1);
  });

  it('get what may go anywhere less often than the others', async () => {
    const setup = new Setup({ deliveryMilliseconds: 30_000, aggregate: true, maximumRecordItems: 1 }, { shards: 4 });
    setup.stream.shards[2].perSecond = 5;
    for (let round = 0; round < 100; round++) {
      setup.offer(...texts(4, `${round}-`));
      await setup.clock.advance(20);
    }
    await setup.clock.advance(5_000);
    expect([...setup.told.values()].every(({ kind }) => kind === 'durable')).toBe(true);
    expect(setup.stream.shards[2].stored.length).toBeLessThan(setup.stream.shards[1].stored.length);
  });

  it('whose rate is too low for all are told so in time', async () => {
    const setup = new Setup({ placeOf: () => ({ partitionKey: 'k' }), deliveryMilliseconds: 2_000 }, { shards: 1, perSecond: 20 });
    setup.offer(...texts(400));
    await setup.clock.advance(2_500);
    expect(setup.told.size).toBe(400);
    const counts = setup.kinds(...texts(400));
    expect(counts.filter((kind) => kind === 'durable').length).toBe(setup.stream.stored.length);
    expect(counts.filter((kind) => kind === 'unavailable').length).toBeGreaterThan(300);
  });
});

describe('hedged calls of a StreamProducer', () => {
  const CALLS = 800;

  /** What calls, one after the other, took where three of two hundred take more than ten times as long. */
  async function durations(options: Partial<StreamProducerOptions<string>>): Promise<{ sorted: number[]; setup: Setup }> {
    const random = new SeededRandom(7);
    const setup = new Setup({ maximumPendingItems: 1, lingerMilliseconds: 0, ...options });
    const slow = (): Promise<void> => setup.clock.sleep(random.next() < 0.015 ? 200 : 10 + Math.floor(random.next() * 10));
    Object.assign(setup.stream, { latency: slow });
    const took: number[] = [];
    for (let call = 0; call < CALLS; call++) {
      const begin = setup.clock.now();
      void setup.producer.put(String(call)).then(() => { took.push(setup.clock.now() - begin); });
      await setup.clock.advance(250);
    }
    return { sorted: took.sort((a, b) => a - b), setup };
  }

  it('shorten the tail within their budget, and everything is stored', async () => {
    const plain = await durations({});
    const hedge = await durations({ hedge: {} });
    const p99 = ({ sorted }: { sorted: number[] }): number => sorted[Math.floor(sorted.length * 0.99)];
    expect(p99(plain)).toBeGreaterThanOrEqual(200);
    expect(p99(hedge)).toBeLessThanOrEqual(60);
    expect(hedge.setup.stream.calls.length - CALLS).toBeLessThanOrEqual(2 + 0.02 * CALLS);
    expect(new Set(hedge.setup.stream.stored).size).toBe(CALLS);
  });

  it('settle what either of the two has stored, and try again what neither has', async () => {
    const setup = new Setup({ hedge: { measuredCalls: 20 }, placeOf: (text) => ({ partitionKey: text }) }, { shards: 1, latency: 10 });
    for (let call = 0; call < 20; call++) {
      setup.offer(`warm-${call}`);
      await setup.clock.advance(20);
    }
    const calls = setup.stream.calls.length;
    // The first never answers within the time of the second, and the second is cut off before anything is stored.
    Object.assign(setup.stream, { latency: (number: number) => setup.clock.sleep(number === calls + 1 ? 300 : 10) });
    setup.stream.killed.set(calls + 2, 'before');
    setup.offer('a');
    await setup.clock.advance(40);
    expect([setup.stream.calls.length - calls, setup.kinds('a')]).toEqual([2, [undefined]]);
    await setup.clock.advance(300);
    expect([setup.stream.calls.length - calls, setup.kinds('a')]).toEqual([2, ['durable']]);
  });
});

describe('the end of a StreamProducer', () => {
  it('sends what waits, drops what is blocked, and takes nothing more', async () => {
    const setup = new Setup({ maximumPendingItems: 2, bufferedItems: 2, lingerMilliseconds: 1_000 }, { latency: 10 });
    setup.offer('a', 'b', 'c', 'd', 'blocked');
    let drained = false;
    const end = setup.producer.drain().then(() => { drained = true; });
    setup.offer('late');
    await settled();
    expect([drained, setup.kinds('blocked', 'late')]).toEqual([false, ['dropped', 'dropped']]);
    await setup.clock.advance(3_000);
    await end;
    expect(setup.kinds('a', 'b', 'c', 'd')).toEqual(['durable', 'durable', 'durable', 'durable']);
    expect(setup.stream.stored.sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('loses nothing that was acknowledged, and leaves nobody untold, whatever happens to calls and shards', async () => {
    const kill = fc.constantFrom<'before' | 'after' | undefined>('before', 'after', undefined, undefined);
    const overflow = fc.constantFrom<'drop-oldest' | 'drop-newest' | 'block'>('drop-oldest', 'drop-newest', 'block');
    const producer = fc.record({
      aggregate: fc.boolean(), overflow, hedged: fc.boolean(),
      maximumPendingItems: fc.integer({ min: 1, max: 40 }), bufferedItems: fc.integer({ min: 1, max: 20 }),
    });
    const burst = fc.tuple(fc.nat(15), fc.nat(40));
    await fc.assert(fc.asyncProperty(
      producer, fc.array(kill, { maxLength: 40 }), fc.integer({ min: 2, max: 30 }), fc.array(burst, { minLength: 1, maxLength: 25 }), fc.nat(25),
      async ({ hedged, ...options }, kills, perSecond, bursts, drainAfter) => {
        const clock = new ManualClock();
        const random = new SeededRandom(kills.length + perSecond);
        const stream = new FakeShards(clock, 3, perSecond, () => clock.sleep(Math.floor(random.next() * 30)));
        kills.forEach((moment, index) => { if (moment !== undefined) { stream.killed.set(index + 1, moment); } });
        const told = new Map<string, PutOutcome['kind']>();
        const sut = new StreamProducer<string>({
          kinesis: stream, streamName: 's', encode: (text) => Buffer.from(text), clock, random: () => random.next(), deliveryMilliseconds: 800,
          hedge: hedged ? { measuredCalls: 20, timers: timersOf(clock) } : undefined, ...options,
        });
        let offered = 0;
        let end: Promise<void> | undefined;
        for (const [index, [count, pause]] of bursts.entries()) {
          for (let item = 0; item < count; item++) {
            const text = `<${offered++}>`;
            void sut.offer(text, ({ kind }) => {
              expect(told.has(text)).toBe(false);
              told.set(text, kind);
            });
          }
          await clock.advance(pause);
          end = index === drainAfter ? sut.drain() : end;
        }
        end ??= sut.drain();
        await clock.advance(60_000);
        await end;
        const stored = stream.stored.join('');
        expect(told.size).toBe(offered);
        for (const [text, kind] of told) {
          expect(kind === 'durable' ? stored.includes(text) : kind !== 'dropped' || !stored.includes(text)).toBe(true);
        }
      }), { numRuns: 60 });
  });
});
