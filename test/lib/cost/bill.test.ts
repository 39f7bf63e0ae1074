import { Bill, BillDiff, billOf, USAGE_METADATA_KEY } from '../../../lib/cost';
import { renderCostDiff } from '../../../lib/report/cost-markdown';
import { renderCostReasons, renderCostTable } from '../../../lib/report/cost-table';
import { Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from './assembly-of';

const workload = Workload.fromJSON({ peak: 1000, average: 500, payload: { meanBytes: 512, p99Bytes: 512 }, readsPerPayment: 0 });

/** An API of a function that writes to a stream, which another function reads into a table: none of it is of this kit. */
function pipeline(shards: number, more: { readonly [logicalId: string]: PlainResource } = {}): { readonly [logicalId: string]: PlainResource } {
  return {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Tags: { team: 'payments' } } },
    Integration: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId: { Ref: 'Api' }, IntegrationUri: { 'Fn::GetAtt': ['Front', 'Arn'] } } },
    Front: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 256, Environment: { Variables: { STREAM: { Ref: 'Stream' } } } } },
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: shards } },
    Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] }, FunctionName: { Ref: 'Worker' }, BatchSize: 100 } },
    Worker: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 512, Environment: { Variables: { TABLES: { 'Fn::Join': [',', [{ Ref: 'One' }, { Ref: 'Two' }]] } } } } },
    One: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST', TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } } },
    Two: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST', TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true } } },
    ...more,
  };
}

const bill = billOf(assemblyOf(pipeline(2)), workload);

function lineOf(of: Bill, logicalId: string, what: string) {
  const found = of.lines.filter((it) => it.logicalId === logicalId && it.what === what);
  expect(found.length).toBeGreaterThan(0);
  return found[0];
}

describe('usage', () => {
  it('follows the payments along the edges of a template that nothing of this kit is in', () => {
    expect(bill.unpriced).toEqual([]);
    expect(bill.payments.typical).toBe(500 * 2_628_000);
    const api = bill.lines.filter((it) => it.logicalId === 'Api');
    expect(api.reduce((sum, it) => sum + it.quantity.typical, 0)).toBe(1_314_000_000);
    expect(api.every((it) => it.kind === 'derived')).toBe(true);
    expect(lineOf(bill, 'Front', 'invocations').quantity.typical).toBe(1_314_000_000);
    expect(lineOf(bill, 'Stream', 'PUT units')).toMatchObject({ kind: 'assumed', quantity: { typical: 1_314_000_000 } });
  });

  it('shares the writes of a list of tables among them', () => {
    for (const table of ['One', 'Two']) {
      expect(lineOf(bill, table, 'write requests').quantity.typical).toBeCloseTo(250 * 2_628_000, 0);
    }
  });

  it('is that of the average rate, whatever the peak', () => {
    const higher = billOf(assemblyOf(pipeline(2)), workload.with({ peak: workload.peak.times(3) }));
    expect(higher.perMonth.typical).toBe(bill.perMonth.typical);
  });

  it('follows the bands of the workload', () => {
    const uncertain = Workload.fromJSON({ ...workload.toJSON(), uncertainty: { average: { low: 250, high: 1000 } } });
    const banded = billOf(assemblyOf(pipeline(2)), uncertain);
    expect(lineOf(banded, 'Front', 'invocations').quantity).toEqual({ low: 657_000_000, typical: 1_314_000_000, high: 2_628_000_000 });
    expect(banded.perMonth.typical).toBe(bill.perMonth.typical);
  });

  it('is what the user states, before what the template states', () => {
    const resources = { Queue: { Type: 'AWS::SQS::Queue', Metadata: { [USAGE_METADATA_KEY]: { requestsPerSecond: 1 } } } };
    const [byTemplate, byUser] = [undefined, { Queue: { requestsPerSecond: 2 } }].map((usage) => billOf(assemblyOf(resources), workload, { usage }));
    expect(byTemplate.lines[0]).toMatchObject({ kind: 'declared', quantity: { typical: 2_628_000 }, why: 'requestsPerSecond as the template states' });
    expect(byUser.lines[0]).toMatchObject({ kind: 'declared', quantity: { typical: 5_256_000 }, why: 'requestsPerSecond as stated' });
  });

  it('needs a workload', () => {
    expect(() => billOf(assemblyOf(pipeline(2)))).toThrow('`workload` must be stated: none of the templates carries one');
  });
});

describe('a bill', () => {
  it('has the shape that is promised', () => {
    const json = JSON.parse(JSON.stringify(bill)) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(['currency', 'workload', 'commitment', 'atLeast', 'perMonth', 'perMillionPayments', 'discount', 'lines', 'unpriced']);
    expect(json).toMatchObject({ currency: 'USD', workload: { peak: 1000, average: 500 } });
    expect(Object.keys(json.perMonth as object)).toEqual(['low', 'typical', 'high']);
  });

  it('tells the price of a million payments', () => {
    expect(bill.perMillionPayments.typical).toBeCloseTo(bill.perMonth.typical / 1314, 6);
  });

  it('groups by tag, with what has none under an empty one', () => {
    const byTeam = bill.byTag('team');
    expect([...byTeam.keys()].sort()).toEqual(['', 'payments']);
    expect(byTeam.get('payments')!.typical).toBeCloseTo(300 + 1014 * 0.9, 6);
  });

  it('names the region whose price stands in', () => {
    const line = billOf(assemblyOf({ Nat: { Type: 'AWS::EC2::EIP' } }, 'eu-west-1'), workload).lines[0];
    expect(line).toMatchObject({ region: 'eu-west-1', priceRegion: 'us-east-1', priceId: 'vpc/publicIpv4Hour' });
  });

  it('is told in a table, dearest first, and line by line', () => {
    const table = renderCostTable(bill, { width: 140, lines: 3 });
    expect(table).toContain('A month of 730 hours at 1.314 B payments, nothing committed:');
    expect(table).toMatch(/a month +\$[\d,]+ +\$[\d,]+ +\$[\d,]+\n/);
    expect(table).not.toContain('at least');
    const reasons = renderCostReasons(bill.linesOf('Stream'), { width: 140 });
    expect(reasons).toContain('declared: `ShardCount` of the template');
    expect(reasons).toContain('price: kinesis/provisioned.shardHour, us-east-1, 2024-07-01, high');
  });

  it('says "at least" where something has no price', () => {
    const short = billOf(assemblyOf(pipeline(2, { Thing: { Type: 'AWS::Quantum::Thing' } })), workload);
    const table = renderCostTable(short, { width: 140 });
    expect(table).toMatch(/a month +at least \$/);
    expect(table).toContain('stack/Thing (AWS::Quantum::Thing): there is no pricer for AWS::Quantum::Thing');
  });
});

describe('a difference of bills', () => {
  const head = billOf(assemblyOf(pipeline(4, { Key: { Type: 'AWS::KMS::Key' }, Thing: { Type: 'AWS::Quantum::Thing' } })), workload);
  const diff = new BillDiff(bill, head);

  it('names what changed, what came and what went, largest first', () => {
    const shards = diff.changes.find((it) => it.what === 'shards')!;
    expect(shards).toMatchObject({ change: 'changed', quantityBefore: 1460, quantityAfter: 2920, usdBefore: 21.9, usdAfter: 43.8, usd: 21.9 });
    expect(diff.changes.find((it) => it.what === 'key')).toMatchObject({ change: 'added', usd: 1 });
    expect(new BillDiff(head, bill).changes.find((it) => it.what === 'key')).toMatchObject({ change: 'removed', usd: -1 });
    expect(diff.changes.map(({ usd }) => Math.abs(usd))).toEqual(diff.changes.map(({ usd }) => Math.abs(usd)).sort((a, b) => b - a));
  });

  it('adds up to the difference of the totals, to the micro-dollar', () => {
    expect(Math.round(diff.changes.reduce((sum, { usd }) => sum + Math.round(usd * 1e6), 0))).toBe(Math.round(diff.usd * 1e6));
  });

  it('is empty against itself', () => {
    const same = new BillDiff(bill, billOf(assemblyOf(pipeline(2)), workload));
    expect([same.changes, same.usd, same.share]).toEqual([[], 0, 0]);
    expect(renderCostDiff(same)).toContain('No line of the bill changes.');
  });

  it('is told as Markdown, with what is newly unpriced', () => {
    const text = renderCostDiff(diff);
    expect(text).toMatch(/^### Cost: \+\$[\d,.]+ a month \(\+\d+\.\d %\)\n/);
    expect(text).toContain('| +$21.90 | `stack/Stream` | shards | 1,460 shard-h, $21.90 | 2,920 shard-h, $43.80 | `ShardCount` of the template |');
    expect(text).toContain('Not priced, and new: `AWS::Quantum::Thing`. The totals are lower bounds.');
  });

  it('tells the same change of several cells as one', () => {
    const cells = (shards: number) => Object.fromEntries([1, 2, 3].map((cell) => [`cell${cell}Stream`, { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: shards } }]));
    const text = renderCostDiff(new BillDiff(billOf(assemblyOf(cells(1)), workload), billOf(assemblyOf(cells(2)), workload)));
    expect(text).toContain('| +$32.85 | `stack/cell*Stream` | shards (3 of them) | 2,190 shard-h, $32.85 | 4,380 shard-h, $65.70 |');
  });
});
