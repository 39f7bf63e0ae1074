import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { usersFromEnvironment } from '../../../lambdas/ledger-maintenance/configuration';
import { daily, hourly, merchants, migrate, move, partitionDaysFor } from '../../../lambdas/ledger-maintenance/tasks';
import { Environment } from '../../../lambdas/runtime/configuration/environment';
import { openLedger } from '../../../lambdas/runtime/configuration/open-ledger';
import { LEDGER_MIGRATIONS } from '../../../lambdas/runtime/ledger/migrations';
import { MerchantMover } from '../../../lambdas/runtime/ledger/merchant-mover';
import { PostgresqlMerchantDirectory } from '../../../lambdas/runtime/ledger/postgresql-merchant-directory';
import { PostgresqlShard } from '../../../lambdas/runtime/ledger/postgresql-shard';
import { systemClock } from '../../../lambdas/runtime/retry/clock';
import { Facts } from '../../../lib/facts';
import { partitionDays } from '../../../lib/sizing/aurora-shards-load';
import { describeWithPostgresql } from '../runtime/ledger/postgresql-database';
import { LedgerDatabases } from '../runtime/support/ledger-databases';
import { payment } from '../runtime/support/payments';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const DAY = 86_400_000;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ledger-maintenance-'));
const bundle = path.join(folder, 'index.js');

beforeAll(() => {
  const entry = path.join(__dirname, '..', '..', '..', 'lambdas', 'ledger-maintenance', 'index.ts');
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', target: 'node20', format: 'cjs', outfile: bundle, external: ['pg-native'] });
});
afterAll(() => { fs.rmSync(folder, { recursive: true }); });

/** Runs the process that is deployed. */
async function run(
  task: string | readonly string[], variables: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string; errors: string }> {
  const child = spawn(process.execPath, [bundle, ...[task].flat()], {
    env: { PATH: process.env.PATH, ...variables }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
  const [code] = await once(child, 'close') as [number];
  return { code, output, errors };
}

describeWithPostgresql('the upkeep of the ledger', () => {
  let databases: LedgerDatabases;

  beforeAll(async () => { databases = await LedgerDatabases.start(2); });
  afterAll(() => databases.stop());

  const rows = (text: string, shard = 0) => databases.connect(shard).query({ text });

  it('ends with 1 and the reason when it cannot be done', async () => {
    const asked = (...words: string[]) => run(words, databases.variables);
    expect(await asked('yearly')).toEqual({ code: 1, output: '', errors: 'the task must be one of migrate, hourly, daily, merchants, move, got: yearly\n' });
    expect((await asked()).errors).toBe('the task must be one of migrate, hourly, daily, merchants, move, got: none\n');
    expect((await asked('move', 'm')).errors).toBe('the task must be told as: move MERCHANT SHARD, got: move m\n');
    expect((await asked('daily', 'now')).errors).toBe('the task must be told as: daily, got: daily now\n');
    const [first] = databases.variables.DATABASE_WRITERS.split(',');
    const failed = await run('hourly', { ...databases.variables, DATABASE_WRITERS: first });
    expect(failed).toMatchObject({ code: 1, errors: expect.stringContaining('shard-1: 3F000: schema "ledger" does not exist; 42P01: relation') });
  });

  it('makes schemas, partitions, directory and users of empty databases, and ends with 0', async () => {
    const done = await run('migrate', databases.variables);
    expect([done.code, done.errors]).toEqual([0, '']);
    for (const shard of [0, 1]) {
      expect(await rows('SELECT count(*)::int AS steps FROM ledger.migration', shard)).toEqual([{ steps: LEDGER_MIGRATIONS.length }]);
      expect(await rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ledger\\_%' ORDER BY rolname", shard)).toEqual([{ rolname: 'ledger_reader' }, { rolname: 'ledger_writer' }]);
    }
    expect(await rows('SELECT name, place::int FROM ledger_directory.shard ORDER BY place')).toEqual([{ name: 'shard-1', place: 1 }, { name: 'shard-2', place: 2 }]);
    expect((await run('migrate', databases.variables)).code).toBe(0);
  });

  it('adds databases that came to the list, and refuses a list that lacks some', async () => {
    const users = usersFromEnvironment(new Environment(databases.variables));
    const { shards, ...others } = await databases.maintenance();
    // A third one, which is the second again under another name.
    await migrate({ ...others, shards: [...shards, { name: 'shard-3', database: shards[1].database }] }, users);
    expect(await rows('SELECT name, place::int FROM ledger_directory.shard ORDER BY name'))
      .toEqual([{ name: 'shard-1', place: 1 }, { name: 'shard-2', place: 2 }, { name: 'shard-3', place: null }]);
    await expect(migrate({ ...others, shards: shards.slice(0, 1) }, users)).rejects.toThrow('DATABASE_WRITERS must name all 3 shards that merchants may lie in, got: 1');
    await rows("DELETE FROM ledger_directory.shard WHERE name = 'shard-3'");
  });

  it('refreshes totals and forgets what moved merchants left, each hour', async () => {
    const { ledger, postgresql, close } = openLedger(new Environment(databases.variables), {
      dynamodb: { call: () => Promise.reject(new Error('not called')) }, metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock: systemClock,
      applicationName: 'test',
    });
    await ledger.applyPayments(['a', 'b', 'c', 'd'].map((merchant) => payment(merchant, 'k', { acceptedAt: Date.now() })));
    const map = await postgresql!.places.current();
    const moved = ['a', 'b', 'c', 'd'].find((merchant) => map.shardOf(merchant) === 'shard-1')!;
    const shards = new Map([0, 1].map((index) => [`shard-${index + 1}`, new PostgresqlShard({ database: databases.connect(index) })]));
    const directory = new PostgresqlMerchantDirectory({ database: databases.connect(0) });
    await new MerchantMover({ directory, shard: (name) => shards.get(name)! }).move(moved, 'shard-2');
    const left = `SELECT count(*)::int AS count FROM ledger.entry WHERE merchant_id = '${moved}'`;
    const ports = await databases.maintenance();
    await hourly(ports);
    expect(await rows(left)).toEqual([{ count: 1 }]);
    await hourly({ ...ports, clock: { ...systemClock, now: () => Date.now() + DAY } });
    expect([await rows(left), await rows(left, 1)]).toEqual([[{ count: 0 }], [{ count: 1 }]]);
    const totals = [0, 1].map((shard) => rows('SELECT merchant_id FROM ledger.daily_total', shard));
    expect((await Promise.all(totals)).flat().map((row) => row.merchant_id).sort()).toEqual(['a', 'b', 'c', 'd']);
    await close();
  });

  it('tells who has most of what each shard had to do, and moves a merchant to another one', async () => {
    const ports = await databases.maintenance();
    const today = Math.floor(Date.now() / DAY);
    const { logger, lines } = recordedLogger();
    interface Line { message: string; shard: string; entries: number; hottest: { merchant: string }[] }
    const parsed = () => lines.map((line) => JSON.parse(line) as Line);
    const told = async () => {
      lines.length = 0;
      await merchants({ ...ports, logger }, today);
      return parsed().filter(({ message }) => message === 'merchants of a shard').sort((one, other) => one.shard.localeCompare(other.shard));
    };
    // The test before has counted as if today were over.
    await expect(merchants(ports, today + 5)).rejects
      .toThrow(/shard-1: totals of the day are not there: they are as of 20\d\d-.*; the task hourly brings them up to date/);
    const [first] = await told();
    const [{ merchant }] = first.hottest;
    expect(first).toMatchObject({ shard: 'shard-1', day: today });
    const done = await run(['move', merchant, 'shard-2'], databases.variables);
    expect([done.code, done.errors]).toEqual([0, '']);
    await hourly(ports);
    const [left, taken] = await told();
    expect(left.hottest).not.toContainEqual(expect.objectContaining({ merchant }));
    expect(left.entries).toBe(first.entries - 1);
    expect(taken.hottest).toContainEqual({ merchant, entries: 1, placed: true });
    expect(parsed().at(-1)).toMatchObject({ message: 'a move that is not over', merchant, source: 'shard-1', target: 'shard-2', phase: 'served' });
  });

  it('does not move a merchant that is there, goes on with a move that was interrupted, and refuses what cannot be', async () => {
    const ports = await databases.maintenance();
    const directory = new PostgresqlMerchantDirectory({ database: databases.connect(0) });
    const map = await directory.read();
    const merchant = ['e', 'f', 'g', 'h', 'i'].find((candidate) => map.shardOf(candidate) === 'shard-1')!;
    await move(ports, merchant, 'shard-1');
    expect(await directory.move(merchant)).toBeUndefined();
    await directory.startMove(merchant, 'shard-2');
    await move(ports, merchant, 'shard-2');
    expect(await directory.move(merchant)).toMatchObject({ phase: 'served' });
    await move(ports, merchant, 'shard-2');
    expect((await directory.read()).shardOf(merchant)).toBe('shard-2');
    const refused = await run(['move', merchant, 'shard-9'], databases.variables);
    expect([refused.code, refused.errors]).toEqual([1, `${merchant} is on its way to shard-2, or rows of it are left at shard-1\n`]);
    expect((await run(['move', 'never-seen', 'shard-9'], databases.variables)).errors).toBe('there is no shard shard-9\n');
    await hourly({ ...ports, clock: { ...systemClock, now: () => Date.now() + DAY } });
  });

  it('makes partitions of the weeks to come, and drops those whose time is over, each day', async () => {
    const now = Date.now() + 60 * DAY;
    const ports = await databases.maintenance();
    const partitions = async () => (await rows('SELECT starts_at, ends_at FROM ledger.entry_partition ORDER BY starts_at'))
      .map((row) => [Number(row.starts_at), Number(row.ends_at)]);
    const [[first]] = await partitions();
    await daily({ ...ports, clock: { ...systemClock, now: () => now } }, 30);
    const after = await partitions();
    expect(after[0][0]).toBeGreaterThan(first);
    expect(after.every(([, end]) => end > now - 30 * DAY)).toBe(true);
    expect(after.at(-1)![1]).toBeGreaterThanOrEqual(now + 35 * DAY);
    expect(await rows('SELECT count(*)::int AS count FROM ledger.entry')).toEqual([{ count: 0 }]);
    expect(await rows('SELECT count(*)::int AS count FROM ledger.entry_key')).toEqual([{ count: 0 }]);
  });

  it('keeps what is not in the audit archive, however old it is, and forgets nothing that moved meanwhile', async () => {
    const { shards, ...others } = await databases.maintenance();
    const old = Date.now() + 300 * DAY;
    const now = old + 60 * DAY;
    const [database] = shards.map((shard) => shard.database);
    await database.query({ text: 'SELECT ledger.create_partitions($1, $2, $3)', values: [old, old + 2 * DAY, DAY] });
    const kept = async () => Number((await rows(`SELECT count(*) AS count FROM ledger.entry_partition WHERE starts_at BETWEEN ${old - DAY} AND ${old + DAY}`))[0].count);
    const before = await kept();
    const ports = { ...others, shards: [shards[0]], clock: { ...systemClock, now: () => now } };
    await daily({ ...ports, unarchivedSince: async () => old - DAY }, 30);
    expect(await kept()).toBe(before);
    await expect(hourly({ ...ports, shards, unarchivedSince: async ({ name }) => (name === 'shard-2' ? now - DAY : undefined) })).rejects.toThrow('entries are not archived');
    await hourly({ ...ports, shards, unarchivedSince: async () => now - 1_000 });
    await daily({ ...ports, unarchivedSince: async () => undefined }, 30);
    expect(await kept()).toBe(0);
  });

  it('makes a partition a day where entries are kept for days, after those of weeks that are there', async () => {
    const { schema, shards, ...others } = await databases.maintenance();
    const now = Date.now() + 200 * DAY;
    const ports = { ...others, schema, shards: [shards[1]], clock: { ...systemClock, now: () => now } };
    await shards[1].database.query({ text: 'SELECT ledger.create_partitions($1, $2, $3)', values: [now, now + DAY, 7 * DAY] });
    const partitions = async () => (await rows(`SELECT starts_at, ends_at FROM ledger.entry_partition WHERE ends_at > ${now} ORDER BY starts_at`, 1))
      .map((row) => [Number(row.starts_at), Number(row.ends_at)]);
    const [week] = await partitions();
    await daily(ports, 7);
    const [first, ...after] = await partitions();
    expect(first).toEqual(week);
    expect(new Set(after.map(([start, end]) => end - start))).toEqual(new Set([DAY]));
    // One ends where the next one begins.
    expect(after.map(([start]) => start)).toEqual([first, ...after].slice(0, -1).map(([, end]) => end));
    expect(after.at(-1)![1]).toBeGreaterThanOrEqual(now + 35 * DAY);
    await daily({ ...ports, clock: { ...systemClock, now: () => now + 300 * DAY } }, 3_660);
    expect((await partitions()).map(([start, end]) => (end - start) / DAY).slice(-4)).toEqual([7, 7, 7, 7]);
  });

  it('goes on with other databases when one does not answer, and says which', async () => {
    const ports = await databases.maintenance();
    await rows('DELETE FROM ledger.daily_total', 1);
    await rows('UPDATE ledger.daily_refresh SET as_of = 0', 1);
    const dead = { query: () => Promise.reject(new Error('no such host')), withSession: () => Promise.reject(new Error('no such host')) };
    await expect(hourly({ ...ports, shards: [{ name: 'shard-1', database: dead }, ports.shards[1]] })).rejects.toThrow('shard-1: no such host');
    expect(await rows('SELECT as_of > 0 AS refreshed FROM ledger.daily_refresh', 1)).toEqual([{ refreshed: true }]);
  });
});

describe('partitions of the journal', () => {
  it('are as wide as the sizing counts with', () => {
    for (let days = 1; days <= 3_660; days++) {
      expect(partitionDaysFor(days)).toBe(partitionDays(days, Facts.DEFAULT));
    }
  });
});

describe('the owners of the databases', () => {
  it('are in secrets, one for each, and nothing is told of one that is of no use', async () => {
    const asked: string[] = [];
    const texts: Record<string, string> = { good: '{"username":"owner","password":"secret-1"}', bad: '{"username":"owner","word":"secret-2"}' };
    const secrets = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { SecretId: id } = JSON.parse(Buffer.concat(chunks).toString()) as { SecretId: string };
        asked.push(id);
        response.end(JSON.stringify({ SecretString: texts[id] }));
      });
    });
    await new Promise<void>((resolve) => { secrets.listen(0, '127.0.0.1', resolve); });
    const variables = {
      DATABASE_WRITERS: '127.0.0.1:1', DATABASE_NAME: 'ledger', DATABASE_READER_USER: 'r', DATABASE_WRITER_USER: 'w', AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(secrets.address() as AddressInfo).port}`,
    };
    const good = await run('hourly', { ...variables, DATABASE_OWNER_SECRETS: 'good' });
    expect([good.code, good.errors]).toEqual([1, expect.stringContaining('ECONNREFUSED 127.0.0.1:1')]);
    const bad = await run('hourly', { ...variables, DATABASE_OWNER_SECRETS: 'bad' });
    expect([bad.code, bad.errors]).toEqual([1, expect.stringContaining('the secret bad of DATABASE_OWNER_SECRETS must be JSON with username and password')]);
    expect(bad.errors + bad.output + good.errors + good.output).not.toContain('secret-');
    expect(asked).toEqual(['good', 'bad']);
    secrets.closeAllConnections();
    secrets.close();
  });
});
