import type { CheckedBalance } from './audit';
import type { JudgedLedger, LedgerObserver } from './judged-ledger';
import type { LedgerRow } from './ledger-row';
import { PostgresqlFollower } from './postgresql-follower';
import { PostgresqlReader, type PostgresqlServer } from './postgresql-reader';
import { readBalances, readRows } from './postgresql-rows';

/** A ledger in one PostgreSQL, or in several that share its merchants. */
export class PostgresqlLedger implements JudgedLedger {
  private readonly shards: readonly { readonly reader: PostgresqlReader; readonly schema: string }[];
  private followers: readonly PostgresqlFollower[] = [];

  /** @param pollMilliseconds pause between two looks for new rows */
  constructor(servers: readonly PostgresqlServer[], private readonly pollMilliseconds: number) {
    this.shards = servers.map((server) => ({ reader: new PostgresqlReader(server), schema: server.schema }));
  }

  async follow(observer: LedgerObserver): Promise<void> {
    this.followers = this.shards.map(({ reader, schema }) =>
      new PostgresqlFollower(reader, observer, { schema, pollMilliseconds: this.pollMilliseconds }));
    await Promise.all(this.followers.map((follower) => follower.start()));
  }

  async *rows(): AsyncGenerator<readonly LedgerRow[]> {
    for (const { reader, schema } of this.shards) {
      yield* readRows(reader, schema);
    }
  }

  async balances(): Promise<Map<string, CheckedBalance>> {
    const sums = new Map<string, CheckedBalance>();
    for (const { reader, schema } of this.shards) {
      for (const [id, { available, held }] of await readBalances(reader, schema)) {
        const known = sums.get(id) ?? { available: 0n, held: 0n };
        sums.set(id, { available: known.available + available, held: known.held + held });
      }
    }
    return sums;
  }

  async stop(): Promise<void> {
    const ended = Promise.all(this.followers.map((follower) => follower.stop()));
    await Promise.all(this.shards.map(({ reader }) => reader.stop()));
    await ended;
  }
}
