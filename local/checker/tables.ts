import type { LocalAwsClient } from '../aws/local-aws-client';
import { identity } from '../load/outcome';
import type { Item, LedgerRow } from './ledger-row';
import { readLedgerRow } from './ledger-row';

/** Reads whole tables of the run, page by page. */
export class Tables {
  constructor(private readonly client: LocalAwsClient) {}

  /** Every row of the ledger. */
  async ledger(tables: readonly string[]): Promise<LedgerRow[]> {
    const rows: LedgerRow[] = [];
    for (const table of tables) {
      for await (const item of this.scan(table)) {
        rows.push(readLedgerRow(item));
      }
    }
    return rows;
  }

  /** (merchant, key) of every parked payment, and how many parked records could not be read at all. */
  async parked(table: string): Promise<{ identities: Set<string>; unreadable: number }> {
    const identities = new Set<string>();
    let unreadable = 0;
    for await (const item of this.scan(table)) {
      const partitionKey = item.pk?.S ?? '';
      if (partitionKey.startsWith('merchant#')) {
        identities.add(identity(partitionKey.slice('merchant#'.length), item.sk?.S ?? ''));
      } else {
        unreadable++;
      }
    }
    return { identities, unreadable };
  }

  /** Available + held by `merchant NUL currency`, summed over the rows of all stream shards, and the number of effects in them. */
  async balances(table: string): Promise<{ sums: Map<string, bigint>; effects: number }> {
    const sums = new Map<string, bigint>();
    let effects = 0;
    for await (const item of this.scan(table)) {
      const id = identity(item.pk?.S ?? '', (item.sk?.S ?? '').split('#')[0]);
      sums.set(id, (sums.get(id) ?? 0n) + BigInt(item.available?.N ?? 0) + BigInt(item.held?.N ?? 0));
      effects += Number(item.count?.N ?? 0);
    }
    return { sums, effects };
  }

  private async *scan(table: string): AsyncGenerator<Item> {
    let start: Item | undefined;
    do {
      const page: { Items: Item[]; LastEvaluatedKey?: Item } = await this.client.call('Scan', {
        TableName: table,
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      });
      yield* page.Items;
      start = page.LastEvaluatedKey;
    } while (start);
  }
}
