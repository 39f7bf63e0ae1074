import type { DynamoDBRecord } from 'aws-lambda';
import { isDeepStrictEqual } from 'node:util';
import { createAuditArchiverHandler } from '../../../../lambdas/audit-archiver/handler';
import { createBalanceProjectorHandler } from '../../../../lambdas/balance-projector/handler';
import { ArchiveHeadTable } from '../../../../lambdas/runtime/archive/archive-heads';
import { type Rebuild, rebuildBalances, type RebuildOptions } from '../../../../lambdas/runtime/archive/rebuild';
import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import type { ObjectStore } from '../../../../lambdas/runtime/aws/object-store';
import { BalanceTable } from '../../../../lambdas/runtime/balance/balance-table';
import { DynamoDbLedger } from '../../../../lambdas/runtime/ledger/dynamodb-ledger';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ShardDirectory } from '../../../../lambdas/runtime/sharding/shard-directory';
import { stableHash } from '../../../../lambdas/runtime/sharding/stable-hash';
import type { Dynoxide } from '../../../support/dynoxide';
import { ManualClock } from '../support/manual-clock';
import { hold, holdEnd, payment, refund } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';

export const DAY = 86_400_000;
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const SHARDS = ['shardId-00000001700000000000-aaaaaaaa', 'shardId-00000001700000000001-bbbbbbbb'];

const READERS = ['projector', 'archiver'] as const;
type Reader = (typeof READERS)[number];

let opened = 0;

/** A ledger with its projector and its archiver, on a real table engine. Time and the table streams are the test's own. */
export class Books<Objects extends ObjectStore> {
  public readonly clock = new ManualClock(Date.UTC(2026, 10, 1, 12));
  public readonly ledgerTables = [`ledger-${opened}-0`, `ledger-${opened}-1`];
  public readonly balanceTable = `balances-${opened}`;
  public readonly headTable = `heads-${opened}`;
  public readonly ledger: DynamoDbLedger;
  public readonly balances: BalanceTable;
  public readonly heads: ArchiveHeadTable;
  private readonly retry = new RetryPolicy({ clock: this.clock });
  private readonly project;
  private readonly archive;
  /** Rows as the streams told of them last, by table and key. */
  private readonly seen = new Map<string, Item>();
  private sequence = 1_000_000n;
  private waiting: { readonly reader: Reader; readonly shard: string; readonly records: DynamoDBRecord[] }[] = [];
  private paid = 0;

  public static async open<Objects extends ObjectStore>(engine: Dynoxide, objects: Objects, timeToLiveDays = 3): Promise<Books<Objects>> {
    opened++;
    const books = new Books(engine, objects, timeToLiveDays);
    await engine.createTables(...books.ledgerTables, books.balanceTable, books.headTable);
    return books;
  }

  private constructor(private readonly engine: Dynoxide, public readonly objects: Objects, timeToLiveDays: number) {
    const { client: dynamodb } = engine;
    const common = { metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock: this.clock, retry: this.retry };
    this.ledger = new DynamoDbLedger({
      dynamodb, tables: this.ledgerTables, directory: new ShardDirectory(2), timeToLiveSeconds: timeToLiveDays * DAY / 1_000, retry: this.retry,
    });
    this.balances = new BalanceTable({ dynamodb, table: this.balanceTable, retry: this.retry });
    this.heads = new ArchiveHeadTable({ dynamodb, table: this.headTable, retry: this.retry });
    this.project = createBalanceProjectorHandler({ ...common, balances: this.balances });
    this.archive = createAuditArchiverHandler({ ...common, objects: this.objects, heads: this.heads });
  }

  /** Payments of a day, one of them refunded twice: once in part, once for too much. Twelve rows and a change, and two rows. */
  public async trade(day: number): Promise<void> {
    const acceptedAt = this.clock.now();
    await this.ledger.applyPayments(Array.from({ length: 12 }, (_, index) => payment(`shop-${index % 3}`, `d${day}-${index}`, {
      amount: 100 + index, currency: index % 4 === 0 ? 'USD' : 'EUR', acceptedAt,
    })));
    await this.settle();
    const refundOf = (key: string, amount: number) => this.ledger.applyRefund(refund('shop-1', key, `d${day}-1`, { currency: 'EUR', acceptedAt, amount }));
    expect(await refundOf(`d${day}-r1`, 40)).toMatchObject({ kind: 'applied' });
    expect(await refundOf(`d${day}-r2`, 90)).toMatchObject({ kind: 'rejected' });
    await this.settle();
  }

  /** Two holds of a day, one of them ended in two parts, a part of the other released, and a release of too much. Seven rows. */
  public async setAside(day: number): Promise<void> {
    const acceptedAt = this.clock.now();
    await this.ledger.applyHolds(['h1', 'h2'].map((key) => hold('shop-1', `d${day}-${key}`, { amount: 60, acceptedAt, reason: 'payout' })));
    await this.settle();
    const end = async (key: string, holdOf: string, type: 'release' | 'settle', amount: number) => {
      const outcome = await this.ledger.applyHoldEnd(holdEnd('shop-1', `d${day}-${key}`, `d${day}-${holdOf}`, { type, amount, acceptedAt }));
      await this.settle();
      return outcome.kind;
    };
    expect(await end('e1', 'h1', 'release', 20)).toBe('applied');
    expect(await end('e2', 'h1', 'settle', 40)).toBe('applied');
    expect(await end('e3', 'h2', 'release', 10)).toBe('applied');
    expect(await end('e4', 'h2', 'release', 51)).toBe('rejected');
  }

  /** Payments of now, under keys of their own. */
  public async pay(count: number): Promise<void> {
    await this.ledger.applyPayments(Array.from({ length: count }, () => payment(`shop-${this.paid % 3}`, `late-${this.paid++}`, {
      amount: 7, currency: 'EUR', acceptedAt: this.clock.now(),
    })));
  }

  /** Delivers to readers what changed since they were there last, with other borders and some of it twice. */
  public async settle(readers: readonly Reader[] = READERS): Promise<void> {
    for (const [shard, records] of await this.changes()) {
      READERS.forEach((reader) => this.waiting.push({ reader, shard, records }));
    }
    const delivered = this.waiting.filter(({ reader }) => readers.includes(reader));
    this.waiting = this.waiting.filter(({ reader }) => !readers.includes(reader));
    for (const { reader, shard: event, records } of delivered) {
      const { stream, shardId } = JSON.parse(event) as { stream: string; shardId: string };
      const deliver = (handler: typeof this.project | typeof this.archive, some: DynamoDBRecord[]) =>
        handler({ Records: some, shardId, eventSourceARN: stream }, CONTEXT)
          .then((answer) => expect(answer).toEqual({ batchItemFailures: [], state: {} }));
      const [inserts, changes] = [records.filter(({ eventName }) => eventName === 'INSERT'), records.filter(({ eventName }) => eventName !== 'REMOVE')];
      if (reader === 'projector') {
        await deliver(this.project, inserts.slice(0, 3));
        await deliver(this.project, inserts.slice(1));
      } else {
        await deliver(this.archive, changes.slice(0, 2));
        await deliver(this.archive, changes);
      }
    }
  }

  public rebuild(options: RebuildOptions = {}, dynamodb: AwsCaller = this.engine.client): Promise<Rebuild> {
    const { objects, heads, ledgerTables, balanceTable, retry } = this;
    const system = { objects, heads, ledgerTables, balanceTable, retry, dynamodb };
    return rebuildBalances(system, { clock: this.clock, ...options });
  }

  /** What DynamoDB does with rows whose time is over. The mappings let none of that through. */
  public async expire(): Promise<number> {
    let expired = 0;
    for (const table of this.ledgerTables) {
      for (const item of await this.scan(table)) {
        if (item.expiresAt !== undefined && Number(item.expiresAt.N) * 1_000 <= this.clock.now()) {
          await this.engine.client.call('DeleteItem', { TableName: table, Key: { pk: item.pk, sk: item.sk } });
          expired++;
        }
      }
    }
    return expired;
  }

  public async scan(table: string): Promise<readonly Item[]> {
    return (await this.engine.client.call<{ Items: Item[] }>('Scan', { TableName: table })).Items;
  }

  /** Records since the last time, by stream and shard. */
  private async changes(): Promise<Map<string, DynamoDBRecord[]>> {
    const byShard = new Map<string, DynamoDBRecord[]>();
    for (const table of this.ledgerTables) {
      const stream = `arn:aws:dynamodb:eu-west-1:111122223333:table/${table}/stream/1`;
      for (const item of await this.scan(table)) {
        const key = JSON.stringify([table, item.pk.S, item.sk.S]);
        const before = this.seen.get(key);
        if (before !== undefined && isDeepStrictEqual(before, item)) {
          continue;
        }
        this.seen.set(key, item);
        const shardId = SHARDS[stableHash(`shard of ${item.pk.S}`) % SHARDS.length];
        const shard = JSON.stringify({ stream, shardId });
        byShard.set(shard, [...(byShard.get(shard) ?? []), {
          eventName: before === undefined ? 'INSERT' : 'MODIFY',
          dynamodb: {
            SequenceNumber: String(++this.sequence), ApproximateCreationDateTime: Math.floor(this.clock.now() / 1_000),
            NewImage: item, ...(before && { OldImage: before }),
          },
        } as DynamoDBRecord]);
      }
    }
    return byShard;
  }
}
