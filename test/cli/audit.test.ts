import * as fs from 'node:fs';
import * as path from 'node:path';
import { auditCommand } from '../../cli/audit';
import { S3ObjectStore } from '../../lambdas/runtime/aws/object-store';
import { ChildProcess } from '../../local/processes/child-process';
import type { QueueHostConfiguration, QueueHostReady } from '../../local/processes/queue-host';
import { Books } from '../lambdas/runtime/archive/books';
import { temporaryFolder } from '../local/run/cht';
import { Dynoxide } from '../support/dynoxide';
import { type Written, writtenBy } from '../support/written';

jest.setTimeout(30_000);

/** The command on the archive that the handlers of the kit wrote to S3 and tables of engines that are not the kit's. */
describe('cht audit', () => {
  const before = { ...process.env };
  const folder = temporaryFolder();
  const copy = path.join(folder, 'copy');
  let tables: Dynoxide;
  let host: ChildProcess<QueueHostReady>;
  let bucket: S3ObjectStore;
  let books: Books<S3ObjectStore>;

  beforeAll(async () => {
    tables = await Dynoxide.start();
    const configuration: QueueHostConfiguration = { region: 'eu-west-1', account: '111111111111', queues: [], buckets: ['audit-trail'] };
    host = await ChildProcess.start({ name: 'queue host', entry: 'queue-host', configuration, logFile: path.join(folder, 'log') });
    process.env = {
      ...before, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint,
      AWS_ENDPOINT_URL_S3: host.ready.endpoint, AUDIT_BUCKET: 'audit-trail',
    };
    bucket = new S3ObjectStore({ bucket: 'audit-trail' });
    // The command takes the machine's time, and these rows shall not have expired by then.
    books = await Books.open(tables, bucket, 100 * 365);
    Object.assign(process.env, { AUDIT_HEAD_TABLE: books.headTable, BALANCE_TABLE: books.balanceTable, LEDGER_TABLES: books.ledgerTables.join(',') });
    await books.trade(0);
    await books.trade(1);
    for await (const { key } of bucket.list('')) {
      fs.mkdirSync(path.dirname(path.join(copy, key)), { recursive: true });
      fs.writeFileSync(path.join(copy, key), (await bucket.get(key))!);
    }
  });
  afterAll(async () => {
    process.env = before;
    bucket.close();
    await host.stop();
    await tables.stop();
    fs.rmSync(folder, { recursive: true });
  });

  const audit = (positionals: string[], values: Record<string, unknown> = {}): Promise<Written> => (
    writtenBy(() => auditCommand.run({ positionals, values }))
  );

  it('verifies the bucket of the deployment, with the ends of its chains', async () => {
    const { code, output } = await audit(['verify']);
    expect(code).toBe(0);
    expect(output).toMatch(/^s3:\/\/audit-trail: \d chains, \d+ manifests, 30 changes\n/);
    expect(output).toContain('Every chain holds.');
    expect(output).not.toContain('not known from elsewhere');
    const { holds, chains } = JSON.parse((await audit(['verify', 's3://audit-trail/'], { json: true })).output) as { holds: boolean; chains: { end: string }[] };
    expect(holds).toBe(true);
    expect(new Set(chains.map(({ end }) => end))).toEqual(new Set(['head']));
  });

  it('verifies a copy, with ends that were noted earlier', async () => {
    const tips = path.join(folder, 'tips.json');
    expect((await audit(['verify', copy], { 'write-tips': tips })).output).toContain('is not known from elsewhere');
    expect(await audit(['verify', copy], { tips })).toMatchObject({ code: 0, output: expect.not.stringContaining('known from elsewhere') });
    expect((await audit(['verify', copy], { tips, 'from': '2026-11-01', 'to': '2026-11-01', 'manifests-only': true })).code).toBe(0);
  });

  it('names the object that was changed, and what differs', async () => {
    const forged = path.join(folder, 'forged');
    fs.cpSync(copy, forged, { recursive: true });
    const key = fs.readdirSync(path.join(forged, 'changes'), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.gz'))!;
    fs.writeFileSync(path.join(forged, 'changes', key), 'forged');
    const { code, output } = await audit(['verify', forged]);
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`BROKEN changes/${key.replaceAll('.', '\\.')}\n +its SHA-256 is [0-9a-f]{64}, manifest \\d says [0-9a-f]{64}`));
    expect(output).toContain('1 break: the archive is not what was written.');
    await expect(audit(['find', forged], { merchant: 'shop-0' }).then(() => audit(['find', forged], { merchant: 'shop-1' }))
      .then(() => audit(['find', forged], { merchant: 'shop-2' }))).rejects.toThrow('The archive is not what was written: its SHA-256 is');
  });

  it('finds a payment, what became of it, and its refunds', async () => {
    const { code, output } = await audit(['find'], { merchant: 'shop-1', key: 'd0-1' });
    expect(code).toBe(0);
    expect(output).toMatch(/^2026-11-01 12:00:00 {2}INSERT {2}payment applied {2}101 EUR {2}key d0-1\n +manifest \d -> changes\/2026-11-01\/12\/.*\.ndjson\.gz$/m);
    expect(output).toMatch(/MODIFY {2}payment applied {2}101 EUR {2}key d0-1 {2}refundable 101 -> 61$/m);
    expect(output).toMatch(/INSERT {2}refund of d0-1 rejected \(exceeds_payment\) {2}90 EUR {2}key d0-r2$/m);
    const { changes } = JSON.parse((await audit(['find', copy], { merchant: 'shop-1', key: 'd0-1', json: true })).output) as { changes: { row: { token: string } }[] };
    expect(changes).toHaveLength(4);
    expect(changes[0].row).toMatchObject({ sk: 'd0-1', amount: '101', token: '…ok_1' });
    expect(await audit(['find'], { merchant: 'shop-1', key: 'd0-1', from: '2026-11-02' })).toEqual({ code: 1, output: 'The archive holds nothing that fits.\n' });
  });

  it('rebuilds the balances, and the next time from a checkpoint', async () => {
    const checkpoint = path.join(folder, 'checkpoint.json');
    const first = await audit(['rebuild-balances'], { 'write-checkpoint': checkpoint, 'settle': '0' });
    expect(first.output).toMatch(/Balances: \d+ rows compared, 0 differences\nLedger: 28 rows compared, 0 differences\nThe archive, the balances and the ledger agree\.\n$/);
    expect(first.code).toBe(0);
    await books.trade(2);
    const second = await audit(['rebuild-balances'], { checkpoint, settle: '0', json: true });
    expect(JSON.parse(second.output)).toMatchObject({ equal: true, archive: { changes: 15 }, balances: { balancesBehind: '0' }, ledger: { rows: 42 } });
    expect((await audit(['verify'], { tips: checkpoint })).code).toBe(0);
  });

  it('tells a balance that is another one, and writes no checkpoint then', async () => {
    const checkpoint = path.join(folder, 'never.json');
    const [row] = await books.scan(books.balanceTable);
    await tables.client.call('PutItem', { TableName: books.balanceTable, Item: { ...row, available: { N: '999' } } });
    const { code, output } = await audit(['rebuild-balances'], { 'write-checkpoint': checkpoint, 'settle': '0' });
    await tables.client.call('PutItem', { TableName: books.balanceTable, Item: row });
    expect(code).toBe(1);
    expect(output).toContain(`  DIFFERENT ${row.pk.S} ${row.sk.S!.replace('#', ' ')}\n    table:   999 available, 0 held, ${row.count.N} rows\n    archive: ${row.available.N} available`);
    expect(output).toContain('They do not agree.');
    expect(fs.existsSync(checkpoint)).toBe(false);
  });

  it.each<[string[], Record<string, unknown>, string]>([
    [[], {}, 'Say what to do: verify, find, rebuild-balances.'],
    [['check'], {}, 'Say what to do: verify, find, rebuild-balances; got: check.'],
    [['verify', 'a', 'b'], {}, 'verify takes one location, got as well: b.'],
    [['find'], {}, 'Say whose changes to find: --merchant ID'],
    [['verify'], { to: '2026-11-01' }, '--to needs --from'],
    [['verify'], { from: 'yesterday' }, '--from must be a day or a time in UTC, as 2026-11-22 or 2026-11-22T09:30Z, got: yesterday.'],
    [['verify'], { from: '2026-11-02', to: '2026-11-01' }, '--to must not be before --from, got: 2026-11-01.'],
    [['verify'], { tips: '/nowhere' }, '/nowhere cannot be read'],
    [['verify'], { tips: __filename }, 'is not JSON'],
    [['rebuild-balances'], { checkpoint: __filename }, 'a checkpoint must be JSON'],
    [['rebuild-balances'], { settle: 'long' }, '--settle must be between 0 and 3600, got: long.'],
    [['verify', '/nowhere'], {}, '/nowhere is no folder. An archive is s3://BUCKET or a folder with a copy of one.'],
    [['verify', 's3://No_Bucket'], {}, 'a bucket name must be'],
    [['verify', 's3://absent-bucket'], {}, 'NoSuchBucket'],
  ])('%j %j says what is wrong', async (positionals, values, message) => {
    await expect(audit(positionals, values)).rejects.toThrow(message);
  });

  it('needs to know the tables of the deployment to rebuild', async () => {
    await expect(audit(['rebuild-balances', copy])).rejects.toThrow('set AUDIT_BUCKET and AUDIT_HEAD_TABLE, or use --run');
    delete process.env.BALANCE_TABLE;
    await expect(audit(['rebuild-balances'])).rejects.toThrow('BALANCE_TABLE must be set: name the archive, set the variables');
    process.env.BALANCE_TABLE = books.balanceTable;
  });
});
