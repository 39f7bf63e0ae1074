import * as fc from 'fast-check';
import { type Bill, billOf, type BillOptions, leversOf, stalePricesOf } from '../../../lib/cost';
import { Facts } from '../../../lib/facts';
import { renderCostReasons, renderCostTable } from '../../../lib/report/cost-table';
import { Workload } from '../../../lib/workload';
import { assemblyOf } from './assembly-of';

const workload = Workload.fromJSON({ peak: 1000, average: 1000 });
const topology = assemblyOf({
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 4 } },
  Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 100, WriteCapacityUnits: 100 } } },
});
const billWith = (options: BillOptions = {}): Bill => billOf(topology, workload, options);
const lineOf = (bill: Bill, what: string) => bill.lines.find((it) => it.what === what)!;

describe('discounts', () => {
  it('lower the lines that they name, and say so', () => {
    const bill = billWith({ discounts: { 'kinesis/provisioned.shardHour': 0.9 } });
    // 4 shards x 730 h x 0.015 = 43.80, at 0.9: 39.42.
    expect(lineOf(bill, 'shards')).toMatchObject({ discount: 0.9, unitPrice: 0.0135, listUnitPrice: 0.015, usd: { typical: 39.42 }, discountUsd: { typical: 4.38 } });
    expect(bill.discount).toEqual({ low: 4.38, typical: 4.38, high: 4.38 });
    expect(lineOf(bill, 'PUT units').discount).toBeUndefined();
    expect(renderCostTable(bill)).toMatch(/discounts, taken off +-\$4\.38 +-\$4\.38 +-\$4\.38\n/);
    expect(renderCostTable(bill)).toContain('shards, at 0.9 of the list price');
    expect(renderCostReasons([lineOf(bill, 'shards')])).toContain('x $0.0135 (discount: 0.9 of $0.015)');
  });

  it('count by the longest name that fits', () => {
    const bill = billWith({ discounts: { '*': 0.8, 'kinesis/*': 0.5, 'kinesis/provisioned.shardHour': 0.25 } });
    expect(lineOf(bill, 'shards').discount).toBe(0.25);
    expect(lineOf(bill, 'PUT units').discount).toBe(0.5);
    expect(bill.lines.filter((it) => it.priceId.startsWith('dynamodb/')).map((it) => it.discount)).not.toContain(undefined);
  });

  it('go on top of a commitment', () => {
    const [alone, both] = [billWith({ commitment: '1y' }), billWith({ commitment: '1y', discounts: { 'dynamodb/*': 0.5 } })];
    const committed = (bill: Bill) => bill.lines.find((it) => it.commitment !== undefined)!;
    expect(committed(both).usd.typical).toBeCloseTo(committed(alone).usd.typical / 2, 5);
  });

  it('take off what the bill is smaller by, to the micro-dollar', () => {
    const listed = billWith();
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (factor) => {
      const bill = billWith({ discounts: { '*': factor } });
      expect(bill.perMonth.typical + bill.discount.typical).toBeCloseTo(listed.perMonth.typical, 6);
      expect(bill.perMonth.typical).toBeLessThanOrEqual(listed.perMonth.typical);
    }), { numRuns: 50 });
  });

  it('hold for what a lever is compared with', () => {
    const onDemand = assemblyOf({ Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST' } } });
    const usage = { Table: { writeUnitsPerSecond: 1000, readUnitsPerSecond: 0, storedGigabytes: 0 } };
    const saved = (discounts: BillOptions['discounts']) => leversOf(onDemand, workload, { usage, discounts }).find((it) => it.name.startsWith('provisioned'))!.usd;
    expect(saved({ 'dynamodb/*': 0.5 })).toBeCloseTo(saved({}) / 2, 2);
  });

  it.each([
    [{ 'kinesis/*': 1.2 }, '`discounts` must be factors between 0 and 1, got: 1.2 for kinesis/*'],
    [{ 'kinesis/*': -0.1 }, 'got: -0.1 for kinesis/*'],
    [{ 'kinesis/*': '0.9' as unknown as number }, 'got: "0.9" for kinesis/*'],
    [{ 'kinesys/*': 0.9 }, '`discounts` must name prices, got: kinesys/*, with which no price begins'],
    [{ 'kinesis/provisioned.shardHours': 0.9 }, "there is no fact 'kinesis/provisioned.shardHours'; did you mean"],
    [{ 'kinesis/shardQuota.account': 0.9 }, "fact 'kinesis/shardQuota.account' is no price"],
  ])('refuse %j', (discounts, message) => {
    expect(() => billWith({ discounts })).toThrow(message);
  });
});

describe('stale prices', () => {
  const bill = billWith();
  const on = (day: string) => stalePricesOf(bill, new Date(`${day}T00:00:00Z`));

  it('are those older than the days, and those without a date', () => {
    // The shard hour is of 2024-07-01: 365 days later it is still good, a day later it is not.
    expect(on('2025-07-01').map((it) => it.priceId)).not.toContain('kinesis/provisioned.shardHour');
    expect(on('2025-07-02')).toContainEqual({ priceId: 'kinesis/provisioned.shardHour', region: 'us-east-1', asOf: '2024-07-01', confidence: 'high', usd: 43.8 });
    const ages = [...new Set(on('2024-07-01').map((it) => it.asOf))];
    expect(ages.every((it) => it === null)).toBe(true);
  });

  it('come with the most money first, and follow the days of the facts', () => {
    const all = stalePricesOf(bill, new Date('2030-01-01'));
    expect(all.map((it) => it.usd)).toEqual([...all.map((it) => it.usd)].sort((a, b) => b - a));
    expect(all.reduce((sum, it) => sum + it.usd, 0)).toBeCloseTo(bill.perMonth.typical, 6);
    const patient = new Facts({ overrides: { 'target/cost.priceAgeDays': 36_500 } });
    expect(stalePricesOf(bill, new Date('2030-01-01'), patient).every((it) => it.asOf === null)).toBe(true);
  });

  it('are not those that the user states', () => {
    const stated = billWith({ facts: new Facts({ overrides: { 'kinesis/provisioned.shardHour': 0.02 } }) });
    expect(stalePricesOf(stated, new Date('2030-01-01')).map((it) => it.priceId)).not.toContain('kinesis/provisioned.shardHour');
  });

  it('are told in one sentence', () => {
    const stale = on('2025-07-02');
    expect(renderCostTable(bill, { stale, width: 400 })).toMatch(/\nWarning: \d+ of \d+ prices, with \$[\d.,]+ of the month on them, are old or have no date; "cht prices refresh"/);
    expect(renderCostTable(bill, { stale: [] })).not.toContain('Warning');
  });
});
