import type { PostgresqlCaller } from './postgresql-connections';
import { quotedSchema } from './postgresql-row';

export interface PartitionOptions {
  /** Schema of the ledger. @default ledger */
  readonly schema?: string;
  /** First time that entries are settled at, in milliseconds since 1970. @default - now */
  readonly from?: number;
  /** For how long there are to be partitions, in days from 1 to 3660. Run the function more often than that. @default 35 */
  readonly days?: number;
  /** How long a new partition is, in days from 1 to 366. It may be changed at any time. @default 7 */
  readonly partitionDays?: number;
}

const DAY_MILLISECONDS = 86_400_000;

/**
 * Makes the partitions that the journal will need. Nothing is stored in a time that has none: the ledger then answers `unavailable`. Writers wait for
 * it no longer than for each other.
 *
 * @returns how many were made
 * @throws Error when an option is out of its bounds; PostgresqlError or PostgresqlConnectionError when the database does not answer
 */
export async function createPostgresqlPartitions(database: PostgresqlCaller, options: PartitionOptions = {}): Promise<number> {
  const { from = Date.now(), days = 35, partitionDays = 7 } = options;
  for (const [name, value, most] of [['days', days, 3_660], ['partitionDays', partitionDays, 366]] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new Error(`\`${name}\` must be an integer from 1 to ${most}, got: ${value}`);
    }
  }
  const schema = quotedSchema(options.schema ?? 'ledger');
  const [row] = await database.query({
    text: `SELECT ${schema}.create_partitions($1, $2, $3) AS made`,
    values: [from, from + days * DAY_MILLISECONDS, partitionDays * DAY_MILLISECONDS],
  });
  return Number(row.made);
}
