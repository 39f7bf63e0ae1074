import fc from 'fast-check';
import { Logger, type LoggerOptions } from '../../../../lambdas/runtime/observability/logger';
import { containsCardNumber } from '../../../../lambdas/runtime/payment/card-number';

const CARD = '4111111111111111';

let lines: string[];
let now: number;
beforeEach(() => {
  lines = [];
  now = 0;
});

const logger = (options: LoggerOptions = {}): Logger => (
  new Logger({ context: { functionName: 'f' }, now: () => now, write: (line) => { lines.push(line); }, ...options })
);
const parsed = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('Logger', () => {
  it('writes a line of JSON', () => {
    logger().info('hello', { rows: 2, sum: 12n });
    expect(lines).toHaveLength(1);
    expect(parsed()[0]).toEqual({ level: 'info', time: '1970-01-01T00:00:00.000Z', message: 'hello', functionName: 'f', rows: 2, sum: '12' });
    expect(lines[0]).toMatch(/^{"level":"info","time":/);
  });

  it('writes no line below its level, sampled ones neither', () => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      lines = [];
      const sut = logger({ level });
      (['debug', 'info', 'warn', 'error'] as const).forEach((other) => {
        sut[other]('a');
        sut.sample(other, `sampled ${other}`);
      });
      const from = ['debug', 'info', 'warn', 'error'].indexOf(level);
      expect(parsed().map((line) => line.level)).toEqual(['debug', 'info', 'warn', 'error'].slice(from).flatMap((other) => [other, other]));
    }
    lines = [];
    logger().debug('a');
    expect(lines).toEqual([]);
  });

  it('lets no field take the place of what names the line', () => {
    logger({ context: { level: 'none' } }).warn('true', { message: 'false', time: 'never' });
    expect(parsed()[0]).toMatchObject({ level: 'warn', message: 'true', time: '1970-01-01T00:00:00.000Z' });
  });
});

describe('card numbers in log lines', () => {
  it('are masked, in whatever they are hidden', () => {
    const error = new Error('bad 4111111111111111', { cause: { key: '5555 5555 5555 4444' } });
    logger().error('failed with 4111111111111111', { error, number: 4111111111111111, nested: [{ text: 'a 378282246310005' }] });
    expect(lines[0]).not.toMatch(/4111111111111111|5555 5555 5555 4444|378282246310005/);
    expect(parsed()[0]).toMatchObject({
      message: 'failed with ************1111', number: '************1111', nested: [{ text: 'a ***********0005' }],
      error: { message: 'bad ************1111', cause: { key: '************4444' } },
    });
  });

  it.each<[string, unknown]>([
    ['the name of a member', { [CARD]: 1 }],
    ['the context', undefined],
    ['a map, as name', new Map([[CARD, 1]])],
    ['a map, as value', new Map([[1, CARD]])],
    ['a set', new Set([CARD])],
    ['bytes', Buffer.from(CARD)],
    ['bytes of an array buffer', new Uint8Array(Buffer.from(CARD)).buffer],
    ['what an object says of itself', { toJSON: () => ({ number: CARD }) }],
    ['the cause of a cause', new Error('a', { cause: new Error('b', { cause: new Error(CARD) }) })],
    ['one of several errors', new AggregateError([new Error(CARD)], 'several')],
    ['the name of an error', Object.assign(new Error('a'), { name: CARD })],
    ['a bigint', BigInt(CARD)],
    ['a symbol', Symbol(CARD)],
    ['a function', new Function(`return ${CARD}`)],
    ['an address', new URL(`https://shop.example/?card=${CARD}`)],
    ['the end of a long text', `${'x'.repeat(16_384 - 10)} ${CARD}`],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: CARD })],
  ])('are masked in %s', (_name, value) => {
    const sut = logger(value === undefined ? { context: { card: CARD } } : {});
    sut.info('x', { value });
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CARD);
    expect(lines[0]).not.toContain(CARD.slice(0, 9));
    expect(lines[0]).not.toContain([...Buffer.from(CARD)].join());
  });

  it('are masked in any text, whatever else is in it', () => {
    const part = fc.oneof(fc.constantFrom('4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', ' ', '.', ':', '"', 'é'), fc.string({ maxLength: 6 }));
    fc.assert(fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      lines = [];
      logger().info('x', { text: parts.join('') });
      expect(containsCardNumber((parsed()[0] as { text: string }).text)).toBe(false);
    }), { numRuns: 300 });
  });
});

describe('a line', () => {
  it('is written whatever is in it', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle.self = circle;
    const twice = { a: 1 };
    const throwing = Object.defineProperty({ ok: 1 }, 'bad', { enumerable: true, get: () => { throw new Error('no'); } });
    logger().info('x', {
      circle, both: [twice, twice], throwing, json: { toJSON: () => { throw new Error('no'); } }, date: new Date(0), never: new Date(NaN),
      proxy: new Proxy({}, { ownKeys: () => { throw new Error('no'); } }), none: null, infinite: Infinity, missing: undefined,
    });
    expect(parsed()[0]).toMatchObject({
      circle: { name: 'circle', self: '[circular]' }, both: [{ a: 1 }, { a: 1 }], throwing: { ok: 1, bad: '[unreadable]' }, json: '[unreadable]',
      date: '1970-01-01T00:00:00.000Z', never: null, proxy: '[unreadable]', none: null, infinite: null,
    });
  });

  it('has bounds: depth, members and characters', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 100; level++) {
      deep = { deep };
    }
    const of = (value: unknown): object => Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`m${index}`, value]));
    const wide = of(of(1));
    logger().info('x', { deep, wide, list: Array.from({ length: 1_000 }, () => 1), text: 'x'.repeat(1_000_000) });
    expect(lines[0]).toContain('[too deep]');
    expect(lines[0].length).toBeLessThan(100_000);
  });

  it('is lost rather than that the work is, when it cannot be written', () => {
    expect(() => logger({ write: () => { throw new Error('broken pipe'); } }).error('x')).not.toThrow();
    expect(() => logger({ now: () => NaN }).error('x')).not.toThrow();
  });

  it('is written for any value', () => {
    const kinds = { withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true, withDate: true };
    fc.assert(fc.property(fc.anything(kinds), (value) => {
      lines = [];
      logger().info('x', { value });
      expect(parsed()).toHaveLength(1);
    }), { numRuns: 200 });
  });
});

describe('what may happen with every payment', () => {
  it('is written once a second, with how often it happened', () => {
    const sut = logger();
    for (let time = 0; time < 5_000; time++) {
      now = time / 2;
      sut.sample('warn', 'throttled', { shard: 1 });
    }
    const told = parsed().map(({ occurrences, suppressed, shard }) => [occurrences, suppressed, shard]);
    expect(told).toEqual([[1, 0, 1], [2_001, 1_999, 1], [4_001, 1_999, 1]]);
  });

  it('is written each time when it is rare', () => {
    const sut = logger();
    for (let hour = 0; hour < 5; hour++) {
      now = hour * 3_600_000;
      sut.sample('warn', 'odd');
    }
    expect(parsed().map(({ occurrences }) => occurrences)).toEqual([1, 2, 3, 4, 5]);
  });

  it('is sampled message by message, at the rate that was asked for', () => {
    const sut = logger({ sampleMilliseconds: 10 });
    for (const [time, message] of [[0, 'a'], [0, 'b'], [9, 'a'], [10, 'a'], [10, 'b']] as const) {
      now = time;
      sut.sample('info', message);
    }
    expect(parsed().map(({ message, occurrences }) => [message, occurrences])).toEqual([['a', 1], ['b', 1], ['a', 3], ['b', 2]]);
    expect(() => logger({ sampleMilliseconds: 0 })).toThrow('`sampleMilliseconds` must be a whole number of at least 1, got: 0');
  });

  it('is not silenced by a clock that was set back', () => {
    const sut = logger();
    now = 3_600_000;
    sut.sample('info', 'a');
    now = 0;
    sut.sample('info', 'a');
    expect(lines).toHaveLength(2);
  });
});
