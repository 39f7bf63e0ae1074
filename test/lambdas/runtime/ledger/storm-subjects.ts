import type { Item } from '../../../../lambdas/runtime/aws/dynamodb';
import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import { DynamoDbLedger } from '../../../../lambdas/runtime/ledger/dynamodb-ledger';
import { ledgerEntry } from '../../../../lambdas/runtime/ledger/ledger-row';
import { PostgresqlConnections } from '../../../../lambdas/runtime/ledger/postgresql-connections';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { ShardDirectory } from '../../../../lambdas/runtime/sharding/shard-directory';
import type { Dynoxide } from '../../../support/dynoxide';
import { CuttingProxy, type RequestFate } from './cutting-proxy';
import type { StoredRow, StormSubject, Writer } from './ledger-storm';
import type { PostgresqlDatabase } from './postgresql-database';

/** Of so many calls one has its answer lost, and one its connection cut. Counted, so that small storms have their share too. */
const CALLS_A_LOSS = 25;
const CALLS_A_CUT = 45;

/** What befalls the calls of a storm, one after another. */
function fates(): () => RequestFate {
  let calls = 0;
  return () => {
    calls++;
    return calls % CALLS_A_LOSS === 0 ? 'lose' : calls % CALLS_A_CUT === 0 ? 'cut' : 'pass';
  };
}

/** A promise that is never kept, as the answer to who is dead. */
const never = new Promise<never>(() => undefined);

/** Writers of a PostgreSQL, each with connections of its own through a network that fails. */
export class PostgresqlStorm implements StormSubject {
  public readonly disturb?: () => Promise<void>;
  private readonly proxies: CuttingProxy[] = [];
  private readonly fate = fates();

  /** @param restarts whether the server is killed in the middle, and started again */
  public constructor(private readonly database: PostgresqlDatabase, restarts: boolean) {
    this.disturb = restarts ? async () => {
      await database.engine.kill();
      await database.engine.run();
    } : undefined;
  }

  public async open(): Promise<Writer> {
    const proxy = await CuttingProxy.start(this.database.engine.port, this.fate);
    this.proxies.push(proxy);
    const { user, database } = this.database.engine;
    const connections = new PostgresqlConnections({
      host: '127.0.0.1', port: proxy.port, user, database, password: async () => '', tls: 'off', poolSize: 2,
    });
    let dead = false;
    return {
      ledger: new PostgresqlLedger({ database: { query: (statement) => (dead ? never : connections.query(statement)) }, balanceSlots: 4 }),
      busy: () => proxy.underWay > 0,
      kill: async () => {
        dead = true;
        await proxy.stop();
        await connections.close();
      },
    };
  }

  public faults(): { lost: number; cut: number } {
    return { lost: this.proxies.reduce((sum, { lost }) => sum + lost, 0), cut: this.proxies.reduce((sum, { cut }) => sum + cut, 0) };
  }

  public async rows(): Promise<StoredRow[]> {
    const rows = await this.database.connections.query({
      text: `SELECT merchant_id, idempotency_key, type, amount, rejection, remaining
        FROM ledger.entry FULL JOIN ledger.entry_key ON entry.key = entry_key.key AND entry.settled_at = entry_key.settled_at`,
    });
    return rows.map((row) => ({
      merchantId: String(row.merchant_id), idempotencyKey: String(row.idempotency_key), type: String(row.type), amount: BigInt(String(row.amount)),
      rejected: row.rejection !== null, ...(row.remaining === null ? undefined : { remaining: BigInt(String(row.remaining)) }),
    }));
  }

  /** Balances that were kept as the payments came, by merchant. */
  public async balances(): Promise<Map<string, bigint>> {
    const rows = await this.database.connections.query({ text: 'SELECT merchant_id, available FROM ledger.balance' });
    return new Map(rows.map(({ merchant_id: merchantId, available }) => [String(merchantId), BigInt(String(available))]));
  }
}

/** Writers of DynamoDB, each behind a network that fails. */
export class DynamoDbStorm implements StormSubject {
  private lost = 0;
  private cut = 0;
  private readonly fate = fates();

  public constructor(private readonly engine: Dynoxide, private readonly tables: readonly string[]) {}

  public async open(): Promise<Writer> {
    let dead = false;
    let underWay = 0;
    const dynamodb: AwsCaller = {
      call: async <Output>(operation: string, input: object): Promise<Output> => {
        if (dead) {
          return never;
        }
        const fate = this.fate();
        underWay++;
        const answer = this.engine.client.call<Output>(operation, input).finally(() => { underWay--; });
        if (fate === 'cut') {
          this.cut++;
          // It is on its way, and nobody waits for it.
          answer.catch(() => undefined);
          throw new AwsConnectionError('connection cut');
        }
        const output = await answer;
        if (fate === 'lose') {
          this.lost++;
          throw new AwsConnectionError('answer lost');
        }
        return dead ? never : output;
      },
    };
    return {
      ledger: new DynamoDbLedger({ dynamodb, tables: this.tables, directory: new ShardDirectory(3) }),
      busy: () => underWay > 0,
      kill: async () => { dead = true; },
    };
  }

  public faults(): { lost: number; cut: number } {
    return { lost: this.lost, cut: this.cut };
  }

  public async rows(): Promise<StoredRow[]> {
    const rows: StoredRow[] = [];
    for (const TableName of this.tables) {
      let ExclusiveStartKey: Item | undefined;
      do {
        const page = await this.engine.client.call<{ Items: Item[]; LastEvaluatedKey?: Item }>('Scan', { TableName, ConsistentRead: true, ExclusiveStartKey });
        for (const item of page.Items) {
          const { merchantId, idempotencyKey, type, amount, status } = ledgerEntry(item);
          rows.push({
            merchantId, idempotencyKey, type, amount: BigInt(amount), rejected: status === 'rejected',
            ...(item.refundable === undefined ? undefined : { remaining: BigInt(item.refundable.N as string) }),
          });
        }
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
    }
    return rows;
  }
}
