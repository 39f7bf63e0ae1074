import type { ShardState, Snapshot } from '../../../local/dashboard';
import { SyntheticFeed } from './synthetic-feed';

/** Modules of the page that need no browser. */
interface Rates {
  of(counter: (snapshot: Snapshot) => number): number | null;
  ofShard(stream: string, shard: ShardState): { records: number | null; bytes: number | null; throttled: number | null };
}
const { Rates: RatesOf } = jest.requireActual<{ Rates: new (before: Snapshot | undefined, now: Snapshot) => Rates }>('../../../local/dashboard/page/rates.js');
const format = jest.requireActual<Record<'bytes' | 'clock' | 'count' | 'duration' | 'percent' | 'rate' | 'shortName', (value: unknown) => string>>(
  '../../../local/dashboard/page/format.js',
);

describe('rates between two snapshots', () => {
  let now: Snapshot;
  beforeAll(async () => (now = await new SyntheticFeed({ now: () => 10_000 }).snapshot()));
  const sent = (count: number, at: number): Snapshot => ({ ...now, at, payments: { ...now.payments, sent: count } });
  const shards = (at: number, ...states: ShardState[]): Snapshot => ({ ...now, at, streams: [{ name: 'orders', kind: 'kinesis', shardLimits: undefined, shards: states }] });
  const shard = (id: string, records: number): ShardState => ({ id, open: true, records, bytes: 100 * records, throttled: 0 });
  const counter = (snapshot: Snapshot) => snapshot.payments.sent;

  it('are the growth of a counter by second', () => {
    expect(new RatesOf(sent(100, 10_000), sent(350, 12_500)).of(counter)).toBe(100);
  });

  it('are unknown before the second snapshot, and between two that are too close', () => {
    expect(new RatesOf(undefined, sent(100, 10_000)).of(counter)).toBeNull();
    expect(new RatesOf(sent(100, 10_000), sent(101, 10_100)).of(counter)).toBeNull();
  });

  it('never fall below zero, as after a restart of what counts', () => {
    expect(new RatesOf(sent(100, 10_000), sent(0, 11_000)).of(counter)).toBe(0);
  });

  it('count all of a shard that was made since', () => {
    const rates = new RatesOf(shards(10_000, shard('shard-0', 50)), shards(12_000, shard('shard-0', 60), shard('shard-1', 8)));
    expect(rates.ofShard('orders', shard('shard-0', 60))).toEqual({ records: 5, bytes: 500, throttled: 0 });
    expect(rates.ofShard('orders', shard('shard-1', 8))).toEqual({ records: 4, bytes: 400, throttled: 0 });
    expect(rates.ofShard('refunds', shard('shard-1', 8)).records).toBeNull();
  });
});

describe('figures as text', () => {
  it.each([
    ['count', 1_234_567, '1,234,567'], ['count', undefined, '–'], ['count', 0, '0'],
    ['rate', 0, '0'], ['rate', 0.04, '0.0'], ['rate', 9.94, '9.9'], ['rate', 9.96, '10'], ['rate', 1234.5, '1,235'], ['rate', null, '–'],
    ['duration', 999, '999 ms'], ['duration', 1000, '1.0 s'], ['duration', 99_940, '99.9 s'], ['duration', 125_000, '2:05'], ['duration', undefined, '–'],
    ['clock', 65_400, '1:05'], ['clock', -3, '0:00'],
    ['bytes', 999, '999 B'], ['bytes', 155_000, '155 kB'], ['bytes', 4_194_304, '4.2 MB'],
    ['percent', 0, '0 %'], ['percent', 0.0004, '<0.1 %'], ['percent', 0.004, '0.4 %'], ['percent', 0.834, '83 %'], ['percent', 1.5, '150 %'],
    ['shortName', 'orders', 'orders'], ['shortName', 'app-data-LedgerTable0DC0F3D39', 'app-data-LedgerTable0'], ['shortName', 'orders20261122', 'orders20261122'],
    ['shortName', 'app-data-ParkingTable063715348', 'app-data-ParkingTable0'],
    ['shortName', 'reference-local-cell1-stream-PaymentsStreamF42C3931', 'cell1-stream-PaymentsStream'], ['shortName', 'x'.repeat(40), 'x'.repeat(40)],
  ] as const)('%s of %p is %s', (name, value, text) => {
    expect(format[name](value)).toBe(text);
  });
});
