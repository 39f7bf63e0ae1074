import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Bill, billOf } from '../../../lib/cost';
import { isFree, PRICERS } from '../../../lib/cost/pricers';
import { Workload } from '../../../lib/workload';
import { Topology } from '../../../lib/topology';
import { changed } from '../../cost/changed-assembly';
import { withShield } from '../../cost/choices';
import { tableOf } from '../../cost/page-table';
import { usualDesign } from '../../cost/usual-design';
import { assemblyOf } from './assembly-of';
import { referenceFolder } from './reference-assembly';

const workload = Workload.fromJSON(JSON.parse(fs.readFileSync(path.join(__dirname, '../../cost/reference-workload.json'), 'utf8')));

let folder: string;
let topology: Topology;
let bill: Bill;

beforeAll(() => {
  folder = referenceFolder(workload, 'us-east-1');
  topology = Topology.read(folder, { unresolved: 'stand-in' });
  bill = billOf(topology, workload);
});

describe('the bill of the reference', () => {
  it('prices every type, or knows that it is free', () => {
    const types = new Set(topology.resources.map(({ type }) => type));
    const priced = new Set(PRICERS.flatMap((it) => it.types));
    expect([...types].filter((type) => !priced.has(type) && !isFree(type))).toEqual([]);
    expect(bill.unpriced).toEqual([]);
    expect(bill.atLeast).toBe(false);
  });

  it.each(['AWS::Kinesis::Stream', 'AWS::DynamoDB::GlobalTable', 'AWS::Lambda::Function'])('says so when the pricer of %s is missing', (type) => {
    const poorer = billOf(topology, workload, { pricers: PRICERS.filter((it) => !it.types.includes(type)) });
    const types = PRICERS.find((it) => it.types.includes(type))!.types;
    expect(poorer.unpriced.map(({ logicalId }) => logicalId)).toEqual(topology.ofType(...types).map(({ logicalId }) => logicalId));
    expect(poorer.atLeast).toBe(true);
    expect(poorer.perMonth.typical).toBeLessThan(bill.perMonth.typical);
  });

  it('lists every billable resource where there is no pricer at all', () => {
    const none = billOf(topology, workload, { pricers: [] });
    expect(none.lines).toEqual([]);
    expect(none.unpriced).toHaveLength(topology.resources.filter(({ type }) => !isFree(type)).length);
  });

  it('has exact sums', () => {
    const micro = (usd: number): bigint => BigInt(Math.round(usd * 1e6));
    const total = bill.lines.reduce((sum, line) => sum + micro(line.usd.typical), 0n);
    expect(micro(bill.perMonth.typical)).toBe(total);
    for (const parts of [bill.byStage(), bill.byStack(), bill.byTag('application'), bill.by((line) => line.kind)]) {
      expect([...parts.values()].reduce((sum, it) => sum + micro(it.typical), 0n)).toBe(total);
    }
  });

  it('has a low and a high end around every amount', () => {
    // Quantities over all steps of a price: in dollars a step may be cheaper because others need more of it.
    const quantities = new Map<string, { low: number; typical: number; high: number }>();
    for (const { resource, what, quantity } of bill.lines) {
      const key = `${resource} ${what}`;
      const sum = quantities.get(key) ?? { low: 0, typical: 0, high: 0 };
      quantities.set(key, { low: sum.low + quantity.low, typical: sum.typical + quantity.typical, high: sum.high + quantity.high });
    }
    const tolerance = 1 + 1e-9;
    expect([...quantities].filter(([, { low, typical, high }]) => !(low <= typical * tolerance && typical <= high * tolerance))).toEqual([]);
    expect(bill.perMonth.low).toBeLessThan(bill.perMonth.typical);
    expect(bill.perMonth.high).toBeGreaterThan(bill.perMonth.typical);
  });

  it('names a price and its date for each line, and says why the quantity is what it is', () => {
    expect(bill.lines.filter((line) => !/^[\w-]+\/\S+$/.test(line.priceId) || line.why.length < 5)).toEqual([]);
  });

  it('has a stage for every dollar', () => {
    expect(bill.byStage().get('other')?.typical ?? 0).toBeLessThan(0.001 * bill.perMonth.typical);
    expect([...bill.byStage().keys()]).toEqual(expect.arrayContaining([
      'edge', 'api', 'stream', 'worker', 'ledger', 'balances', 'audit', 'cache', 'fraud', 'network', 'security', 'observability',
    ]));
  });

  it('carries the tags of the resources', () => {
    const tagged = bill.byTag('application').get('payment-reference')?.typical ?? 0;
    expect(tagged / bill.perMonth.typical).toBeGreaterThan(0.95);
  });

  it('lowers no line when the payments double', () => {
    const small = workload.share(0.5);
    const [half, whole] = [billOf(topology, small), billOf(topology, workload)].map((it) => {
      const byName = new Map<string, number>();
      for (const line of it.lines) {
        // What is kept may move to a colder class, as more payments make larger objects.
        const key = `${line.stack} ${line.logicalId} ${line.what.replace(/^storage [A-Z_]+$/, 'storage')}`;
        byName.set(key, (byName.get(key) ?? 0) + line.quantity.typical);
      }
      return byName;
    });
    const lower = [...half].filter(([key, quantity]) => (whole.get(key) ?? 0) < quantity * (1 - 1e-9)).map(([key]) => key);
    expect(lower).toEqual([]);
  });

  it('bills an interface through which all records pass, and web ACLs for the public share alone', () => {
    const requests = bill.lines.filter((it) => it.type === 'AWS::WAFv2::WebACL' && it.what === 'requests').reduce((sum, it) => sum + it.quantity.typical, 0);
    expect(requests).toBeCloseTo(0.05 * 110_000 * 2_628_000, -3);
  });

  it('costs less with a commitment of a year', () => {
    const committed = billOf(topology, workload, { commitment: '1y' });
    expect(committed.perMonth.typical).toBeLessThan(bill.perMonth.typical);
    expect(committed.lines.some((it) => it.commitment !== undefined)).toBe(true);
  });

  it('refuses usage of a resource that is not there, and a commitment that there is none of', () => {
    expect(() => billOf(topology, workload, { usage: { Nowhere: { requestsPerSecond: 1 } } }))
      .toThrow('`usage` must name quantities that a resource of the assembly has, got: Nowhere.requestsPerSecond');
    expect(() => billOf(topology, workload, { commitment: '2y' as '1y' })).toThrow('`commitment` must be one of none, 1y, got: 2y');
  });
});

describe('the fixed workload of 100,000 payments/s', () => {
  const perMillion = (of: Bill): number => of.perMillionPayments.typical;

  it('costs at most 0.75 dollars a million payments, and 0.40 with commitments of a year, Shield Advanced among them', () => {
    expect(perMillion(bill)).toBeLessThanOrEqual(0.75);
    const shielded = changed(folder, withShield);
    expect(perMillion(billOf(shielded, workload, { commitment: '1y' }))).toBeLessThanOrEqual(0.40);
    expect(perMillion(billOf(topology, workload, { commitment: '1y' }))).toBeLessThanOrEqual(0.42);
  });

  it('costs what docs/cost.md shows, beside other requests and the usual design', () => {
    const shielded = changed(folder, withShield);
    const text = (...bills: readonly Bill[]): string[] => bills.map((it) => `$${perMillion(it).toFixed(3)}`);
    const row = (name: string, of: Workload): string[] => [
      name, ...text(billOf(topology, of), billOf(topology, of, { commitment: '1y' }), billOf(shielded, of, { commitment: '1y' })),
    ];
    const usual = assemblyOf(usualDesign(workload.average.perSecond));
    expect(tableOf('a million payments')).toEqual([
      row('one payment a request', workload),
      row('10 payments a request', workload.with({ paymentsPerRequest: 10 })),
      row('100 payments a request', workload.with({ paymentsPerRequest: 100 })),
      row('all requests public', workload.with({ publicEdgeShare: 1 })),
      ['the usual design', ...text(billOf(usual, workload), billOf(usual, workload, { commitment: '1y' })), ''],
    ]);
  });

  it('copies the ledger seldom: backups are two cents of a million payments at most', () => {
    expect(bill.perMillion(bill.byStage().get('backup')!).typical).toBeLessThan(0.02);
  });

  it('moves the audit trail to colder storage, because its objects are large enough', () => {
    const audit = bill.lines.filter(({ stage, what }) => stage === 'audit' && /^(storage|moves to) /.test(what)).map(({ what }) => what);
    expect(new Set(audit)).toEqual(new Set(['storage STANDARD', 'storage GLACIER_IR', 'moves to GLACIER_IR']));
  });

  it('costs a quarter less with commitments, as reserved capacity halves the units of the tables', () => {
    const committed = billOf(topology, workload, { commitment: '1y' });
    const units = (of: Bill): number => of.lines.filter((it) => it.type.startsWith('AWS::DynamoDB::') && it.what === 'write units')
      .reduce((sum, it) => sum + it.usd.typical, 0);
    expect(units(committed) / units(bill)).toBeCloseTo(0.46, 2);
  });

  it('costs less with more payments a request, more with all of it public, and a fraction of how it is usually drawn', () => {
    const [one, ten, hundred] = [1, 10, 100].map((paymentsPerRequest) => perMillion(billOf(topology, workload.with({ paymentsPerRequest }))));
    expect(one).toBe(perMillion(bill));
    expect(ten).toBeLessThan(one - 0.05);
    expect(hundred).toBeLessThan(ten);
    // Every request at 0.60 dollars a million instead of one of twenty, 1.1 of them a payment.
    expect(perMillion(billOf(topology, workload.with({ publicEdgeShare: 1 }))) - one).toBeGreaterThan(0.6);
    const usual = billOf(assemblyOf(usualDesign(workload.average.perSecond)), workload);
    expect(usual.unpriced).toEqual([]);
    expect(perMillion(usual)).toBeGreaterThan(5 * one);
  });
});
