import * as fs from 'node:fs';
import * as path from 'node:path';
import { costCommand } from '../../cli/cost';
import { folderOf } from '../lib/cost/assembly-of';
import { temporaryFolder } from '../local/run/cht';

describe('cht cost', () => {
  const folder = temporaryFolder();
  afterAll(() => fs.rmSync(folder, { recursive: true }));
  afterEach(() => jest.restoreAllMocks());

  const written = (name: string, content: unknown): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const workload = written('workload.json', { peak: 1000, average: 1000 });
  const stream = (shards: number) => folderOf({ Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: shards } } });
  const run = async (positionals: string[], values: Record<string, unknown> = {}) => {
    const output = { out: '', err: '' };
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => Boolean(output.out += String(chunk)));
    jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => Boolean(output.err += String(chunk)));
    const code = await costCommand.run({ positionals, values: { workload, ...values } });
    jest.restoreAllMocks();
    return { code, ...output };
  };

  it('prints a bill', async () => {
    const { code, out } = await run([stream(4)]);
    expect(code).toBe(0);
    expect(out).toMatch(/stream +\$[\d.,]+ +\$[\d.,]+ +\$[\d.,]+ +100\.0 % /);
    expect(out).toMatch(/\$43\.80 +declared +2,920 shard-h +shards +stack\/Stream\n/);
  });

  it('prints it as JSON, with what is stated and committed', async () => {
    const usage = written('usage.json', { Stream: { recordsPerSecond: 10 } });
    const bill = JSON.parse((await run([stream(1)], { json: true, commitment: '1y', usage })).out) as { commitment: string; lines: { what: string; quantity: object }[] };
    expect(bill.commitment).toBe('1y');
    expect(bill.lines.find((it) => it.what === 'PUT units')!.quantity).toEqual({ low: 26_280_000, typical: 26_280_000, high: 26_280_000 });
  });

  it('tells why', async () => {
    const { code, out } = await run(['why', 'Stream', stream(4)]);
    expect(code).toBe(0);
    expect(out).toContain('  declared: `ShardCount` of the template\n');
    expect(await run(['why', 'Nothing', stream(4)])).toMatchObject({ code: 1, err: expect.stringContaining('no line for Nothing') });
  });

  it('tells what a change costs, and fails above a threshold', async () => {
    const [base, head] = [stream(4), stream(8)];
    const { code, out } = await run(['diff', base, head]);
    expect(code).toBe(0);
    expect(out).toContain('| +$43.80 | `stack/Stream` | shards |');
    expect((await run(['diff', base, head], { threshold: '10' })).code).toBe(1);
    expect((await run(['diff', base, head], { threshold: '200' })).code).toBe(0);
    expect((await run(['diff', head, base], { threshold: '10' })).code).toBe(0);
  });

  it('compares ways to have the same', async () => {
    const brokers = JSON.parse((await run(['compare', 'brokers', stream(1)], { 'hour-usd': '50', 'self-run-hours': '10', 'json': true })).out) as { options: { name: string; work: { typical: number } }[] };
    expect(brokers.options.find(({ name }) => name.includes('EC2'))!.work.typical).toBe(500);
    expect((await run(['compare', 'tables', stream(1)])).out).toMatch(/^a month +low +typical +high\nprovisioned and reserved for a year /);
    expect((await run(['compare', 'storage'], { 'kept-days': '30', 'gigabytes': '10' })).out).toContain('10 GB in objects of 262144 B, kept for 30 days');
    await expect(run(['compare', 'clouds'])).rejects.toThrow('"cht cost compare" needs one of brokers, tables, storage, got: clouds.');
    await expect(run(['compare', 'storage'], { 'kept-days': '0' })).rejects.toThrow('--kept-days');
  });

  it('tells what would make it cheaper', async () => {
    const table = folderOf({ Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST' } } });
    const usage = written('levers.json', { Table: { writeUnitsPerSecond: 1000, readUnitsPerSecond: 0, storedGigabytes: 0 } });
    const { code, out } = await run(['levers', table], { usage });
    expect(code).toBe(0);
    // 1,642.50 by request; 1,000 / 0.7 units for 730 h at 0.00065 are 677.86.
    expect(out).toContain('$965 a month: provisioned capacity with scaling for tables that are paid by request\n');
    expect(JSON.parse((await run(['levers', table], { usage, json: true })).out)).toContainEqual(expect.objectContaining({ usd: expect.closeTo(964.64, 1) }));
  });

  it('writes it as CSV for a month and a band, and says what has no row', async () => {
    const folderWith = folderOf({ Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1 } }, Unknown: { Type: 'AWS::Nobody::Knows' } });
    const { code, out, err } = await run([folderWith], { csv: true, month: '2026-02', band: 'high' });
    expect(code).toBe(0);
    expect(out).toMatch(/^BilledCost,.*,x_Why\r\n10\.95,,,USD,2026-03-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,/);
    expect(err).toBe('cht: 1 without a price, and so without a row: stack/Unknown\n');
    expect((await run([stream(1)], { csv: true })).out).toContain(`,${new Date().toISOString().slice(0, 7)}-01T00:00:00Z,Usage,`);
  });

  it('writes it as a page', async () => {
    const file = path.join(folder, 'bill.html');
    const { code, out } = await run([stream(4)], { html: file });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/bill\.html: \d+ lines\n$/) });
    expect(fs.readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[^]*\$43\.80[^]*<\/html>\n$/);
    await expect(run([stream(4)], { html: path.join(folder, 'nowhere', 'bill.html') })).rejects.toThrow(/^--html .*nowhere.*ENOENT/);
  });

  it('takes discounts off', async () => {
    const discounts = written('discounts.json', { 'kinesis/*': 0.5 });
    expect((await run([stream(4)], { discounts })).out).toMatch(/\$21\.90 +declared +2,920 shard-h +shards, at 0\.5 of the list price/);
    const refused = (content: unknown) => run([stream(1)], { discounts: written('wrong.json', content) });
    await expect(refused({ 'kinesis/*': 2 })).rejects.toThrow(/^--discounts .*wrong\.json: `discounts` must be factors between 0 and 1, got: 2 for kinesis\/\*$/);
    await expect(refused([0.9])).rejects.toThrow('it must be an object of factors by price: {"dynamodb/*": 0.9}');
    await expect(refused('{')).rejects.toThrow(/--discounts .*wrong\.json: .*JSON/);
  });

  it('warns of old prices, in text and in JSON', async () => {
    expect((await run([stream(1)])).out).toMatch(/\nWarning: \d+ of \d+ prices, with \$[\d.]+ of the month/);
    const { stale, discount } = JSON.parse((await run([stream(1)], { json: true })).out) as { stale: { priceId: string }[]; discount: object };
    expect(stale).toContainEqual({ priceId: 'kinesis/provisioned.shardHour', region: 'us-east-1', asOf: '2024-07-01', confidence: 'high', usd: 10.95 });
    expect(discount).toEqual({ low: 0, typical: 0, high: 0 });
  });

  it.each([
    [['why'], {}, 'needs a resource'],
    [[], { json: true, csv: true }, '--json and --csv are two forms of one bill: choose one.'],
    [[], { csv: true, month: 'May' }, '--month must be a month such as 2026-11, got: May.'],
    [[], { csv: true, band: 'middle' }, '--band must be one of low, typical, high, got: middle.'],
    [['diff', 'one'], {}, 'needs two assemblies: BASE and HEAD'],
    [[], { by: 'colour' }, '--by must be one of stage, stack, service, kind, got: colour'],
    [[], { commitment: '3y' }, '--commitment must be one of none, 1y, got: 3y'],
  ])('refuses %j with %j', async (positionals, values, message) => {
    await expect(run(positionals, values)).rejects.toThrow(message);
  });

  it('says what is missing', async () => {
    await expect(run([stream(1)], { workload: undefined })).rejects.toThrow('`workload` must be stated: none of the templates carries one. See --workload and --usage.');
    await expect(run([stream(1)], { usage: written('bad.json', { Stream: { recordsPerSecond: -1 } }) })).rejects.toThrow('quantities of 0 or more');
    await expect(run([stream(1)], { usage: written('other.json', { Other: { recordsPerSecond: 1 } }) })).rejects.toThrow('got: Other.recordsPerSecond');
  });
});
