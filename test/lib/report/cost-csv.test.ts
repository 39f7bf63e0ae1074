import { type Bill, billOf, type BillOptions } from '../../../lib/cost';
import { PRICERS } from '../../../lib/cost/pricers';
import { renderCostCsv } from '../../../lib/report/cost-csv';
import { focusService } from '../../../lib/report/focus-services';
import { Workload } from '../../../lib/workload';
import { assemblyOf } from '../cost/assembly-of';

const workload = Workload.fromJSON({ peak: 1000, average: 1000 });
const month = '2026-11';

function billWith(options: BillOptions = {}): Bill {
  return billOf(assemblyOf({
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 4, Tags: [{ Key: 'team', Value: 'pay, "now"\nor later' }, { Key: 'app', Value: 'x' }] } },
    Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PROVISIONED', ProvisionedThroughput: { ReadCapacityUnits: 100, WriteCapacityUnits: 100 } } },
    Other: { Type: 'AWS::Nobody::Knows' },
  }), workload, options);
}

/** A reader of RFC 4180 of its own: a field is quoted or plain, and a quote inside is doubled. */
function parse(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  for (let match = fields.exec(text); match !== null && fields.lastIndex <= text.length; match = fields.exec(text)) {
    rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') {
      rows.push([]);
    }
  }
  const [header, ...values] = rows.slice(0, -1);
  return values.map((row) => {
    expect(row).toHaveLength(header.length);
    return Object.fromEntries(row.map((value, index) => [header[index], value]));
  });
}

describe('the bill as CSV', () => {
  const bill = billWith();
  const rows = parse(renderCostCsv(bill, { month }));

  it('has a row a line, and none for what has no price', () => {
    expect(bill.unpriced).toHaveLength(1);
    expect(rows).toHaveLength(bill.lines.length);
    expect(rows.map((it) => it.ResourceType)).not.toContain('AWS::Nobody::Knows');
  });

  it('names the columns of FOCUS in order of the alphabet, then its own', () => {
    const names = Object.keys(rows[0]);
    const [theirs, ours] = [names.filter((it) => !it.startsWith('x_')), names.filter((it) => it.startsWith('x_'))];
    expect(names).toEqual([...theirs.sort(), ...ours.sort()]);
    expect(theirs).toEqual(expect.arrayContaining([
      'BilledCost', 'BillingCurrency', 'BillingPeriodStart', 'ChargeCategory', 'ContractedCost', 'EffectiveCost', 'ListCost', 'PricingCategory', 'ServiceCategory', 'SkuPriceId', 'Tags',
    ]));
  });

  it('tells what a line is and what it costs', () => {
    expect(rows.find((it) => it.SkuMeter === 'shards')).toMatchObject({
      BilledCost: '43.8', EffectiveCost: '43.8', ContractedCost: '43.8', ListCost: '43.8', ListUnitPrice: '0.015', PricingQuantity: '2920', PricingUnit: 'shard-h',
      BillingPeriodStart: '2026-11-01T00:00:00Z', BillingPeriodEnd: '2026-12-01T00:00:00Z', ServiceName: 'Amazon Kinesis', ServiceCategory: 'Analytics',
      ResourceId: 'stack/Stream', ResourceType: 'AWS::Kinesis::Stream', RegionId: 'us-east-1', SkuPriceId: 'kinesis/provisioned.shardHour@us-east-1',
      PricingCategory: 'Standard', x_Kind: 'declared', x_Stage: 'stream', x_Band: 'typical', CommitmentDiscountId: '', ChargeClass: '',
    });
  });

  it('survives commas, quotes and line breaks', () => {
    expect(JSON.parse(rows[0].Tags)).toEqual({ team: 'pay, "now"\nor later', app: 'x' });
    expect(rows[0].Tags.startsWith('{"app"')).toBe(true);
  });

  it('writes numbers out: no exponents', () => {
    expect(rows.find((it) => it.SkuMeter === 'PUT units')!.ListUnitPrice).toBe('0.000000014');
    expect(rows.flatMap((it) => [it.ListUnitPrice, it.BilledCost, it.PricingQuantity]).filter((it) => !/^\d+(\.\d+)?$/.test(it))).toEqual([]);
  });

  it('adds up to the bill, in each band', () => {
    for (const band of ['low', 'typical', 'high'] as const) {
      const sum = parse(renderCostCsv(bill, { month, band })).reduce((total, it) => total + Number(it.BilledCost), 0);
      expect(sum).toBeCloseTo(bill.perMonth[band], 6);
    }
  });

  it('keeps list, contracted and effective cost apart', () => {
    const both = parse(renderCostCsv(billWith({ commitment: '1y', discounts: { 'dynamodb/*': 0.5 } }), { month }));
    const committed = both.find((it) => it.CommitmentDiscountType === 'Reserved' && it.SkuId === 'dynamodb/provisioned.wcuHour')!;
    const [list, contracted, effective] = [committed.ListCost, committed.ContractedCost, committed.EffectiveCost].map(Number);
    expect(contracted).toBeCloseTo(list / 2, 6);
    expect(effective).toBeLessThan(contracted);
    expect(committed).toMatchObject({ PricingCategory: 'Committed', CommitmentDiscountCategory: 'Usage', CommitmentDiscountName: 'reserved write units, one year' });
  });

  it('is the same each time, and turns the year', () => {
    expect(renderCostCsv(billWith(), { month })).toBe(renderCostCsv(billWith(), { month }));
    expect(parse(renderCostCsv(bill, { month: '2026-12' }))[0].BillingPeriodEnd).toBe('2027-01-01T00:00:00Z');
  });

  it.each(['2026-13', '2026-1', 'now', '2026-11-01'])('refuses the month %s', (wrong) => {
    expect(() => renderCostCsv(bill, { month: wrong })).toThrow(`\`month\` must be a month such as 2026-11, got: ${wrong}`);
  });

  it('knows the service of every type that has a price', () => {
    expect(PRICERS.flatMap(({ types }) => types).filter((type) => focusService(type).category === 'Other')).toEqual([]);
    expect(focusService('AWS::Nobody::Knows')).toEqual({ name: 'AWS::Nobody', category: 'Other' });
  });
});
