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

  it('tells what would make it cheaper', async () => {
    const table = folderOf({ Table: { Type: 'AWS::DynamoDB::Table', Properties: { BillingMode: 'PAY_PER_REQUEST' } } });
    const usage = written('levers.json', { Table: { writeUnitsPerSecond: 1000, readUnitsPerSecond: 0, storedGigabytes: 0 } });
    const { code, out } = await run(['levers', table], { usage });
    expect(code).toBe(0);
    // 1,642.50 by request; 1,000 / 0.7 units for 730 h at 0.00065 are 677.86.
    expect(out).toContain('$965 a month: provisioned capacity with scaling for tables that are paid by request\n');
    expect(JSON.parse((await run(['levers', table], { usage, json: true })).out)).toContainEqual(expect.objectContaining({ usd: expect.closeTo(964.64, 1) }));
  });

  it.each([
    [['why'], {}, 'needs a resource'],
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
