import type { FinalState } from '../../../local/checker/audit';
import { Books } from '../../../local/checker/books';
import { isRewritten, type LedgerRow, readLedgerRow } from '../../../local/checker/ledger-row';
import { readBalance } from '../../../local/checker/api-balance';
import { identity, type SentPayment } from '../../../local/load/outcome';

const payment = (key: string, amount = 100): SentPayment =>
  ({ merchantId: 'm', idempotencyKey: key, payerId: 'p', amount, currency: 'EUR', type: 'payment', token: 't' });
const refund = (key: string, refundOf: string, amount: number): SentPayment => ({ ...payment(key, amount), type: 'refund', refundOf });
const row = (sent: SentPayment, rest: Partial<LedgerRow> = {}): LedgerRow => ({
  identity: identity(sent.merchantId, sent.idempotencyKey),
  merchantId: sent.merchantId,
  payment: sent,
  status: 'applied',
  refundable: sent.type === 'payment' ? BigInt(sent.amount) : undefined,
  ...rest,
});
const EUR = identity('m', 'EUR');

/** What the tables and the API say at the end. */
type State = FinalState & { readonly rows: readonly LedgerRow[] };

describe('the books', () => {
  let books: Books;
  const answer = (sent: SentPayment | undefined, status: number) =>
    books.addOutcome({ payment: sent, status, scheduledAt: 1_000, answeredAt: 1_010, late: false });
  const audit = ({ rows = [], ...state }: Partial<State>) => {
    const begun = books.beginAudit();
    rows.forEach((it) => begun.addRow(it));
    return begun.finish({ parked: new Set(), balances: new Map(), answeredBalances: new Map(), ...state });
  };
  const clean = { lost: 0, doubled: 0, outOfBalance: 0, findings: [] };

  beforeEach(() => (books = new Books()));

  it('finds nothing where everything is as it was promised', () => {
    const [paid, back] = [payment('a'), refund('r', 'a', 30)];
    [paid, paid, back].forEach((sent) => answer(sent, 202));
    answer(undefined, 400);
    answer(payment('gone'), 0);
    expect(books.clientCounts()).toEqual({ sent: 5, acked: 3, refused: 1, unanswered: 1, late: 0 });
    const balances = new Map([[EUR, 70n]]);
    expect(audit({ rows: [row(paid, { refundable: 70n }), row(back)], balances, answeredBalances: balances })).toEqual({
      ...clean, applied: 2, duplicates: 1, rejected: 0, parked: 0,
    });
  });

  it('counts an acknowledged payment that is nowhere as lost, and its repetitions as duplicates', () => {
    answer(payment('a'), 202);
    answer(payment('a'), 202);
    expect(audit({})).toMatchObject({ lost: 1, duplicates: 1, findings: ['lost: m / a was acknowledged and is in no table'] });
  });

  it('does not miss a payment that was never acknowledged, and allows its effect when no answer came', () => {
    answer(payment('a'), 0);
    answer(payment('b'), 503);
    expect(audit({})).toMatchObject(clean);
    expect(audit({ rows: [row(payment('a'))], balances: new Map([[EUR, 100n]]) })).toMatchObject(clean);
  });

  it('counts parked payments as parked', () => {
    answer(payment('a'), 202);
    expect(audit({ parked: new Set([identity('m', 'a')]) })).toMatchObject({ ...clean, parked: 1 });
  });

  it.each<[string, () => Partial<State>]>([
    ['a second row of the same key', () => ({ rows: [row(payment('a')), row(payment('a'))], balances: new Map([[EUR, 100n]]) })],
    ['a row that nobody asked for', () => ({ rows: [row(payment('a')), row(payment('a~2'))], balances: new Map([[EUR, 100n]]) })],
    ['a row that is parked as well', () => ({ rows: [row(payment('a'))], parked: new Set([identity('m', 'a')]), balances: new Map([[EUR, 100n]]) })],
  ])('reports %s as doubled', (_, state) => {
    answer(payment('a'), 202);
    expect(audit(state())).toMatchObject({ doubled: 1, lost: 0 });
  });

  it('reports a row that appeared twice, or was written over, as doubled', () => {
    answer(payment('a'), 202);
    const state = { rows: [row(payment('a'))], balances: new Map([[EUR, 100n]]) };
    books.addAppearance(identity('m', 'a'), 1_020);
    expect(audit(state)).toMatchObject(clean);
    books.addAppearance(identity('m', 'a'), 1_030);
    books.addRewrite(identity('m', 'a'));
    expect(audit(state)).toMatchObject({ doubled: 2, outOfBalance: 0 });
  });

  it('reports the effect of a payment that was turned away as doubled', () => {
    answer(payment('a'), 422);
    expect(audit({ rows: [row(payment('a'))], balances: new Map([[EUR, 0n]]) })).toMatchObject({ doubled: 1 });
  });

  it.each<[string, SentPayment[], Partial<State>]>([
    ['a balance that is too low', [payment('a')], { rows: [row(payment('a'))], balances: new Map([[EUR, 99n]]) }],
    ['a balance that is missing', [payment('a')], { rows: [row(payment('a'))] }],
    ['a balance of nobody', [payment('a')], { rows: [row(payment('a'))], balances: new Map([[EUR, 100n], [identity('x', 'EUR'), 1n]]) }],
    ['an answer of the API that differs', [payment('a')],
      { rows: [row(payment('a'))], balances: new Map([[EUR, 100n]]), answeredBalances: new Map([[EUR, 90n]]) }],
    ['a refund that does not lower what is left', [payment('a'), refund('r', 'a', 30)],
      { rows: [row(payment('a')), row(refund('r', 'a', 30))], balances: new Map([[EUR, 70n]]) }],
    ['other fields than were sent', [payment('a')], { rows: [row(payment('a', 101))] }],
    ['a rejection without its reason', [payment('a'), refund('r', 'a', 30)],
      { rows: [row(payment('a')), row(refund('r', 'a', 30), { status: 'rejected', reason: 'exceeds_payment' })], balances: new Map([[EUR, 100n]]) }],
  ])('reports %s as out of balance', (_, sent, state) => {
    sent.forEach((it) => answer(it, 202));
    expect(audit(state)).toMatchObject({ outOfBalance: 1, lost: 0, doubled: 0 });
  });

  it('reports refunds that take more than was paid', () => {
    const sent = [payment('a'), refund('r1', 'a', 60), refund('r2', 'a', 60)];
    sent.forEach((it) => answer(it, 202));
    expect(audit({ rows: [row(sent[0], { refundable: 40n }), row(sent[1]), row(sent[2])], balances: new Map([[EUR, -20n]]) })).toMatchObject({
      outOfBalance: 1, findings: ['outOfBalance: m / a has 40 left to refund, the books say -20'],
    });
  });

  it('tells when a payment settles, whichever is seen first', () => {
    expect(books.addAppearance(identity('m', 'a'), 1_200)).toBeUndefined();
    expect(answer(payment('a'), 202)).toEqual({ identity: identity('m', 'a'), milliseconds: 200 });
    expect(answer(payment('b'), 202)).toBeUndefined();
    expect(books.addAppearance(identity('m', 'b'), 1_300)).toEqual({ identity: identity('m', 'b'), milliseconds: 300 });
    expect(answer(payment('b'), 202)).toBeUndefined();
    expect([books.acknowledgedKeys, books.settledKeys]).toEqual([2, 2]);
  });

  it('adds amounts beyond the integers of JavaScript exactly', () => {
    const sent = Array.from({ length: 9_008 }, (_, index) => payment(`k${index}`, 1_000_000_000_000 - (index === 0 ? 1 : 0)));
    sent.forEach((it) => answer(it, 202));
    const rows = sent.map((it) => row(it));
    expect(audit({ rows, balances: new Map([[EUR, 9_007_999_999_999_999n]]) })).toMatchObject(clean);
    expect(audit({ rows, balances: new Map([[EUR, 9_008_000_000_000_000n]]) })).toMatchObject({ outOfBalance: 1 });
  });
});

describe('what the checker reads', () => {
  const item = { pk: { S: 'shop#1#0' }, sk: { S: 'key' }, type: { S: 'payment' }, amount: { N: '5' }, currency: { S: 'EUR' }, payer: { S: 'p' }, refundable: { N: '5' } };

  it('takes the merchant out of a partition key that holds the separator', () => {
    expect(readLedgerRow(item)).toMatchObject({ merchantId: 'shop#1', identity: identity('shop#1', 'key'), refundable: 5n, status: 'applied' });
  });

  it('tells a change of what never changes from one that is allowed', () => {
    expect(isRewritten(item, { ...item, refundable: { N: '2' }, conflicts: { N: '1' } })).toBe(false);
    expect(isRewritten(item, { ...item, amount: { N: '6' } })).toBe(true);
    expect(isRewritten(item, { ...item, extra: { S: 'x' } })).toBe(true);
  });

  it('reads balances of any size exactly', () => {
    expect(readBalance('{"available":123456789012345678901234567890,"held":-1}')).toBe(123456789012345678901234567889n);
    expect(() => readBalance('{"available":1}')).toThrow('the API answered a balance without held: {"available":1}');
  });
});
