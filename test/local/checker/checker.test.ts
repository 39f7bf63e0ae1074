import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryTableEngine } from '../../../local/engines/table/memory';
import type { Item } from '../../../local/engines/table/attribute-value';
import { Checker, type CheckerOptions } from '../../../local/checker/checker';
import type { LedgerChange } from '../../../local/checker/ledger-tail';
import { PacedReading } from '../../../local/checker/paced-reading';
import { TableLedger, tellChange } from '../../../local/checker/table-ledger';
import { type TableClient, Tables } from '../../../local/checker/tables';
import type { ApiClient } from '../../../local/load/api-client';
import type { Outcome, SentPayment } from '../../../local/load/outcome';

const NAMES = { ledger: ['ledger-0', 'ledger-1'], balances: 'balances', parking: 'parking', payouts: 'payouts' };

/** Tables of a run without a run, and how often each was scanned. */
class TestTables implements TableClient {
  readonly scans: string[] = [];
  private readonly engine = new MemoryTableEngine();

  static async create(): Promise<TestTables> {
    const tables = new TestTables();
    for (const TableName of [...NAMES.ledger, NAMES.balances, NAMES.parking, NAMES.payouts]) {
      await tables.call('CreateTable', {
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk', KeyType: 'RANGE' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }, { AttributeName: 'sk', AttributeType: 'S' }],
      });
    }
    return tables;
  }

  async call<Output>(operation: string, input: object): Promise<Output> {
    if (operation === 'Scan') {
      this.scans.push((input as { TableName: string }).TableName);
    }
    const { status, body } = await this.engine.call(operation, JSON.stringify(input));
    if (status !== 200) {
      throw new Error(body);
    }
    return JSON.parse(body) as Output;
  }

  put(TableName: string, Item: Item): Promise<unknown> {
    return this.call('PutItem', { TableName, Item });
  }
}

const payment = (idempotencyKey: string, rest: Partial<SentPayment> = {}): SentPayment =>
  ({ merchantId: 'm', idempotencyKey, payerId: 'p', amount: 100, currency: 'EUR', type: 'payment', ...rest });
const outcome = (sent: SentPayment, status: number): Outcome => ({ payment: sent, status, scheduledAt: 1_000, answeredAt: 1_010, late: false });
const rowOf = (sent: SentPayment, rest: Item = {}): Item => ({
  pk: { S: `${sent.merchantId}#0` }, sk: { S: sent.idempotencyKey }, type: { S: sent.type }, amount: { N: String(sent.amount) },
  currency: { S: sent.currency }, payer: { S: sent.payerId }, status: { S: 'applied' },
  ...sent.type === 'payment' ? { refundable: { N: String(sent.amount) } } : { refundOf: { S: sent.refundOf! } }, ...rest,
});
const inserted = (after: Item): LedgerChange => ({ kind: 'INSERT', after, at: 1_100 });
const balance = (available: number, count: number, shard = 'stream.1'): Item => ({
  pk: { S: 'm' }, sk: { S: `EUR#${shard}` }, available: { N: String(available) }, held: { N: '0' }, count: { N: String(count) }, lastSequence: { S: '1' },
});
/** An API that tells the same balance as the table. */
const apiOf = (available: number): ApiClient =>
  ({ get: () => Promise.resolve({ status: 200, body: `{"available":${available},"held":0}` }) }) as unknown as ApiClient;

/** A checker of a ledger in tables. */
function checkerOf(client: TableClient, options: Omit<CheckerOptions, 'ledger' | 'tables' | 'names'>): Checker {
  const tables = new Tables(client);
  const ledger = new TableLedger({ ...NAMES, tables, streams: client, streamArns: [], pollMilliseconds: 1 });
  return new Checker({ ledger, tables, names: NAMES, ...options });
}

describe('the checker', () => {
  let tables: TestTables;
  let settled: string[];
  let now: number;
  const checkerWith = (api: ApiClient): Checker => {
    settled = [];
    return checkerOf(tables, { apis: [api], onSettled: (identities) => settled.push(...identities), clock: () => now });
  };

  beforeEach(async () => {
    tables = await TestTables.create();
    now = 1_000;
  });

  it('finds nothing after kills, repetitions, redeliveries and rolled shards that the system survived', async () => {
    const checker = checkerWith(apiOf(170));
    const [paid, again, back] = [payment('a'), payment('b'), payment('r', { type: 'refund', refundOf: 'a', amount: 30 })];
    // The API was killed after the stream took `a`; the client repeated it and was acknowledged, twice. `b` got an error, and then no answer.
    checker.addOutcomes([outcome(paid, 0), outcome(paid, 202), outcome(paid, 202), outcome(again, 503), outcome(again, 0), outcome(back, 202)]);
    // The row of `a` was written by a worker that was killed then; what came again changed only what may change.
    tellChange(inserted(rowOf(paid)), checker);
    tellChange({ kind: 'MODIFY', before: rowOf(paid), after: rowOf(paid, { refundable: { N: '70' } }), at: 1_200 }, checker);
    tellChange({
      kind: 'MODIFY', before: rowOf(paid, { refundable: { N: '70' } }), after: rowOf(paid, { refundable: { N: '70' }, conflicts: { N: '1' } }), at: 1_300,
    }, checker);
    tellChange(inserted(rowOf(back)), checker);
    tellChange(inserted(rowOf(again)), checker);
    await tables.put('ledger-0', rowOf(paid, { refundable: { N: '70' }, conflicts: { N: '1' } }));
    await tables.put('ledger-1', rowOf(back));
    await tables.put('ledger-1', rowOf(again));
    // Shards were rolled: the balance is spread over the rows of three.
    await tables.put('balances', balance(100, 1, 'stream.1'));
    await tables.put('balances', balance(-30, 1, 'stream.1-child'));
    await tables.put('balances', balance(100, 1, 'stream.2'));

    expect(await checker.projectedEffects()).toBe(checker.progress().ledgerEffects);
    expect(settled.sort()).toEqual(['m\u0000a', 'm\u0000r']);
    expect(await checker.report()).toMatchObject({
      sent: 6, acked: 3, refused: 1, unanswered: 2, applied: 2, duplicates: 1, rejected: 0, parked: 0,
      lost: 0, doubled: 0, outOfBalance: 0, findings: [],
      balances: [{ merchantId: 'm', currency: 'EUR', balance: '170' }],
    });
  });

  it('does not take an image that is written otherwise for a change', () => {
    const checker = checkerWith(apiOf(0));
    const set = { tags: { SS: ['a', 'b'] }, more: { M: { x: { N: '1' }, y: { N: '2' } } } };
    const same = { tags: { SS: ['b', 'a'] }, more: { M: { y: { N: '2.0' }, x: { N: '1' } } } };
    tellChange({ kind: 'MODIFY', before: rowOf(payment('a'), set), after: rowOf(payment('a'), same), at: 1_000 }, checker);
    expect(checker.progress().settledKeys).toBe(0);
    return expect(checker.report()).resolves.toMatchObject({ doubled: 0 });
  });

  it('counts parked payments, unreadable records and no parts of them', async () => {
    const checker = checkerWith(apiOf(0));
    checker.addOutcomes([outcome(payment('poison'), 202)]);
    await tables.put('parking', { pk: { S: 'merchant#m' }, sk: { S: 'poison' }, reason: { S: 'x' } });
    await tables.put('parking', { pk: { S: 'unreadable#shardId-0' }, sk: { S: '1#0' }, parts: { N: '2' } });
    await tables.put('parking', { pk: { S: 'part#abc' }, sk: { S: '1' }, payload: { B: 'AA==' } });
    await checker.lookForParked();
    expect(settled).toEqual(['m\u0000poison']);
    expect(await checker.report()).toMatchObject({ acked: 1, parked: 1, parkedUnreadable: 1, lost: 0, doubled: 0 });
  });

  it('lets an operator put parked payments back: one that took effect then is not parked any more, one that did not is lost', async () => {
    const checker = checkerWith(apiOf(100));
    const [applied, gone, discarded] = [payment('a'), payment('b'), payment('c')];
    checker.addOutcomes([applied, gone, discarded].map((it) => outcome(it, 202)));
    await tables.put('parking', { pk: { S: 'merchant#m' }, sk: { S: 'a' }, retriedAt: { N: '1' } });
    await tables.put('parking', { pk: { S: 'merchant#m' }, sk: { S: 'b' }, retriedAt: { N: '1' } });
    await tables.put('parking', { pk: { S: 'merchant#m' }, sk: { S: 'c' }, retriedAt: { N: '1' }, discardedAt: { N: '2' } });
    await tables.put('parking', { pk: { S: 'unreadable#s' }, sk: { S: '1#0' }, retriedAt: { N: '1' } });
    await tables.put('ledger-0', rowOf(applied));
    await tables.put('balances', balance(100, 1));
    expect(await checker.report()).toMatchObject({
      applied: 1, parked: 1, lost: 1, doubled: 0, parkedUnreadable: 0, findings: ['lost: m / b was acknowledged and is in no table'],
    });
  });

  it('reports a second row, a row over another and a balance that is too low', async () => {
    const checker = checkerWith(apiOf(90));
    const sent = payment('a');
    checker.addOutcomes([outcome(sent, 202)]);
    tellChange(inserted(rowOf(sent)), checker);
    tellChange({ kind: 'MODIFY', before: rowOf(sent), after: rowOf(sent, { amount: { N: '1' } }), at: 1_200 }, checker);
    await tables.put('ledger-0', rowOf(sent));
    await tables.put('ledger-1', rowOf(sent));
    await tables.put('balances', balance(99, 1));
    expect((await checker.report()).findings).toEqual([
      'doubled: m / a was written over 1 times', 'doubled: m / a took effect 2 times',
      'outOfBalance: the balance table says 99 for m / EUR, the books say 100', 'outOfBalance: the API says 90 for m / EUR, the books say 100',
    ]);
  });

  it('scans no table again while the last scan is fresh', async () => {
    const checker = checkerWith(apiOf(0));
    const scansOf = (name: string): number => tables.scans.filter((it) => it === name).length;
    await Promise.all([checker.projectedEffects(), checker.projectedEffects(), checker.lookForParked(), checker.lookForParked()]);
    expect([scansOf('balances'), scansOf('parking')]).toEqual([1, 1]);
    now += 1;
    await Promise.all([checker.projectedEffects(), checker.lookForParked()]);
    expect([scansOf('balances'), scansOf('parking')]).toEqual([2, 2]);
  });
});

describe('the checker, where there are holds and payouts', () => {
  let tables: TestTables;
  let bank: http.Server;
  let transfers: object[];
  let bankStatus: number;

  const movement = (key: string, type: string, amount: number, rest: Item = {}): Item => ({
    pk: { S: 'm#0' }, sk: { S: key }, type: { S: type }, amount: { N: String(amount) }, currency: { S: 'EUR' }, status: { S: 'applied' }, ...rest,
  });
  const payoutRow = (step: string, rest: Item): Item => movement(`payout:p:${step}`, step, 40, { movementReason: { S: 'payout' }, ...rest });
  const HOLD = movement('h', 'hold', 30, { holdable: { N: '20' } });
  const RELEASE = movement('e', 'release', 10, { holdOf: { S: 'h' } });
  const PAYOUT = [payoutRow('hold', { holdable: { N: '0' } }), payoutRow('settle', { holdOf: { S: 'payout:p:hold' } })];

  beforeEach(async () => {
    tables = await TestTables.create();
    transfers = [{ key: 'payout:p', merchantId: 'm', amount: 40, currency: 'EUR', reference: 'bank-1' }];
    bankStatus = 200;
    bank = http.createServer((request, response) => {
      expect(request.url).toBe('/transfers');
      response.writeHead(bankStatus).end(JSON.stringify({ transfers }));
    });
    await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    bank.closeAllConnections();
    bank.close();
  });

  const checkerWith = (available: number, held: number): Checker => {
    const api = { get: () => Promise.resolve({ status: 200, body: `{"available":${available},"held":${held}}` }) } as unknown as ApiClient;
    const url = `http://127.0.0.1:${(bank.address() as AddressInfo).port}`;
    const checker = checkerOf(tables, { apis: [api], onSettled: () => undefined, clock: () => 1_000, bankUrl: url });
    const common = { merchantId: 'm', currency: 'EUR' };
    checker.addOutcomes([
      outcome(payment('a'), 202),
      { ...outcome(payment('a'), 202), payment: undefined, movement: { ...common, idempotencyKey: 'h', amount: 30, type: 'hold' } },
      { ...outcome(payment('a'), 202), payment: undefined, movement: { ...common, idempotencyKey: 'e', amount: 10, type: 'release', holdOf: 'h' } },
      { ...outcome(payment('a'), 202), payment: undefined, payout: { ...common, idempotencyKey: 'p', amount: 40 } },
      { ...outcome(payment('a'), 202), payment: undefined, payout: { ...common, idempotencyKey: 'q', amount: 1_000 } },
    ]);
    return checker;
  };

  async function settle(checker: Checker): Promise<void> {
    for (const item of [rowOf(payment('a')), HOLD, RELEASE, ...PAYOUT]) {
      await tables.put('ledger-0', item);
      tellChange(inserted(item), checker);
    }
    await tables.put('payouts', { pk: { S: 'm' }, sk: { S: 'payout#q' }, state: { S: 'rejected' } });
    await tables.put('payouts', { pk: { S: 'm' }, sk: { S: 'payout#p' }, state: { S: 'settled' } });
    await tables.put('payouts', { pk: { S: 'm' }, sk: { S: 'account#EUR' }, state: { S: 'rejected' } });
  }

  it('finds nothing where all is as it was promised, to the last minor unit', async () => {
    const checker = checkerWith(40, 20);
    expect(checker.progress()).toMatchObject({ acknowledgedKeys: 3, openPayouts: 2, sent: 3 });
    await settle(checker);
    await tables.put('balances', { ...balance(40, 5), held: { N: '20' } });
    expect(checker.progress()).toMatchObject({ settledKeys: 3, openPayouts: 1, ledgerEffects: 5 });
    await checker.lookForRejectedPayouts();
    expect(checker.progress()).toMatchObject({ openPayouts: 0 });
    expect(await checker.report()).toMatchObject({
      sent: 3, acked: 3, applied: 3, holds: 1, releases: 1, lost: 0, doubled: 0, outOfBalance: 0, findings: [],
      payouts: { sent: 2, acked: 2, refused: 0, unanswered: 0, settled: 1, released: 0, rejected: 1, duplicates: 0, lost: 0 },
      balances: [{ merchantId: 'm', currency: 'EUR', balance: '60' }],
    });
  });

  it('finds money that is available though it is held, and a bank that says otherwise', async () => {
    const checker = checkerWith(60, 0);
    await settle(checker);
    await tables.put('balances', balance(60, 5));
    transfers = [];
    expect((await checker.report()).findings).toEqual([
      'outOfBalance: the balance table says 60 for m / EUR, the books say 40 and 20 held',
      'outOfBalance: the API says 60 for m / EUR, the books say 40 and 20 held',
      'outOfBalance: the payout m / p is settled, and the bank paid nothing',
      'outOfBalance: 60 of m / EUR is available, held or paid out, and 100 was paid in and not refunded',
    ]);
    bankStatus = 500;
    await expect(checker.report()).rejects.toThrow('the bank answered 500');
    bankStatus = 200;
    transfers = [{ key: 'p', merchantId: 'm', amount: 40, currency: 'EUR' }];
    await expect(checker.report()).rejects.toThrow('whose key does not begin with payout:');
  });
});

describe('a paced reading', () => {
  it('takes a fifth of the time, and answers with the last value in between', async () => {
    let now = 0;
    let value = 0;
    const reading = new PacedReading(() => {
      now += 100;
      return Promise.resolve(++value);
    }, () => now);
    expect(await reading.read()).toBe(1);
    now += 399;
    expect(await reading.read()).toBe(1);
    now += 1;
    expect(await reading.read()).toBe(2);
  });

  it('passes errors on, and answers with the last value until the next reading is due', async () => {
    let now = 0;
    let fails = true;
    const reading = new PacedReading(() => {
      now += 10;
      return fails ? Promise.reject(new Error('no answer')) : Promise.resolve('value');
    }, () => now);
    await expect(reading.read()).rejects.toThrow('no answer');
    fails = false;
    expect(await reading.read()).toBe('value');
    fails = true;
    now += 39;
    expect(await reading.read()).toBe('value');
    now += 1;
    await expect(reading.read()).rejects.toThrow('no answer');
  });
});
