import fc from 'fast-check';
import type { PayoutRequest } from '../../../lambdas/runtime/payout/payout';
import { isDone, transferKey } from '../../../lambdas/runtime/payout/payout';
import { payoutDefinition } from '../../support/payout-definition';
import { BALANCE_LAG_SECONDS, PayoutWorld, type PayoutWorldProps, type Trouble } from './payout-world';

let definition: string;
beforeAll(() => {
  definition = payoutDefinition();
});

async function world(props: Partial<PayoutWorldProps> = {}): Promise<PayoutWorld> {
  const made = new PayoutWorld({ definition, ...props });
  await made.createTables();
  return made;
}

const keyOf = (type: string, { merchantId, idempotencyKey }: PayoutRequest) => `${type}:${merchantId}:${idempotencyKey}`;

describe('a payout', () => {
  it('sets the money aside, has it transferred, and takes it out of the ledger', async () => {
    const it = await world();
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'settled', amount: 400, reference: 'bank-1' });
    expect(await it.books('m')).toEqual({ available: 600n, held: 0n });
    expect((await it.rows('ledger')).map(({ sk }) => sk.S).sort()).toEqual(['p', 'payout:k:hold', 'payout:k:settle']);
    expect(it.bank.find(transferKey(request))).toMatchObject({ status: 'paid', amount: 400, key: 'payout:k', merchantId: 'm', requests: 1 });
    expect(it.told).toEqual([keyOf('payout.settled', request)]);
    expect(it.metrics.counts.PayoutsSettled).toBe(1);
  });

  it('gives the money back when the bank refuses', async () => {
    const it = await world({ bank: { refused: 1, lostAnswers: 0, lostRequests: 0, slow: 0 } });
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'released', reason: 'account_closed' });
    expect(await it.books('m')).toEqual({ available: 1_000n, held: 0n });
    expect(it.told).toEqual([keyOf('payout.released', request)]);
    expect(it.engine.statistics()).toMatchObject({ succeeded: 1, failed: 0 });
  });

  it('is rejected where the money is not there, without a movement and without a transfer', async () => {
    const it = await world();
    await it.deposit('m', 'p', 100);
    const request = it.request('m', 'k', 101);
    it.start(request);
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'rejected', reason: 'insufficient_funds' });
    expect(await it.rows('ledger')).toHaveLength(1);
    expect(it.bank.transfers).toEqual([]);
    expect(it.told).toEqual([keyOf('payout.rejected', request)]);
  });

  it('does not start over when it is started again', async () => {
    const it = await world();
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    it.start({ ...request, requestedAt: request.requestedAt + 5 });
    await it.settle();
    it.start(request);
    await it.settle();
    expect(await it.books('m')).toEqual({ available: 600n, held: 0n });
    expect(it.bank.transfers).toHaveLength(1);
    expect(new Set(it.told)).toEqual(new Set([keyOf('payout.settled', request)]));
    expect(it.engine.statistics()).toMatchObject({ succeeded: 3, failed: 0 });
  });

  it('stays what it was when its key comes with another amount', async () => {
    const it = await world();
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.settle();
    it.start({ ...request, amount: 401 });
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'settled', amount: 400 });
    expect(await it.books('m')).toEqual({ available: 600n, held: 0n });
  });

  it('never gives money back while the outcome of the transfer is unknown, and goes on once it is known', async () => {
    let isDown = true;
    const it = await world();
    const { bank } = it;
    const transfer = bank.transfer.bind(bank);
    const find = bank.find.bind(bank);
    // The bank hears the request, and answers nothing more.
    bank.transfer = (key, asked) => (isDown ? (transfer(key, asked), { kind: 'lost' }) : transfer(key, asked));
    bank.find = (key) => {
      if (isDown) {
        throw new Error('down');
      }
      return find(key);
    };
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.time.runUntil(it.time.now() + 2 * 3_600_000);
    expect(await it.find(request)).toMatchObject({ state: 'held', unresolvedSince: expect.any(Number) });
    expect(await it.books('m')).toEqual({ available: 600n, held: 400n });
    expect(it.metrics.counts.PayoutsUnfinished).toBeGreaterThan(2);
    expect(it.metrics.counts.PayoutsOverdue).toBeGreaterThan(0);
    expect(it.engine.statistics().failed).toBeGreaterThan(2);
    isDown = false;
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'settled' });
    expect(await it.books('m')).toEqual({ available: 600n, held: 0n });
    expect(bank.transfers.filter(({ status }) => status === 'paid')).toHaveLength(1);
  });

  it('goes on from an operator\'s decision', async () => {
    const it = await world();
    it.bank.transfer = () => ({ kind: 'lost' });
    await it.deposit('m', 'p', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.time.runUntil(it.time.now() + 30_000);
    const decided = it.step({ step: 'decide', payout: request, decision: 'refused', by: 'ada' });
    await it.settle();
    expect(await decided).toEqual({ state: 'refused' });
    expect(await it.find(request)).toMatchObject({ state: 'released', reason: 'decided_by_operator' });
    expect(await it.books('m')).toEqual({ available: 1_000n, held: 0n });
    await expect(it.step({ step: 'decide', payout: request, decision: 'paid', by: '' })).rejects.toThrow('`by` must tell who decides');
  });

  it('waits where another payout counts on the same money, until the balance tells', async () => {
    const it = await world();
    await it.deposit('m', 'p', 1_000);
    const [first, second] = [it.request('m', 'k1', 700), it.request('m', 'k2', 700)];
    it.start(first);
    it.start(second);
    await it.settle();
    const states = [await it.find(first), await it.find(second)].map((payout) => payout!.state).sort();
    expect(states).toEqual(['rejected', 'settled']);
    expect(await it.books('m')).toEqual({ available: 300n, held: 0n });
  });

  it('is rejected where a payment of the merchant has the key of its hold', async () => {
    const it = await world();
    await it.deposit('m', 'payout:k:hold', 1_000);
    const request = it.request('m', 'k', 400);
    it.start(request);
    await it.settle();
    expect(await it.find(request)).toMatchObject({ state: 'rejected', reason: 'key_taken' });
    expect(await it.books('m')).toEqual({ available: 1_000n, held: 0n });
    const account = (await it.rows('payouts')).find(({ sk }) => sk.S === 'account#EUR')!;
    expect(JSON.parse(account.reservations.S!)).toEqual({ k: { amount: 400, madeAt: expect.any(Number), endsAt: expect.any(Number) } });
  });

  it('is refused where the request makes no sense, and nothing is written down', async () => {
    const it = await world();
    for (const wrong of [{ amount: 0 }, { amount: 1.5 }, { currency: 'eur' }, { merchantId: '' }, { idempotencyKey: 'x'.repeat(65) }, { requestedAt: 0 }]) {
      it.start({ ...it.request('m', 'k', 1), ...wrong });
    }
    await it.settle();
    expect(await it.rows('payouts')).toEqual([]);
    expect(it.engine.statistics()).toMatchObject({ succeeded: 6, failed: 0 });
  });
});

const TROUBLES: readonly Trouble[] = ['late', 'lost-request', 'lost-answer', 'throttled', 'crash-before', 'crash-after'];

describe('payouts in trouble', () => {
  it('settle exactly where the bank paid, give back all else, and never pay what is not there', async () => {
    const someRequest = fc.record({ merchant: fc.constantFrom('a', 'b'), key: fc.constantFrom('k1', 'k2', 'k3', 'k4', 'k5'), amount: fc.constantFrom(100, 300, 700),
      starts: fc.integer({ min: 1, max: 3 }), at: fc.nat(300_000) });
    await fc.assert(fc.asyncProperty(
      fc.array(someRequest, { minLength: 1, maxLength: 8 }), fc.infiniteStream(fc.nat(999_999)), fc.nat(40),
      fc.constantFrom(0, 0, 50, 90), async (drawn, choices, percentOfTrouble, percentOfThrottling) => {
        const draw = (below: number) => choices.next().value! % below;
        let calm = false;
        const it = await world({
          bank: { refused: 0.3, lostAnswers: 0.2, lostRequests: 0.2, slow: 0 },
          random: () => draw(1_000) / 1_000,
          repeatedShare: 0.2,
          throttled: () => !calm && draw(100) < percentOfThrottling,
          trouble: () => (!calm && draw(100) < percentOfTrouble ? TROUBLES[draw(TROUBLES.length)] : 'none'),
        });
        await it.deposit('a', 'p', 1_000);
        await it.deposit('b', 'p', 500);
        const requests = drawn.map(({ merchant, key, amount }) => it.request(merchant, key, amount));
        drawn.forEach(({ at, starts }, index) => {
          for (let start = 0; start < starts; start++) {
            it.time.setTimer(() => it.start(requests[index]), at + draw(20_000));
          }
        });
        await it.time.runUntil(it.time.now() + 3_600_000);
        // Trouble ends some day; what it left behind does not need anybody.
        calm = true;
        await it.settle(72);

        const ends = new Map<string, string>();
        for (const request of requests) {
          const payout = (await it.find(request))!;
          expect(isDone(payout)).toBe(true);
          ends.set(`${request.merchantId}/${request.idempotencyKey}`, payout.state);
          expect(it.told).toContain(keyOf(`payout.${payout.state}`, payout));
          expect(payout.state === 'settled').toBe(it.bank.find(transferKey(payout))?.status === 'paid');
        }
        expect([...new Set(it.told)].sort()).toHaveLength(ends.size);
        for (const merchant of ['a', 'b']) {
          const paid = it.bank.transfers.filter(({ merchantId, status }) => merchantId === merchant && status === 'paid');
          const sum = paid.reduce((total, { amount }) => total + BigInt(amount), 0n);
          const had = merchant === 'a' ? 1_000n : 500n;
          expect(await it.books(merchant)).toEqual({ available: had - sum, held: 0n });
          expect(sum).toBeLessThanOrEqual(had);
        }
        expect(it.metrics.counts.PayoutsContradictory ?? 0).toBe(0);
        // Nobody counts on money any more once the balances must show everything.
        await it.time.runUntil(it.time.now() + 2_000 * BALANCE_LAG_SECONDS);
        const accounts = (await it.rows('payouts')).filter(({ sk }) => sk.S!.startsWith('account#'));
        for (const { reservations } of accounts) {
          const all = Object.values(JSON.parse(reservations.S!) as Record<string, { endsAt?: number }>);
          expect(all.filter(({ endsAt = Infinity }) => endsAt > it.time.now())).toEqual([]);
        }
      }), { numRuns: 60, endOnFailure: true });
  }, 120_000);
});
