import { OpenLoop } from '../../../local/load/open-loop';
import { PaymentMix } from '../../../local/load/payment-mix';
import type { ClientEntry, ClientMovement, MovementRoutes } from '../../../local/load/client-movement';
import { MovementMix } from '../../../local/load/movement-mix';
import type { PaymentSender, Posted } from '../../../local/load/poster';
import { SeededRandom } from '../../../local/random/seeded-random';
import { ManualClock } from '../event-sources/manual-clock';

jest.setTimeout(60_000);

const START = 1_800_000_000_000;
const NOTHING: Posted = { acknowledged: [], repeatable: [] };

interface Post {
  readonly payments: readonly ClientEntry[];
  /** Milliseconds since the start: when it was due, and when it was sent. */
  readonly due: number;
  readonly sent: number;
}

describe('the open loop', () => {
  let clock: ManualClock;
  let posts: Post[];
  let answer: (payments: readonly ClientEntry[]) => Promise<Posted>;

  beforeEach(() => {
    clock = new ManualClock(START);
    posts = [];
    answer = async (payments) => ({ acknowledged: payments, repeatable: [] });
  });

  const create = (seed = 1, routes?: MovementRoutes, paymentsPerRequest?: number) => {
    const random = new SeededRandom(seed);
    const sender: PaymentSender = {
      post: <Entry extends ClientEntry>(payments: readonly Entry[], scheduledAt: number) => {
        posts.push({ payments, due: scheduledAt - START, sent: clock.now() - START });
        return answer(payments) as Promise<Posted<Entry>>;
      },
    };
    const movements = routes && new MovementMix(new SeededRandom(seed + 1), 's1', routes);
    return new OpenLoop(sender, new PaymentMix(random, 's1', paymentsPerRequest), random, clock, movements);
  };
  const payments = (from: number, to: number) =>
    posts.filter(({ sent }) => sent >= from && sent < to).reduce((sum, post) => sum + post.payments.length, 0);
  const keys = (some: readonly Post[]) => some.flatMap((post) => post.payments.map(({ idempotencyKey }) => idempotencyKey));
  /** Posts by their payments: one entry for each request and its repeats. */
  const timesByRequest = () => {
    const times = new Map<string, number[]>();
    posts.forEach((post) => {
      const key = keys([post]).join();
      times.set(key, [...(times.get(key) ?? []), post.sent]);
    });
    return times;
  };

  it('sends at its rate, each request when it is due, and ends in time', async () => {
    const ended = create().run(2_000, 10);
    await clock.advance(12_000);
    await ended;
    expect(payments(0, 10_000) / 10).toBeGreaterThan(1_700);
    expect(payments(0, 10_000) / 10).toBeLessThan(2_300);
    expect(payments(10_000, 12_000)).toBe(0);
    expect(posts.every(({ due, sent }) => sent >= due && sent - due <= 2)).toBe(true);
  });

  it.each([[50, 5_000], [1, 100]])('sends at its rate in batches of %i as well', async (size, rate) => {
    const ended = create(1, undefined, size).run(rate, 10);
    await clock.advance(12_000);
    await ended;
    // But for payments that a client sends twice, alone.
    expect(posts.filter((post) => post.payments.length !== size && post.payments.length !== 1)).toEqual([]);
    expect(payments(0, 10_000) / 10 / rate).toBeGreaterThan(0.85);
    expect(payments(0, 10_000) / 10 / rate).toBeLessThan(1.15);
  });

  it('changes its rate while it runs, from one that lets it sleep long as well', async () => {
    const loop = create();
    const ended = loop.run(0.01, 12);
    await clock.advance(6_000);
    expect(payments(0, 6_000)).toBeLessThan(60);
    loop.setRate(2_000);
    await clock.advance(3_000);
    expect(payments(6_000, 9_000) / 3).toBeGreaterThan(1_500);
    loop.setRate(300);
    await clock.advance(3_000);
    await ended;
    expect(payments(9_000, 12_000) / 3).toBeLessThan(700);
    expect(() => loop.setRate(-1)).toThrow('`paymentsPerSecond` must be at least 0, got: -1');
  });

  it('sends what got no answer again, with the same keys and bodies, later each time, until it gives up', async () => {
    answer = async (some) => ({ acknowledged: [], repeatable: some });
    const ended = create().run(30, 120);
    await clock.advance(120_000);
    await ended;
    const requests = [...timesByRequest().values()].filter(([first]) => first < 60_000);
    const repeated = requests.filter((times) => times.length > 1);
    expect(repeated.length / requests.length).toBeGreaterThan(0.6);
    expect(Math.max(...requests.map((times) => times.length))).toBe(9);
    for (const times of repeated.filter(({ length }) => length === 9)) {
      const gaps = times.slice(1).map((time, index) => time - times[index]);
      expect(gaps[0]).toBeGreaterThanOrEqual(250);
      expect(gaps[0]).toBeLessThanOrEqual(760);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(12_010);
      expect(gaps[7]).toBeGreaterThanOrEqual(4_000);
    }
  });

  it('repeats only what failed, not before the answer allows it, and stops when it is acknowledged', async () => {
    const failed = new Set<string>();
    answer = async (some) => {
      const repeatable = some.filter(({ idempotencyKey }, index) => index % 2 === 0 && !failed.has(idempotencyKey));
      repeatable.forEach(({ idempotencyKey }) => failed.add(idempotencyKey));
      return { acknowledged: some.filter((payment) => !repeatable.includes(payment)), repeatable, retryAfterSeconds: 3 };
    };
    const ended = create().run(50, 40);
    await clock.advance(40_000);
    await ended;
    const byKey = new Map<string, number[]>();
    posts.forEach((post) => keys([post]).forEach((key) => byKey.set(key, [...(byKey.get(key) ?? []), post.sent])));
    const early = [...byKey].filter(([, [first]]) => first < 30_000);
    const again = early.filter(([key]) => failed.has(key));
    expect(again.length).toBeGreaterThan(500);
    // A needless second try may come on top.
    expect(again.every(([, times]) => times.length >= 2 && times.length <= 3)).toBe(true);
    expect(again.filter(([, times]) => times.length === 2 && times[1] - times[0] >= 3_000).length / again.length).toBeGreaterThan(0.95);
    expect(early.filter(([key]) => !failed.has(key)).every(([, times]) => times.length <= 2)).toBe(true);
  });

  it('sends more slowly again while everything fails, and catches up once it does not', async () => {
    let isUp = false;
    answer = async (some) => (isUp ? { acknowledged: some, repeatable: [] } : { acknowledged: [], repeatable: some });
    const ended = create().run(100, 20);
    await clock.advance(10_000);
    const down = posts.length;
    const requests = timesByRequest().size;
    isUp = true;
    await clock.advance(10_000);
    await ended;
    // A request that failed all the time was sent at most five times in ten seconds: after 0.5, 1, 2 and 4 seconds on average.
    expect(down).toBeLessThan(5 * requests);
    const failedEarly = [...timesByRequest().values()].filter(([first]) => first < 5_000);
    expect(failedEarly.filter((times) => times.some((time) => time > 10_000)).length / failedEarly.length).toBeGreaterThan(0.7);
  });

  it('holds arrivals back while too many requests have no answer, and sends them with their own time', async () => {
    const answers: (() => void)[] = [];
    answer = (some) => new Promise((resolve) => answers.push(() => resolve({ acknowledged: some, repeatable: [] })));
    const ended = create().run(400_000, 0.8);
    await clock.advance(600);
    expect(posts).toHaveLength(4_096);
    expect(posts.at(-1)!.due).toBeLessThan(400);
    answers.splice(0).forEach((settle) => settle());
    await clock.advance(150);
    expect(posts).toHaveLength(8_192);
    const held = posts[4_200];
    expect(held.sent - held.due).toBeGreaterThan(100);
    answers.splice(0).forEach((settle) => settle());
    await clock.advance(100);
    answers.splice(0).forEach((settle) => settle());
    await ended;
  });

  it('ends with the first error of posting, and sends nothing after it', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    answer = async () => {
      throw new Error(`post ${posts.length} broke`);
    };
    try {
      const ended = create().run(100, 60);
      const thrown = expect(ended).rejects.toThrow('post 1 broke');
      await clock.advance(60_000);
      await thrown;
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    expect(posts.length).toBe(1);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('stops at once when told', async () => {
    const loop = create();
    const ended = loop.run(0.001, 1_000_000);
    await clock.settle();
    loop.stop();
    await ended;
    expect(clock.now()).toBe(START);
  });

  it('lets an acknowledged payment be refunded once, whichever try was acknowledged', async () => {
    const random = new SeededRandom(5);
    const mix = new PaymentMix(random, 's1');
    const acknowledged = jest.spyOn(mix, 'acknowledged');
    const seen = new Set<string>();
    const sender: PaymentSender = {
      post: async (some) => {
        const repeatable = some.filter(({ idempotencyKey }) => !seen.has(idempotencyKey));
        some.forEach(({ idempotencyKey }) => seen.add(idempotencyKey));
        return { ...NOTHING, repeatable, acknowledged: some.filter((payment) => !repeatable.includes(payment)) };
      },
    };
    const ended = new OpenLoop(sender, mix, random, clock).run(500, 20);
    await clock.advance(20_000);
    await ended;
    const told = acknowledged.mock.calls.map(([{ idempotencyKey }]) => idempotencyKey);
    expect(told.length).toBeGreaterThan(5_000);
    expect(new Set(told).size).toBe(told.length);
  });

  describe('with an API that takes holds and payouts', () => {
    const movements = () => posts.flatMap(({ payments: entries, due }) =>
      entries.filter(({ type }) => type !== 'payment' && type !== 'refund').map((entry) => ({ ...entry as ClientMovement, due })));
    const run = async (routes: MovementRoutes | undefined, paymentsPerSecond = 3_000) => {
      posts = [];
      clock = new ManualClock(START);
      const ended = create(3, routes).run(paymentsPerSecond, 20);
      await clock.advance(40_000);
      await ended;
    };

    it('sends them one by one beside the payments, which stay what they are', async () => {
      await run(undefined);
      const before = posts.filter(({ payments: [first] }) => first.type === 'payment' || first.type === 'refund');
      expect(movements()).toEqual([]);
      await run({ holds: true, payouts: true });
      expect(keys(posts.filter(({ payments: [first] }) => first.type === 'payment' || first.type === 'refund')).sort()).toEqual(keys(before).sort());
      const counts = new Map<string, number>();
      movements().forEach(({ type }) => counts.set(type, (counts.get(type) ?? 0) + 1));
      // 0.5 % of 60,000 payments.
      expect(counts.get('hold')).toBeGreaterThan(230);
      expect(counts.get('hold')).toBeLessThan(370);
      expect(counts.get('release')).toBeGreaterThan(200);
      expect(counts.get('payout')).toBeGreaterThan(12);
      expect(counts.get('payout')).toBeLessThan(60);
      expect(posts.every(({ payments: entries }) => entries.length === 1 || entries.every(({ type }) => type === 'payment' || type === 'refund'))).toBe(true);
    });

    it.each([60, 600, 6_000])('sends as many payouts beside %d payments a second, some of more than there is', async (paymentsPerSecond) => {
      await run({ holds: true, payouts: true }, paymentsPerSecond);
      const payouts = movements().filter(({ type }) => type === 'payout');
      // 1.5 a second for 20 seconds.
      expect(payouts.length).toBeGreaterThan(12);
      expect(payouts.length).toBeLessThan(60);
      const excessive = payouts.filter(({ amount }) => amount === 1e12);
      expect(excessive.length).toBeGreaterThan(0);
      expect(excessive.length).toBeLessThan(payouts.length / 2);
    });

    it('releases holds: some before they are sent, some by too much, and sends some twice', async () => {
      await run({ holds: true, payouts: false });
      const sent = movements();
      expect(sent.some(({ type }) => type === 'payout')).toBe(false);
      const holds = new Map(sent.filter(({ type }) => type === 'hold').map((hold) => [hold.idempotencyKey, hold]));
      const releases = sent.filter(({ type }) => type === 'release');
      const matched = releases.filter(({ holdOf }) => holds.has(holdOf!));
      // Of the last releases the holds were still to come when the load ended.
      expect(matched.length).toBeGreaterThan(releases.length - 5);
      for (const { holdOf, merchantId, currency } of matched) {
        expect({ merchantId, currency }).toEqual({ merchantId: holds.get(holdOf!)!.merchantId, currency: holds.get(holdOf!)!.currency });
      }
      expect(matched.filter(({ due, holdOf }) => due < holds.get(holdOf!)!.due).length).toBeGreaterThan(10);
      expect(matched.filter(({ amount, holdOf }) => amount > holds.get(holdOf!)!.amount).length).toBeGreaterThan(3);
      expect(new Set(sent.map(({ idempotencyKey }) => idempotencyKey)).size).toBeLessThan(sent.length);
    });

    it('sends a movement again that was refused for now', async () => {
      let refused = 0;
      answer = async (entries) => {
        const isRefused = entries[0].type === 'hold' && refused++ < 5;
        return isRefused ? { acknowledged: [], repeatable: entries } : { acknowledged: entries, repeatable: [] };
      };
      await run({ holds: true, payouts: false });
      const holds = movements().filter(({ type }) => type === 'hold');
      expect(holds.filter(({ idempotencyKey }) => idempotencyKey === holds[0].idempotencyKey)).toHaveLength(2);
    });
  });
});
