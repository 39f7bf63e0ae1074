import { createHash } from 'node:crypto';
import { Bill, billOf, type BillOptions, leversOf, stalePricesOf } from '../../../lib/cost';
import { renderCostPage } from '../../../lib/report/cost-page';
import { Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from '../cost/assembly-of';

const workload = Workload.fromJSON({ peak: 1000, average: 1000, uncertainty: { average: { low: 500, high: 2000 } } });
const EVIL = '<script>alert("&")</script>';
const stream: PlainResource = { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 4 }, Metadata: { 'aws:cdk:path': `app/${EVIL}/Resource` } };
const unknown: PlainResource = { Type: 'AWS::Nobody::Knows' };
const billWith = (resources: { [logicalId: string]: PlainResource }): Bill => billOf(assemblyOf(resources), workload);

describe('the page of a bill', () => {
  const bill = billWith({ Stream: stream, Unknown: unknown });
  const page = renderCostPage(bill, { title: EVIL });

  it('asks for nothing from anywhere', () => {
    expect(page).not.toMatch(/<(link|img|iframe|base)\b|\bsrc=|\bhref=|url\(|@import|fetch\(|XMLHttpRequest|https?:/);
    expect(page).toContain("default-src 'none'");
  });

  it.each(['style', 'script'])('has a policy that lets its own %s run, and needs no other', (tag) => {
    const blocks = [...page.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))];
    expect(blocks).toHaveLength(1);
    expect(page).toContain(`${tag}-src 'sha256-${createHash('sha256').update(blocks[0][1]).digest('base64')}'`);
    expect(page).not.toContain('unsafe-inline');
    expect(page.replaceAll(/<(style|script)>[^]*?<\/\1>/g, '')).not.toMatch(/ (style|on\w+)=/);
  });

  it('takes no name for HTML', () => {
    expect(page).not.toContain(EVIL);
    expect(page).toContain('<h1>What a month of &lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt; costs</h1>');
  });

  it('shows totals with bands, as lower bounds where something is unpriced', () => {
    expect(page).toMatch(/<dt>A month<\/dt>\n<dd class="figure"><span class="least">at least<\/span>\$[\d.,]+<\/dd>/);
    expect(page).toMatch(/at least \$[\d.,]+ to at least \$[\d.,]+<\/dd>/);
    expect(page).toContain('1 resource is not priced');
    expect(page).toContain('there is no pricer for AWS::Nobody::Knows');
    const whole = renderCostPage(billWith({ Stream: stream }));
    expect(whole).not.toMatch(/at least|Not priced/);
    expect(whole).toContain('<h1>What a month costs</h1>');
  });

  it('has a row a line, the dearest first, with what the script sorts by', () => {
    const costs = [...page.matchAll(/<tr[^>]* data-usd="([^"]+)"/g)].map(([, usd]) => Number(usd));
    expect(costs).toHaveLength(bill.lines.length);
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
    expect(costs.reduce((sum, usd) => sum + usd, 0)).toBeCloseTo(bill.perMonth.typical, 6);
  });

  it('draws bars no wider than their track, the dearest case of all at full width', () => {
    const rects = [...page.matchAll(/<rect class="range" x="([\d.]+)" width="([\d.]+)"/g)].map(([, x, width]) => Number(x) + Number(width));
    expect(Math.max(...rects)).toBeCloseTo(100, 1);
    expect(page).not.toMatch(/NaN|Infinity|width="-/);
  });

  it('puts many parts into one bar', () => {
    const [line] = billWith({ Key: { Type: 'AWS::KMS::Key' } }).lines;
    const lines = Array.from({ length: 20 }, (_, index) => ({ ...line, stack: `stack ${index}` }));
    const html = renderCostPage(new Bill({ ...bill, lines, unpriced: [] }));
    expect(html.match(/<span class="name">stack /g)).toHaveLength(11);
    expect(html).toContain('<span class="name">9 others</span><span class="figure">$9.00</span>');
  });

  it('shows levers, old prices and discounts', () => {
    const table = assemblyOf({ Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST' } } });
    const options: BillOptions = { discounts: { 'dynamodb/*': 0.5 }, usage: { Table: { writeUnitsPerSecond: 1000, readUnitsPerSecond: 0, storedGigabytes: 0 } } };
    const discounted = billOf(table, workload, options);
    const full = renderCostPage(discounted, { levers: leversOf(table, workload, options), stale: stalePricesOf(discounted, new Date('2030-01-01')) });
    expect(full).toMatch(/a month: provisioned capacity with scaling/);
    expect(full).toMatch(/<strong>dynamodb\/onDemand\.wru<\/strong>/);
    expect(full).toContain('Stated discounts take off $821 a month');
    expect(page).not.toContain('What would make it cheaper');
  });

  it('holds for an empty bill', () => {
    expect(renderCostPage(billWith({}))).not.toMatch(/NaN|Infinity|undefined/);
  });
});
