import { identity } from '../load/outcome';
import type { CheckedBalance } from './audit';
import type { Item } from './ledger-row';

/** A client of the tables, as far as the checker needs it. */
export interface TableClient {
  call<Output>(operation: string, input: object): Promise<Output>;
}

/** What the parking table holds. */
export interface ParkedPayments {
  /** (merchant, key) of every payment that is parked for good, or until somebody decides. */
  readonly identities: ReadonlySet<string>;
  /** Parked records that name no payment. */
  readonly unreadable: number;
}

const MERCHANT = 'merchant#';
const UNREADABLE = 'unreadable#';
const PAYOUT = 'payout#';

/** Reads whole tables of the run, page by page. */
export class Tables {
  constructor(private readonly client: TableClient) {}

  /** Every row of the ledger, in pages. */
  async *ledgerPages(tables: readonly string[]): AsyncGenerator<readonly Item[]> {
    for (const table of tables) {
      yield* this.pages(table);
    }
  }

  /** Every parked record. Further parts of large payloads are no records of their own. */
  async parked(table: string): Promise<ParkedPayments> {
    const identities = new Set<string>();
    let unreadable = 0;
    for await (const items of this.pages(table, ['pk', 'sk', 'retriedAt', 'discardedAt'])) {
      for (const { pk, sk, retriedAt, discardedAt } of items) {
        const partitionKey = pk?.S ?? '';
        // What an operator put back into the stream is on its way: it takes effect, or is parked again without this mark.
        const isOnItsWay = retriedAt !== undefined && discardedAt === undefined;
        if (partitionKey.startsWith(UNREADABLE) && !isOnItsWay) {
          unreadable++;
        } else if (partitionKey.startsWith(MERCHANT) && !isOnItsWay) {
          identities.add(identity(partitionKey.slice(MERCHANT.length), sk?.S ?? ''));
        }
      }
    }
    return { identities, unreadable };
  }

  /** Balances by `merchant NUL currency`, summed over the rows of all stream shards. */
  async balances(table: string): Promise<Map<string, CheckedBalance>> {
    const sums = new Map<string, CheckedBalance>();
    for await (const items of this.pages(table)) {
      for (const item of items) {
        const id = identity(item.pk?.S ?? '', (item.sk?.S ?? '').split('#')[0]);
        const { available, held } = sums.get(id) ?? { available: 0n, held: 0n };
        sums.set(id, { available: available + BigInt(item.available?.N ?? 0), held: held + BigInt(item.held?.N ?? 0) });
      }
    }
    return sums;
  }

  /** (merchant, key) of the payouts that were rejected before any money was set aside. */
  async rejectedPayouts(table: string): Promise<ReadonlySet<string>> {
    const identities = new Set<string>();
    for await (const items of this.pages(table, ['pk', 'sk', 'state'])) {
      for (const { pk, sk, state } of items) {
        if (state?.S === 'rejected' && sk?.S?.startsWith(PAYOUT) === true) {
          identities.add(identity(pk?.S ?? '', sk.S.slice(PAYOUT.length)));
        }
      }
    }
    return identities;
  }

  /** Effects that the balances hold, over the rows of all stream shards. */
  async projectedEffects(table: string): Promise<number> {
    let effects = 0;
    for await (const items of this.pages(table, ['count'])) {
      effects += items.reduce((sum, item) => sum + Number(item.count?.N ?? 0), 0);
    }
    return effects;
  }

  /** @param attributes those that are read. Default: all */
  private async *pages(table: string, attributes: readonly string[] = []): AsyncGenerator<readonly Item[]> {
    const projection = attributes.length === 0 ? undefined : {
      ProjectionExpression: attributes.map((_, index) => `#${index}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#${index}`, name])),
    };
    let start: Item | undefined;
    do {
      const page: { Items: Item[]; LastEvaluatedKey?: Item } = await this.client.call('Scan', {
        TableName: table,
        ConsistentRead: true,
        ...projection,
        ...(start && { ExclusiveStartKey: start }),
      });
      yield page.Items;
      start = page.LastEvaluatedKey;
    } while (start);
  }
}
