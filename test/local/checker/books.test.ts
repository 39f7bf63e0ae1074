import type { CheckedBalance, FinalState } from '../../../local/checker/audit';
import { Books } from '../../../local/checker/books';
import { isRewritten, type LedgerRow, readLedgerRow } from '../../../local/checker/ledger-row';
import { readBalance } from '../../../local/checker/api-balance';
import { identity, isSentPayment, type SentEntry, type SentMovement, type SentPayment, type SentPayout } from '../../../local/load/outcome';

const payment = (key: string, amount = 100): SentPayment =>
  ({ merchantId: 'm', idempotencyKey: key, payerId: 'p', amount, currency: 'EUR', type: 'payment', token: 't' });
const refund = (key: string, refundOf: string, amount: number): SentPayment => ({ ...payment(key, amount), type: 'refund', refundOf });
const movement = (type: SentMovement['type'], key: string, amount: number, holdOf?: string, reason?: string): SentMovement =>
  ({ merchantId: 'm', idempotencyKey: key, amount, currency: 'EUR', type, holdOf, reason });
const row = (sent: SentEntry, rest: Partial<LedgerRow> = {}): LedgerRow => ({
  identity: identity(sent.merchantId, sent.idempotencyKey),
  merchantId: sent.merchantId,
  entry: sent,
  status: 'applied',
  left: sent.type === 'payment' || sent.type === 'hold' ? BigInt(sent.amount) : undefined,
  ...rest,
});
const EUR = identity('m', 'EUR');
const available = (amount: bigint): CheckedBalance => ({ available: amount, held: 0n });

/** What the tables and the API say at the end. */
type State = FinalState & { readonly rows: readonly LedgerRow[] };

describe('the books', () => {
  let books: Books;
  const answer = (sent: SentEntry | undefined, status: number) =>
    books.addOutcome({
      ...(sent && (isSentPayment(sent) ? { payment: sent } : { movement: sent })), status, scheduledAt: 1_000, answeredAt: 1_010, late: false,
    });
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
    const balances = new Map([[EUR, available(70n)]]);
    expect(audit({ rows: [row(paid, { left: 70n }), row(back)], balances, answeredBalances: balances })).toEqual({
      ...clean, applied: 2, duplicates: 1, rejected: 0, parked: 0, holds: 0, releases: 0,
      payouts: { settled: 0, released: 0, rejected: 0, duplicates: 0, lost: 0 },
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
    expect(audit({ rows: [row(payment('a'))], balances: new Map([[EUR, available(100n)]]) })).toMatchObject(clean);
  });

  it('counts parked payments as parked', () => {
    answer(payment('a'), 202);
    expect(audit({ parked: new Set([identity('m', 'a')]) })).toMatchObject({ ...clean, parked: 1 });
  });

  it.each<[string, () => Partial<State>]>([
    ['a second row of the same key', () => ({ rows: [row(payment('a')), row(payment('a'))], balances: new Map([[EUR, available(100n)]]) })],
    ['a row that nobody asked for', () => ({ rows: [row(payment('a')), row(payment('a~2'))], balances: new Map([[EUR, available(100n)]]) })],
    ['a row that is parked as well', () => ({ rows: [row(payment('a'))], parked: new Set([identity('m', 'a')]), balances: new Map([[EUR, available(100n)]]) })],
  ])('reports %s as doubled', (_, state) => {
    answer(payment('a'), 202);
    expect(audit(state())).toMatchObject({ doubled: 1, lost: 0 });
  });

  it('reports a row that appeared twice, or was written over, as doubled', () => {
    answer(payment('a'), 202);
    const state = { rows: [row(payment('a'))], balances: new Map([[EUR, available(100n)]]) };
    books.addAppearance(identity('m', 'a'), 1_020);
    expect(audit(state)).toMatchObject(clean);
    books.addAppearance(identity('m', 'a'), 1_030);
    books.addRewrite(identity('m', 'a'));
    expect(audit(state)).toMatchObject({ doubled: 2, outOfBalance: 0 });
  });

  it('reports the effect of a payment that was turned away as doubled', () => {
    answer(payment('a'), 422);
    expect(audit({ rows: [row(payment('a'))], balances: new Map([[EUR, available(0n)]]) })).toMatchObject({ doubled: 1 });
  });

  it.each<[string, SentPayment[], Partial<State>]>([
    ['a balance that is too low', [payment('a')], { rows: [row(payment('a'))], balances: new Map([[EUR, available(99n)]]) }],
    ['a balance that is missing', [payment('a')], { rows: [row(payment('a'))] }],
    ['a balance of nobody', [payment('a')], { rows: [row(payment('a'))], balances: new Map([[EUR, available(100n)], [identity('x', 'EUR'), available(1n)]]) }],
    ['an answer of the API that differs', [payment('a')],
      { rows: [row(payment('a'))], balances: new Map([[EUR, available(100n)]]), answeredBalances: new Map([[EUR, available(90n)]]) }],
    ['a refund that does not lower what is left', [payment('a'), refund('r', 'a', 30)],
      { rows: [row(payment('a')), row(refund('r', 'a', 30))], balances: new Map([[EUR, available(70n)]]) }],
    ['other fields than were sent', [payment('a')], { rows: [row(payment('a', 101))] }],
    ['a rejection without its reason', [payment('a'), refund('r', 'a', 30)],
      { rows: [row(payment('a')), row(refund('r', 'a', 30), { status: 'rejected', reason: 'exceeds_payment' })], balances: new Map([[EUR, available(100n)]]) }],
  ])('reports %s as out of balance', (_, sent, state) => {
    sent.forEach((it) => answer(it, 202));
    expect(audit(state)).toMatchObject({ outOfBalance: 1, lost: 0, doubled: 0 });
  });

  it('reports refunds that take more than was paid', () => {
    const sent = [payment('a'), refund('r1', 'a', 60), refund('r2', 'a', 60)];
    sent.forEach((it) => answer(it, 202));
    expect(audit({ rows: [row(sent[0], { left: 40n }), row(sent[1]), row(sent[2])], balances: new Map([[EUR, available(-20n)]]) })).toMatchObject({
      outOfBalance: 1, findings: ['outOfBalance: m / a has 40 left to refund, the books say -20'],
    });
  });

  describe('of holds', () => {
    const hold = movement('hold', 'h', 60, undefined, 'review');
    const release = movement('release', 'e', 20, 'h');
    const held = (amount: bigint, of: bigint): FinalState['balances'] => new Map([[EUR, { available: amount, held: of }]]);
    const rows = (left: bigint) => [row(payment('a')), row(hold, { left }), row(release)];

    beforeEach(() => [payment('a'), hold, release].forEach((sent) => answer(sent, 202)));

    it('find nothing where everything is as it was promised, and count them among the payments', () => {
      expect(audit({ rows: rows(40n), balances: held(60n, 40n), answeredBalances: held(60n, 40n) }))
        .toMatchObject({ ...clean, applied: 3, holds: 1, releases: 1 });
    });

    it('count a release of too much as rejected', () => {
      const tooMuch = movement('release', 'e2', 61, 'h');
      answer(tooMuch, 202);
      const rejected = row(tooMuch, { status: 'rejected', reason: 'exceeds_hold' });
      expect(audit({ rows: [...rows(40n), rejected], balances: held(60n, 40n) })).toMatchObject({ ...clean, rejected: 1, releases: 1 });
    });

    it.each<[string, () => Partial<State>, string]>([
      ['money that is available though it is held', () => ({ rows: rows(40n), balances: held(100n, 0n) }),
        'the balance table says 100 for m / EUR, the books say 60 and 40 held'],
      ['an answer of the API that does not know what is held', () =>
        ({ rows: rows(40n), balances: held(60n, 40n), answeredBalances: held(60n, 0n) }), 'the API says 60'],
      ['a release that does not lower what is left', () => ({ rows: rows(60n), balances: held(60n, 40n) }), 'm / h has 60 held, the books say 40'],
      ['a hold with another reason', () => ({ rows: [row(payment('a')), row({ ...hold, reason: 'payout' })], balances: held(100n, 0n) }),
        'm / h is stored with fields that were not sent'],
      ['a release of what is no hold', () => ({ rows: [row(payment('a')), row({ ...release, holdOf: 'a' })], balances: held(100n, 0n) }),
        'm / e is stored with fields that were not sent'],
    ])('report %s', (_, state, finding) => {
      const { outOfBalance, findings } = audit(state());
      expect(outOfBalance).toBeGreaterThan(0);
      expect(findings.join()).toContain(finding);
    });

    it('report a rejection without its reason, and what was released of a payment', () => {
      const small = movement('release', 'e2', 5, 'h');
      const ofPayment = movement('release', 'e3', 5, 'a');
      [small, ofPayment].forEach((sent) => answer(sent, 202));
      expect(audit({ rows: [...rows(40n), row(small, { status: 'rejected', reason: 'exceeds_hold' })], balances: held(60n, 40n) }).findings)
        .toContain('outOfBalance: m / e2 was rejected though 40 is left of the hold');
      expect(audit({ rows: [...rows(40n), row(ofPayment)], balances: held(65n, 35n) }).findings.join()).toContain('m / a was released or settled and is no hold');
    });
  });

  describe('of payouts', () => {
    const payout: SentPayout = { merchantId: 'm', idempotencyKey: 'P', amount: 70, currency: 'EUR' };
    const of = (type: SentMovement['type']): SentMovement =>
      movement(type, `payout:P:${type}`, 70, type === 'hold' ? undefined : 'payout:P:hold', 'payout');
    const transfer = { identity: identity('m', 'P'), merchantId: 'm', amount: 70, currency: 'EUR' };
    const paid = (rows: readonly LedgerRow[], balance: CheckedBalance, transfers: readonly (typeof transfer)[], rejected: readonly string[] = []) =>
      audit({
        rows: [row(payment('a')), ...rows], balances: new Map([[EUR, balance]]),
        payouts: { rejected: new Set(rejected.map((key) => identity('m', key))), transfers },
      });
    const settled = [row(of('hold'), { left: 0n }), row(of('settle'))];
    const released = [row(of('hold'), { left: 0n }), row(of('release'))];
    const ask = (status: number) => books.addOutcome({ payout, status, scheduledAt: 1_000, answeredAt: 1_010, late: false });
    const ends = { settled: 0, released: 0, rejected: 0, duplicates: 0, lost: 0 };

    beforeEach(() => void answer(payment('a'), 202));

    it('find nothing where it was settled and paid, or released and not paid, or rejected', () => {
      ask(202);
      ask(202);
      expect(books.payoutCounts()).toEqual({ sent: 2, acked: 2, refused: 0, unanswered: 0 });
      expect(books.clientCounts()).toMatchObject({ sent: 1, acked: 1 });
      expect(paid(settled, available(30n), [transfer]))
        .toMatchObject({ ...clean, applied: 1, holds: 0, payouts: { ...ends, settled: 1, duplicates: 1 } });
      expect(paid(released, available(100n), [])).toMatchObject({ ...clean, releases: 0, payouts: { ...ends, released: 1, duplicates: 1 } });
      expect(paid([], available(100n), [], ['P'])).toMatchObject({ ...clean, payouts: { ...ends, rejected: 1, duplicates: 1 } });
    });

    it('allow either for one that was never answered, and no rows of one that was turned away', () => {
      ask(503);
      expect(paid(settled, available(30n), [transfer])).toMatchObject({ ...clean, payouts: ends });
      expect(paid([], available(100n), [])).toMatchObject({ ...clean, payouts: ends });
      books = new Books();
      answer(payment('a'), 202);
      ask(422);
      expect(paid(settled, available(30n), [transfer]).doubled).toBe(2);
    });

    it('wait for the end of one that was acknowledged', () => {
      expect(books.openPayouts).toBe(0);
      ask(202);
      ask(202);
      expect(books.openPayouts).toBe(1);
      books.addEffect('m', 'payout:P:hold');
      books.addEffect('m', 'payout:other:settle');
      books.addEffect('m', 'P');
      expect(books.openPayouts).toBe(1);
      books.addEffect('m', 'payout:P:settle');
      books.addEffect('m', 'payout:P:settle');
      expect(books.openPayouts).toBe(0);
      books.addRejectedPayout(identity('m', 'Q'));
      books.addOutcome({ payout: { ...payout, idempotencyKey: 'Q' }, status: 202, scheduledAt: 1_000, answeredAt: 1_010, late: false });
      expect(books.openPayouts).toBe(0);
    });

    it.each<[string, () => ReturnType<typeof paid>, object, string]>([
      ['one without an end', () => paid([], available(100n), []), { payouts: { ...ends, lost: 1 }, lost: 0 }, 'payouts: the payout m / P was acknowledged and has no end'],
      ['one that holds money for ever', () => paid([row(of('hold'))], { available: 30n, held: 70n }, []), { payouts: { ...ends, lost: 1 } }, 'has no end'],
      ['one that was settled and released', () =>
        paid([row(of('hold'), { left: -70n }), row(of('settle')), row(of('release'))], { available: 100n, held: -70n }, [transfer]), { doubled: 1 }, 'was settled and released'],
      ['one that was settled and not paid', () => paid(settled, available(30n), []), {}, 'the payout m / P is settled, and the bank paid nothing'],
      ['one that was released and paid', () => paid(released, available(100n), [transfer]), {}, 'the bank paid m / P, and the ledger does not say so'],
      ['one that was paid twice', () => paid(settled, available(30n), [transfer, transfer]), { doubled: 1 }, 'the bank paid m / P 2 times'],
      ['one that was paid too much', () => paid(settled, available(30n), [{ ...transfer, amount: 71 }]), {}, 'the bank paid m / P what was not asked for'],
      ['one that was rejected and holds money', () => paid([row(of('hold'))], { available: 30n, held: 70n }, [], ['P']), { payouts: { ...ends, rejected: 1 } },
        'was rejected though its money was set aside'],
      ['money that went to nobody who asked', () => paid(settled, available(30n), [transfer, { ...transfer, identity: identity('x', 'P'), merchantId: 'x' }]), {},
        'the bank paid x / P what was not asked for'],
    ])('report %s', (_, run, counts, finding) => {
      ask(202);
      const report = run();
      expect(report).toMatchObject(counts);
      expect(report.findings.join('; ')).toContain(finding);
    });

    it('report money that is nowhere', () => {
      ask(202);
      expect(paid(settled, available(29n), [transfer]).findings).toEqual([
        'outOfBalance: the balance table says 29 for m / EUR, the books say 30',
        'outOfBalance: 99 of m / EUR is available, held or paid out, and 100 was paid in and not refunded',
      ]);
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
    expect(audit({ rows, balances: new Map([[EUR, available(9_007_999_999_999_999n)]]) })).toMatchObject(clean);
    expect(audit({ rows, balances: new Map([[EUR, available(9_008_000_000_000_000n)]]) })).toMatchObject({ outOfBalance: 1 });
  });
});

describe('what the checker reads', () => {
  const item = { pk: { S: 'shop#1#0' }, sk: { S: 'key' }, type: { S: 'payment' }, amount: { N: '5' }, currency: { S: 'EUR' }, payer: { S: 'p' }, refundable: { N: '5' } };

  it('takes the merchant out of a partition key that holds the separator', () => {
    expect(readLedgerRow(item)).toMatchObject({ merchantId: 'shop#1', identity: identity('shop#1', 'key'), left: 5n, status: 'applied' });
  });

  it('tells a change of what never changes from one that is allowed', () => {
    expect(isRewritten(item, { ...item, refundable: { N: '2' }, conflicts: { N: '1' } })).toBe(false);
    expect(isRewritten(item, { ...item, amount: { N: '6' } })).toBe(true);
    expect(isRewritten(item, { ...item, extra: { S: 'x' } })).toBe(true);
    const { refundable: _, ...common } = item;
    const hold = { ...common, type: { S: 'hold' }, holdable: { N: '5' } };
    expect(isRewritten(hold, { ...hold, holdable: { N: '0' }, expiresAt: { N: '9' } })).toBe(false);
    expect(isRewritten(hold, { ...hold, holdable: { N: '1' }, expiresAt: { N: '9' } })).toBe(true);
    expect(isRewritten({ ...hold, expiresAt: { N: '9' } }, { ...hold, expiresAt: { N: '8' } })).toBe(true);
  });

  it('reads balances of any size exactly', () => {
    expect(readBalance('{"available":123456789012345678901234567890,"held":-1}')).toEqual({ available: 123456789012345678901234567890n, held: -1n });
    expect(() => readBalance('{"available":1}')).toThrow('the API answered a balance without held: {"available":1}');
  });
});
