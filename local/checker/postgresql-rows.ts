import { identity, type SentEntry } from '../load/outcome';
import type { CheckedBalance } from './audit';
import type { LedgerRow } from './ledger-row';
import { type PostgresqlReader, quoted, type Row } from './postgresql-reader';

/** Pages that are read at a time: some ten thousand rows. */
const PAGES_PER_CALL = 250;

/** A table that a part of the journal lies in. */
export interface Partition {
  /** As it stands in a statement. */
  readonly name: string;
  /** Of the file, so far. */
  readonly pages: number;
}

/** The files of a journal. */
export interface Partitions {
  readonly partitions: readonly Partition[];
  readonly pageBytes: number;
}

/** What the journal consists of by now. @throws Error when there is none */
export async function readPartitions(reader: PostgresqlReader, schema: string): Promise<Partitions> {
  const rows = await reader.query({
    text: `SELECT inhrelid::regclass::text, pg_relation_size(inhrelid), current_setting('block_size')
      FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY inhrelid`,
    values: [`${quoted(schema)}.entry`],
  });
  const pageBytes = Number(rows.at(0)?.[2] ?? 8_192);
  return { partitions: rows.map(([name, bytes]) => ({ name: name!, pages: Math.ceil(Number(bytes) / pageBytes) })), pageBytes };
}

/** The pages of a partition in pieces, as a condition on the place of a row. */
export function* pieces(partition: Partition): Generator<string> {
  for (let page = 0; page < partition.pages; page += PAGES_PER_CALL) {
    yield `entry.ctid >= '(${page},0)' AND entry.ctid < '(${page + PAGES_PER_CALL},0)'`;
  }
}

/**
 * Every row of the journal, each with what its key says is left of it. A piece at a time, each by a statement of its own: after a restart of the
 * server that statement comes again, and no row twice.
 */
export async function* readRows(reader: PostgresqlReader, schema: string): AsyncGenerator<readonly LedgerRow[]> {
  const { partitions } = await readPartitions(reader, schema);
  for (const partition of partitions) {
    for (const piece of pieces(partition)) {
      const rows = await reader.query({
        text: `SELECT merchant_id, idempotency_key, amount, currency, type, payer_id, draws_on, card_token, movement_reason, rejection, remaining
          FROM ${partition.name} AS entry LEFT JOIN ${quoted(schema)}.entry_key USING (key, settled_at) WHERE ${piece}`,
      });
      yield rows.map(readRow);
    }
  }
}

/** Balances by `merchant NUL currency`, summed over their slots. */
export async function readBalances(reader: PostgresqlReader, schema: string): Promise<Map<string, CheckedBalance>> {
  const rows = await reader.query({
    text: `SELECT merchant_id, currency, sum(available), sum(held) FROM ${quoted(schema)}.balance_slot GROUP BY merchant_id, currency`,
  });
  return new Map(rows.map(([merchantId, currency, available, held]) => [
    identity(merchantId!, currency!), { available: BigInt(available!), held: BigInt(held!) },
  ]));
}

function readRow(row: Row): LedgerRow {
  const [merchantId, idempotencyKey, amount, currency, type, payerId, drawsOn, token, movementReason, rejection, remaining] = row;
  const common = { merchantId: merchantId!, idempotencyKey: idempotencyKey!, amount: Number(amount), currency: currency! };
  return {
    identity: identity(merchantId!, idempotencyKey!),
    merchantId: merchantId!,
    entry: entryOf(common, type as SentEntry['type'], { payerId, drawsOn, token, movementReason }),
    status: rejection === null ? 'applied' : 'rejected',
    reason: rejection ?? undefined,
    left: remaining === null ? undefined : BigInt(remaining),
  };
}

type Common = Pick<SentEntry, 'merchantId' | 'idempotencyKey' | 'amount' | 'currency'>;
type Optional = Readonly<Record<'payerId' | 'drawsOn' | 'token' | 'movementReason', string | null>>;

function entryOf(common: Common, type: SentEntry['type'], { payerId, drawsOn, token, movementReason }: Optional): SentEntry {
  if (type === 'payment' || type === 'refund') {
    return { ...common, type, payerId: payerId ?? '', refundOf: drawsOn ?? undefined, token: token ?? undefined };
  }
  return { ...common, type, holdOf: drawsOn ?? undefined, reason: movementReason ?? undefined };
}
