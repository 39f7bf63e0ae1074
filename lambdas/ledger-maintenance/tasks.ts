import { forEachConcurrently } from '../runtime/aws/concurrency';
import { MerchantMover } from '../runtime/ledger/merchant-mover';
import type { PostgresqlSessions } from '../runtime/ledger/postgresql-connections';
import { isRetryablePostgresqlError } from '../runtime/ledger/postgresql-errors';
import { buildSteppedIndexes } from '../runtime/ledger/postgresql-index-builds';
import { migrateMerchantDirectory, MoveRefusedError, PostgresqlMerchantDirectory } from '../runtime/ledger/postgresql-merchant-directory';
import { migratePostgresqlLedger } from '../runtime/ledger/postgresql-migrations';
import { createPostgresqlPartitions } from '../runtime/ledger/postgresql-partitions';
import { dailyTotals, refreshDailyTotals } from '../runtime/ledger/postgresql-read-models';
import { dropPostgresqlPartitions } from '../runtime/ledger/postgresql-retention';
import { PostgresqlShard } from '../runtime/ledger/postgresql-shard';
import { grantPostgresqlUsers } from '../runtime/ledger/postgresql-users';
import type { Logger } from '../runtime/observability/logger';
import type { Clock } from '../runtime/retry/clock';
import { RetryPolicy } from '../runtime/retry/retry';

/** A database of the ledger, as its owner. */
export interface OwnedShard {
  readonly name: string;
  readonly database: PostgresqlSessions;
}

export interface MaintenancePorts {
  /** At least one; the directory of merchants lies in the first. */
  readonly shards: readonly OwnedShard[];
  /** Schema of the ledger. */
  readonly schema: string;
  /** When the first entry of a shard was settled that is not in the audit archive; undefined when all are. @default - there is no archive */
  readonly unarchivedSince?: (shard: OwnedShard) => Promise<number | undefined>;
  /** Whether workers log in by IAM of AWS. */
  readonly workersUseIam: boolean;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The database users of workers, and of who reads. */
export interface LedgerUsers {
  readonly writer: string;
  readonly reader: string;
}

/** Shards that are worked on at once. */
const SHARDS_AT_ONCE = 8;

/** Entries are in the archive within minutes; what moved merchants leave behind is older than this. */
const ARCHIVE_MILLISECONDS = 3_600_000;

/** A call may take minutes, so it is not tried often. */
const ATTEMPTS = 4;

const DIRECTORY_SCHEMA = 'ledger_directory';

const DAY_MILLISECONDS = 86_400_000;

/** Of each shard, as a report has them: with those of a typical workload it is plain who is in the way. */
const HOTTEST_MERCHANTS = 20;

/** Prepares the databases for this version of the code: may run while versions before it do, at any time, and several at once. */
export async function migrate(ports: MaintenancePorts, users: LedgerUsers): Promise<void> {
  const { logger, schema, shards, workersUseIam } = ports;
  const granted = { ...users, schema, iam: workersUseIam, clock: ports.clock };
  await everyShard(ports, async ({ database, name }) => {
    const { indexes, steps } = await takeSteps(ports, database).catch(async (error: unknown) => {
      // A step before the one that failed may have made anew what workers call. Of two errors the first tells more.
      await grantPostgresqlUsers(database, granted).catch(() => undefined);
      throw error;
    });
    // A step takes from everyone what workers call: those of this database do not wait for any other.
    await grantPostgresqlUsers(database, granted);
    const partitions = await createPostgresqlPartitions(database, { schema, from: ports.clock.now(), partitionDays: 1 });
    logger.info('migrated', { shard: name, steps, indexes, partitions });
  });
  // Last: from then on merchants may lie in all of them.
  await everyShard({ ...ports, shards: [shards[0]] }, async ({ database }) => {
    await nameShards(database, shards.map(({ name }) => name));
    await grantPostgresqlUsers(database, { ...granted, directorySchema: DIRECTORY_SCHEMA });
  });
}

async function takeSteps({ clock, schema }: MaintenancePorts, database: PostgresqlSessions) {
  // Nobody waits for these; for what a step builds itself writers would.
  const indexes = await buildSteppedIndexes(database, schema, clock);
  return { indexes, steps: await migratePostgresqlLedger(database, { schema, clock }) };
}

/** Brings totals of days up to date, and forgets what moved merchants left behind; either one when the other fails. */
export async function hourly(ports: MaintenancePorts): Promise<void> {
  const done = await Promise.allSettled([refreshTotals(ports), forgetMoved(ports)]);
  throwAll(done.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])));
}

async function refreshTotals(ports: MaintenancePorts): Promise<void> {
  const { clock, logger, schema } = ports;
  await everyShard(ports, async ({ database, name }) => {
    logger.info('totals of days', { shard: name, changed: await refreshDailyTotals(database, { schema, now: clock.now() }) });
  });
}

async function forgetMoved(ports: MaintenancePorts): Promise<void> {
  const { clock, logger, shards } = ports;
  const missing = await Promise.all(shards.map((shard) => ports.unarchivedSince?.(shard)));
  if (missing.some((since) => since !== undefined && since < clock.now() - ARCHIVE_MILLISECONDS)) {
    throw new Error('entries are not archived: nothing that moved merchants left behind is forgotten');
  }
  logger.info('moved merchants', { forgotten: (await moverOf(ports).clean()).length });
}

/**
 * Moves a merchant to another shard while it is paid. Goes on with a move that was interrupted, and does nothing where the merchant lies there
 * already: it may run again.
 *
 * @throws MoveRefusedError where there is no such shard, or the merchant is on its way to another one
 */
export async function move(ports: MaintenancePorts, merchantId: string, target: string): Promise<void> {
  const { logger } = ports;
  const directory = directoryOf(ports);
  const known = await directory.move(merchantId);
  const isOver = (known === undefined || known.phase === 'served') && (await directory.read()).shardOf(merchantId) === target;
  if (!isOver) {
    logger.info('a merchant moves', { merchant: merchantId, target });
    await (known?.target === target ? moverOf(ports).resume(merchantId) : moverOf(ports).move(merchantId, target));
  }
  logger.info('a merchant lies where it was to be', { merchant: merchantId, shard: target });
}

/**
 * Tells of each shard what it had to do on a day, and whose payments that were: which merchants are to be moved where. The sizes are of the totals of
 * days, so of what `hourly` has seen.
 *
 * @param day since 1970, by UTC; the last one that is over, where nothing else is said
 * @throws Error for each shard whose totals are not yet of the whole day
 */
export async function merchants(ports: MaintenancePorts, day = Math.floor(ports.clock.now() / DAY_MILLISECONDS) - 1): Promise<void> {
  const { logger, schema } = ports;
  const directory = directoryOf(ports);
  const map = await directory.read();
  await everyShard(ports, async ({ database, name }) => {
    const { asOf, rows } = await dailyTotals(database, schema, name, day, day + 1);
    if (asOf < (day + 1) * DAY_MILLISECONDS) {
      // A shard that nothing is known of would look like the one with most room.
      throw new Error(`totals of the day are not there: they are as of ${new Date(asOf).toISOString()}; the task hourly brings them up to date`);
    }
    const entries = new Map<string, number>();
    // What merchants left behind that have moved away is not what this shard has to do, nor what is being copied to it.
    for (const { count, merchantId } of rows.filter((row) => map.shardOf(row.merchantId) === name)) {
      entries.set(merchantId, (entries.get(merchantId) ?? 0) + Number(count));
    }
    const hottest = [...entries].sort(([, one], [, other]) => other - one).slice(0, HOTTEST_MERCHANTS)
      .map(([merchant, count]) => ({ merchant, entries: count, placed: map.placements.has(merchant) }));
    logger.info('merchants of a shard', { shard: name, day, entries: [...entries.values()].reduce((sum, count) => sum + count, 0), hottest });
  });
  for (const { merchantId, phase, source, target } of await directory.moves()) {
    logger.info('a move that is not over', { merchant: merchantId, source, target, phase });
  }
}

function directoryOf(ports: MaintenancePorts): PostgresqlMerchantDirectory {
  return new PostgresqlMerchantDirectory({ database: ports.shards[0].database, schema: DIRECTORY_SCHEMA, retry: retryOf(ports) });
}

function moverOf(ports: MaintenancePorts): MerchantMover {
  return new MerchantMover({
    directory: directoryOf(ports),
    shard: (name) => new PostgresqlShard({ database: shardOf(ports, name).database, schema: ports.schema }),
    retry: retryOf(ports),
  });
}

/** Makes the partitions of the next weeks, and drops those whose time is over and that are archived. @param keepDays for how long entries are kept */
export async function daily(ports: MaintenancePorts, keepDays: number): Promise<void> {
  const { clock, logger, schema } = ports;
  await everyShard(ports, async (shard) => {
    const { database, name } = shard;
    const made = await createPostgresqlPartitions(database, { schema, from: clock.now(), partitionDays: partitionDaysFor(keepDays) });
    logger.info('partitions', { shard: name, made });
    const keepFrom = await ports.unarchivedSince?.(shard);
    const { dropped, held, moving } = await dropPostgresqlPartitions(database, { schema, keepDays, keepFrom, now: clock.now() });
    logger.info('partitions whose time is over', { shard: name, dropped, held, moving: moving.length });
  });
}

/**
 * Entries stay until the last one of their partition may go: about a hundredth longer than they are kept, and a week at most. The sizing has the
 * same rule.
 */
export function partitionDaysFor(keepDays: number): number {
  return Math.min(Math.ceil(keepDays / 100), 7);
}

/** The directory's shards are named once; those that come later are added, and get merchants by moves. */
async function nameShards(database: PostgresqlSessions, names: readonly string[]): Promise<void> {
  try {
    await migrateMerchantDirectory(database, names, DIRECTORY_SCHEMA);
    return;
  } catch (error) {
    if (!(error instanceof MoveRefusedError)) {
      throw error;
    }
  }
  const directory = new PostgresqlMerchantDirectory({ database, schema: DIRECTORY_SCHEMA });
  const { shards: known } = await directory.read();
  const missing = known.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw new Error(`DATABASE_WRITERS must name all ${known.length} shards that merchants may lie in, got: ${names.length}`);
  }
  for (const name of names.filter((candidate) => !known.includes(candidate))) {
    await directory.addShard(name);
  }
}

function shardOf({ shards }: MaintenancePorts, name: string): OwnedShard {
  const shard = shards.find((candidate) => candidate.name === name);
  if (shard === undefined) {
    throw new Error(`DATABASE_WRITERS names no ${name}, in which the directory says that merchants lie`);
  }
  return shard;
}

/** Works on all shards, those after one that fails included; everything may be repeated. @throws Error that tells of those that failed */
async function everyShard(ports: MaintenancePorts, work: (shard: OwnedShard) => Promise<void>): Promise<void> {
  const retry = retryOf(ports);
  const failures: unknown[] = [];
  await forEachConcurrently(ports.shards, SHARDS_AT_ONCE, async (shard) => {
    try {
      await retry.run(() => work(shard), { isRetryable: isRetryablePostgresqlError });
    } catch (error) {
      failures.push(new Error(`${shard.name}: ${textOf(error)}`, { cause: error }));
    }
  });
  throwAll(failures);
}

function throwAll(failures: readonly unknown[]): void {
  if (failures.length > 0) {
    throw new AggregateError(failures, failures.map(textOf).join('; '));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function retryOf({ clock }: MaintenancePorts): RetryPolicy {
  return new RetryPolicy({ clock, maximumAttempts: ATTEMPTS });
}
