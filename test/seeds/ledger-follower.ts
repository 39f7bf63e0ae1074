import { isDeepStrictEqual } from 'node:util';
import type { Item } from '../../lambdas/runtime/aws/dynamodb';
import { comparableSequence, streamShardName } from '../../lambdas/runtime/balance/stream-shard';
import type { ChangeRecord, TableService } from './table-service';
import type { WaitingRecords } from './waiting-records';

/** What one balance is after a record of a shard. */
export interface BalancePoint {
  readonly sequence: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly count: bigint;
}

/** One shard of a ledger table's stream. */
export interface FollowedShard {
  readonly table: string;
  readonly id: string;
  readonly parent: string | undefined;
  last: string | undefined;
  inserts: number;
  /** By currency and merchant, in the order of the shard. */
  readonly balances: Map<string, BalancePoint[]>;
}

/** Reads the streams of the ledger's tables like an auditor: record by record, each against the one before. */
export class LedgerFollower {
  /** By the name that balance rows use. */
  readonly shards = new Map<string, FollowedShard>();
  /** What the streams say of each item: by table and key. */
  readonly items = new Map<string, Item>();
  /** Records that do not follow from those before. */
  readonly breaks: string[] = [];

  /** Every record, as the archive names it: chain and sequence number. */
  readonly changes: string[] = [];

  /** @param waiting told of each record that a function has to be handed. @param isArchived whether the archiver is one of them */
  constructor(private readonly tables: TableService, private readonly waiting: WaitingRecords, private readonly isArchived: boolean) {}

  /** Reads what is new. */
  async read(): Promise<void> {
    for (const table of this.tables.ledgerTables) {
      // Parents are listed before their children.
      for (const { id, parent } of await this.tables.shards(table)) {
        const shard = this.shardOf(table, id, parent);
        for (const record of await this.tables.changes(table, id, shard.last)) {
          shard.last = record.dynamodb.SequenceNumber;
          this.changes.push(changeName(streamShardName(this.tables.streamArn(table), id), comparableSequence(shard.last)));
          if (this.isArchived) {
            this.waiting.add(archiverShard(table, id), shard.last, record.dynamodb.ApproximateCreationDateTime * 1_000);
          }
          this.follow(shard, record);
        }
      }
    }
  }

  private shardOf(table: string, id: string, parent: string | undefined): FollowedShard {
    const name = streamShardName(this.tables.streamArn(table), id);
    let shard = this.shards.get(name);
    if (shard === undefined) {
      shard = { table, id, parent, last: undefined, inserts: 0, balances: new Map() };
      this.shards.set(name, shard);
    }
    return shard;
  }

  private follow(shard: FollowedShard, { eventName, dynamodb }: ChangeRecord): void {
    const { NewImage: after, OldImage: before, Keys: keys, SequenceNumber: sequence } = dynamodb;
    const key = itemKey(shard.table, keys);
    const known = this.items.get(key);
    if (!isDeepStrictEqual(before, known) || (eventName === 'INSERT') !== (before === undefined)) {
      this.breaks.push(`${eventName} ${sequence} of ${key.replaceAll('\n', ' ')} does not follow from the record before`);
    }
    if (after === undefined) {
      this.items.delete(key);
      return;
    }
    this.items.set(key, after);
    if (eventName !== 'INSERT') {
      if (['type', 'amount', 'currency', 'payer', 'token', 'status', 'reason', 'refundOf', 'holdOf', 'movementReason', 'acceptedAt', 'settledAt']
        .some((name) => !isDeepStrictEqual(after[name], known?.[name]))) {
        this.breaks.push(`${key.replaceAll('\n', ' ')} was rewritten`);
      }
      return;
    }
    shard.inserts += 1;
    this.waiting.add(`${shard.table} ${shard.id}`, sequence, dynamodb.ApproximateCreationDateTime * 1_000);
    if (after.status?.S === 'applied') {
      const name = balanceKey(String(after.pk.S).slice(0, String(after.pk.S).lastIndexOf('#')), String(after.currency?.S));
      const points = shard.balances.get(name) ?? [];
      const last = points.at(-1);
      const { available, held } = effectOf(String(after.type?.S), BigInt(after.amount?.N ?? '0'));
      points.push({
        sequence: comparableSequence(sequence),
        available: (last?.available ?? 0n) + available,
        held: (last?.held ?? 0n) + held,
        count: (last?.count ?? 0n) + 1n,
      });
      shard.balances.set(name, points);
    }
  }
}

/** What a row does to what is available and what is held. */
export function effectOf(type: string, amount: bigint): { readonly available: bigint; readonly held: bigint } {
  switch (type) {
    case 'payment':
      return { available: amount, held: 0n };
    case 'refund':
      return { available: -amount, held: 0n };
    case 'hold':
      return { available: -amount, held: amount };
    case 'release':
      return { available: amount, held: -amount };
    case 'settle':
      return { available: 0n, held: -amount };
    default:
      throw new Error(`the ledger holds a row of type ${type}`);
  }
}

/** One text for a change of the ledger. */
export function changeName(chain: string, sequence: string): string {
  return `${chain} ${sequence}`;
}

/** A shard of a table's stream as the delivery log names it where the archiver reads it. */
export function archiverShard(table: string, shard: string): string {
  return `archiver ${table} ${shard}`;
}

/** One text for an item of a table. */
export function itemKey(table: string, item: Item): string {
  return `${table}\n${item.pk.S}\n${item.sk.S}`;
}

/** One text for a balance. */
export function balanceKey(merchantId: string, currency: string): string {
  return `${currency}${merchantId}`;
}
