import fc from 'fast-check';
import { Books } from '../../../local/checker/books';
import { Identities } from '../../../local/checker/identities';
import type { LedgerRow } from '../../../local/checker/ledger-row';
import { identity, isSentPayment, type SentEntry } from '../../../local/load/outcome';
import { PlainBooks, type PlainState } from './plain-books';

const merchant = fc.constantFrom('m', 'merchant-ü');
const key = fc.constantFrom('a', 'b', 'c', 'd');
const currency = fc.constantFrom('EUR', 'USD');
const amount = fc.constantFrom(1, 30, 70, 100, 1e12);
const payment: fc.Arbitrary<SentEntry> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ merchantId: merchant, idempotencyKey: key, payerId: fc.constant('p'), amount, currency, type: fc.constant('payment' as const) }) },
  fc.record({
    merchantId: merchant, idempotencyKey: key, payerId: fc.constantFrom('p', 'q'), amount, currency, type: fc.constant('refund' as const), refundOf: key,
    token: fc.constantFrom(undefined, 'undefined'),
  }),
  fc.record({
    merchantId: merchant, idempotencyKey: key, amount, currency, type: fc.constant('hold' as const), reason: fc.constantFrom(undefined, 'payout'),
  }),
  fc.record({ merchantId: merchant, idempotencyKey: key, amount, currency, type: fc.constantFrom('release' as const, 'settle' as const), holdOf: key }),
);
const isDrawnOn = ({ type }: SentEntry): boolean => type === 'payment' || type === 'hold';
const wholeOf = (sent: SentEntry): bigint | undefined => (isDrawnOn(sent) ? BigInt(sent.amount) : undefined);
const rowOf = (sent: SentEntry, status: LedgerRow['status'], left: bigint | undefined): LedgerRow => ({
  identity: identity(sent.merchantId, sent.idempotencyKey), merchantId: sent.merchantId, entry: sent, status,
  reason: status === 'rejected' ? (isSentPayment(sent) ? 'exceeds_payment' : 'exceeds_hold') : undefined, left,
});
/** What a handler would have written for a payment, or something else. */
const row: fc.Arbitrary<LedgerRow> = fc.tuple(payment, fc.boolean(), fc.constantFrom('all', 'all', 'all', '0', '70', 'none')).map(
  ([sent, isRejected, stated]) => {
    const left = stated === 'all' ? wholeOf(sent) : stated === 'none' ? undefined : BigInt(stated);
    return rowOf(sent, isRejected && !isDrawnOn(sent) ? 'rejected' : 'applied', left);
  },
);
const id = fc.tuple(merchant, key).map(([merchantId, it]) => identity(merchantId, it));
const status = fc.constantFrom(202, 202, 202, 0, 429, 503, 422);
const time = fc.integer({ min: 0, max: 5_000 });

const fieldOf = (sent: SentEntry | undefined) => (sent === undefined ? {} : isSentPayment(sent) ? { payment: sent } : { movement: sent });

type Event = (books: Books | PlainBooks) => unknown;
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.option(payment, { nil: undefined, freq: 9 }), status, time, fc.boolean()).map(([sent, code, at, late]): Event =>
    (books) => books.addOutcome({ ...fieldOf(sent), status: code, scheduledAt: at, answeredAt: at + 10, late })) },
  { weight: 2, arbitrary: fc.tuple(id, time).map(([of, at]): Event => (books) => books.addAppearance(of, at)) },
  fc.tuple(id, time).map(([of, at]): Event => (books) => books.addParked(of, at)),
  id.map((of): Event => (books) => books.addRewrite(of)),
);
const balanceOf = fc.tuple(merchant, currency).map(([of, unit]) => identity(of, unit));
const balances: fc.Arbitrary<PlainState['balances']> = fc.array(fc.tuple(balanceOf, fc.constantFrom(0n, 30n, 70n, 100n), fc.constantFrom(0n, 0n, 30n)), { maxLength: 3 })
  .map((entries) => new Map(entries.map(([of, available, held]) => [of, { available, held }])));
const state: fc.Arbitrary<PlainState> = fc.record({
  rows: fc.array(row, { maxLength: 6 }), parked: fc.array(id, { maxLength: 2 }).map((ids) => new Set(ids)), balances, answeredBalances: balances,
});

/** The final state that follows from what was sent: most of it right, so that few findings hide each other. */
function settled(events: readonly SentEntry[]): PlainState['rows'] {
  const first = new Map(events.map((sent) => [identity(sent.merchantId, sent.idempotencyKey), sent]).reverse() as [string, SentEntry][]);
  return [...first.values()].map((sent) => rowOf(sent, 'applied', wholeOf(sent)));
}

function compare(events: readonly Event[], final: PlainState): void {
  const [compact, plain] = [new Books(), new PlainBooks()];
  for (const it of events) {
    expect(it(compact)).toEqual(it(plain));
  }
  const progressOf = (books: Books | PlainBooks): unknown[] => [books.clientCounts(), books.acknowledgedKeys, books.settledKeys];
  expect(progressOf(compact)).toEqual(progressOf(plain));
  const audit = compact.beginAudit();
  final.rows.forEach((it) => audit.addRow(it));
  const { findings, ...counts } = audit.finish(final);
  const { findings: expected, ...terms } = plain.audit(final);
  expect(counts).toEqual(terms);
  // Both name the first twenty, and each finds them in an order of its own.
  expect(findings).toHaveLength(expected.length);
  if (expected.length < 20) {
    expect([...findings].sort()).toEqual([...expected].sort());
  }
}

describe('the compact books', () => {
  it('judge whatever happens as books do that keep everything', () => {
    fc.assert(fc.property(fc.array(event, { maxLength: 30 }), state, compare), { numRuns: 400 });
  });

  it('judge a run in which almost all is well as books do that keep everything', () => {
    const acknowledge = (sent: SentEntry): Event =>
      (books) => books.addOutcome({ ...fieldOf(sent), status: 202, scheduledAt: 0, answeredAt: 1, late: false });
    const few = fc.tuple(fc.array(event, { maxLength: 2 }), fc.array(row, { maxLength: 1 }));
    fc.assert(fc.property(fc.array(payment, { maxLength: 12 }), few, state, (sent, [events, wrong], final) => {
      compare([...sent.map(acknowledge), ...events], { ...final, rows: [...settled(sent), ...wrong], parked: new Set() });
    }), { numRuns: 400 });
  });
});

describe('identities', () => {
  it('have one number each, in the order in which they come', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.string({ minLength: 300, maxLength: 2_000 }));
    fc.assert(fc.property(fc.array(text), (texts) => {
      const identities = new Identities();
      const numbers = new Map<string, number>();
      for (const it of texts) {
        numbers.set(it, numbers.get(it) ?? numbers.size);
        expect(identities.numberOf(it)).toBe(numbers.get(it));
      }
      expect(identities.size).toBe(numbers.size);
      numbers.forEach((number, it) => expect(identities.text(number)).toBe(it));
    }));
  });

  it('keep apart a hundred thousand texts, and texts of megabytes', () => {
    const identities = new Identities();
    const long = 'ü'.repeat(1_500_000);
    expect(identities.numberOf(long)).toBe(0);
    const wrong: number[] = [];
    for (let index = 1; index <= 100_000; index++) {
      if (identities.numberOf(`merchant-${index % 500}\u0000key-${index}`) !== index) {
        wrong.push(index);
      }
    }
    expect(wrong).toEqual([]);
    expect(identities.numberOf('merchant-7\u0000key-7')).toBe(7);
    expect(identities.text(99_999)).toBe('merchant-499\u0000key-99999');
    expect(identities.numberOf(`${long}!`)).toBe(100_001);
    expect(identities.text(0)).toBe(long);
  });
});
