import { RetryPolicy } from '../retry/retry';
import { DIRECTORY_MIGRATIONS } from './migrations/directory';
import { MerchantMap, type MerchantMapSource } from './merchant-map';
import type { PostgresqlCaller, PostgresqlRow, PostgresqlSessions } from './postgresql-connections';
import { isRetryablePostgresqlError } from './postgresql-errors';
import { migratePostgresqlLedger } from './postgresql-migrations';
import { quotedSchema } from './postgresql-row';

/** Thrown for a move that must not begin: nothing has changed. */
export class MoveRefusedError extends Error {
  readonly name = 'MoveRefusedError';
}

/** How far a move is: rows are copied; the directory names the target; the target serves, and rows are left at the source. */
export type MovePhase = 'copying' | 'switched' | 'served';

/** The move of a merchant, as the directory knows it. */
export interface MerchantMove {
  readonly merchantId: string;
  /** Of one directory no two are the same, and later moves have greater ones. */
  readonly move: number;
  readonly source: string;
  readonly target: string;
  readonly phase: MovePhase;
  /** When the directory was switched, in milliseconds since 1970; absent before that. */
  readonly switchedAt?: number;
}

export interface PostgresqlMerchantDirectoryOptions {
  readonly database: PostgresqlCaller;
  /** Schema that `migrateMerchantDirectory` made. @default ledger_directory */
  readonly schema?: string;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const SCHEMA = 'ledger_directory';

/**
 * Makes the schema of a directory, and names the shards that merchants are spread over by hash. Those never change: a merchant's place would. Shards
 * that come later are added with `addShard` and get merchants by moves.
 *
 * @throws MoveRefusedError when other shards were named before; otherwise as `migratePostgresqlLedger`
 */
export async function migrateMerchantDirectory(database: PostgresqlSessions, shards: readonly string[], schema = SCHEMA): Promise<void> {
  await migratePostgresqlLedger(database, { schema, migrations: DIRECTORY_MIGRATIONS });
  const [{ same }] = await database.query({ text: `SELECT ${quotedSchema(schema)}.spread_over($1) AS same`, values: [shards] });
  if (same !== true) {
    throw new MoveRefusedError('merchants are spread over other shards already: add shards with `addShard`, and move merchants there');
  }
}

/** Which shard a merchant lies in, and which moves are under way, in a PostgreSQL of its own or in that of a shard. */
export class PostgresqlMerchantDirectory implements MerchantMapSource {
  private readonly schema: string;
  private readonly retry: RetryPolicy;

  public constructor(private readonly options: PostgresqlMerchantDirectoryOptions) {
    this.schema = quotedSchema(options.schema ?? SCHEMA);
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async read(): Promise<MerchantMap> {
    const [row] = await this.query(`SELECT version,
      (SELECT json_agg(name ORDER BY place) FROM ${this.schema}.shard WHERE place IS NOT NULL) AS spread,
      (SELECT json_agg(name ORDER BY name) FROM ${this.schema}.shard WHERE place IS NULL) AS others,
      (SELECT json_agg(json_build_array(merchant_id, shard)) FROM ${this.schema}.placement) AS placed,
      (SELECT json_agg(json_build_array(merchant_id, CASE phase WHEN 'copying' THEN target ELSE source END))
        FROM ${this.schema}.merchant_move) AS elsewhere
      FROM ${this.schema}.head`);
    const pairs = (value: unknown): Map<string, string> => new Map((value ?? []) as [string, string][]);
    const names = (value: unknown): string[] => (value ?? []) as string[];
    return new MerchantMap(Number(row.version), names(row.spread), pairs(row.placed), pairs(row.elsewhere), names(row.others));
  }

  /** Adds a shard that merchants can be moved to. It may be there already. */
  public async addShard(name: string): Promise<void> {
    await this.query(`SELECT ${this.schema}.add_shard($1)`, [name]);
  }

  /** The move of a merchant that is not over; undefined when there is none. @throws when the database does not answer */
  public async move(merchantId: string): Promise<MerchantMove | undefined> {
    const [row] = await this.query(`SELECT * FROM ${this.schema}.merchant_move WHERE merchant_id = $1`, [merchantId]);
    return row && moveOf(row);
  }

  /** All moves that are not over, oldest first. @throws when the database does not answer */
  public async moves(): Promise<MerchantMove[]> {
    return (await this.query(`SELECT * FROM ${this.schema}.merchant_move ORDER BY move`)).map(moveOf);
  }

  /**
   * Begins the move of a merchant. @throws MoveRefusedError when it is on its way already, rests there, or there is no such shard; what the database
   * throws
   */
  public async startMove(merchantId: string, target: string): Promise<MerchantMove> {
    for (;;) {
      const map = await this.read();
      const known = await this.move(merchantId);
      if (known !== undefined) {
        // The answer to an earlier call may have been lost.
        if (known.target === target && known.phase === 'copying') {
          return known;
        }
        throw new MoveRefusedError(`${merchantId} is on its way to ${known.target}, or rows of it are left at ${known.source}`);
      }
      const source = map.shardOf(merchantId);
      if (source === target || !map.shards.includes(target)) {
        throw new MoveRefusedError(source === target ? `${merchantId} lies in ${target} already` : `there is no shard ${target}`);
      }
      const [{ number }] = await this.query(`SELECT ${this.schema}.start_move($1, $2, $3, $4) AS number`, [merchantId, source, target, map.version]);
      if (number !== null) {
        return { merchantId, move: Number(number), source, target, phase: 'copying' };
      }
      // Somebody else has changed the directory: the move is tried on the new one.
    }
  }

  /** Takes a move to its next phase, `over` being the last; nothing happens when it is further. @param now in milliseconds since 1970 */
  public async advance({ merchantId, move }: MerchantMove, phase: 'switched' | 'served' | 'over', now: number): Promise<void> {
    await this.query(`SELECT ${this.schema}.advance_move($1, $2, $3, $4)`, [merchantId, move, phase, now]);
  }

  /** May run more than once: all that is asked here may. */
  private query(text: string, values: readonly unknown[] = []): Promise<PostgresqlRow[]> {
    return this.retry.run(() => this.options.database.query({ text, values }), { isRetryable: isRetryablePostgresqlError });
  }
}

function moveOf(row: PostgresqlRow): MerchantMove {
  return {
    merchantId: String(row.merchant_id), move: Number(row.move), source: String(row.source), target: String(row.target),
    phase: row.phase as MovePhase,
    ...(row.switched_at === null ? undefined : { switchedAt: Number(row.switched_at) }),
  };
}
