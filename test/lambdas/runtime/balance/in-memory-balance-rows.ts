import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import type { BalanceChange, BalanceRow, BalanceRowKey, BalanceRows, ChangeResult } from '../../../../lambdas/runtime/balance/balance-table';

/** What happens to a write. `lost`: it takes effect and its answer is lost. */
export type WriteFault = 'none' | 'refused' | 'lost';

/** Balance rows in a map, with the faults that a test asks for. */
export class InMemoryBalanceRows implements BalanceRows {
  public readonly rows = new Map<string, BalanceRow>();
  public writes = 0;
  public readFails: () => boolean = () => false;
  public writeFault: () => WriteFault = () => 'none';
  /** Called between a read and the write that follows it. */
  public beforeWrite: () => Promise<void> = async () => undefined;

  public async read(keys: readonly BalanceRowKey[]): Promise<(BalanceRow | undefined)[]> {
    if (this.readFails()) {
      throw new AwsConnectionError('read lost');
    }
    return keys.map((key) => this.rows.get(text(key)));
  }

  public async compareAndSet(changes: readonly BalanceChange[]): Promise<ChangeResult[]> {
    await this.beforeWrite();
    return changes.map(({ key, next, readSequence }) => {
      const fault = this.writeFault();
      if (fault === 'refused') {
        return 'failed';
      }
      if (this.rows.get(text(key))?.lastSequence !== readSequence) {
        return 'conflict';
      }
      this.rows.set(text(key), next);
      this.writes++;
      return fault === 'lost' ? 'failed' : 'written';
    });
  }

  public balance(merchantId: string, currency: string): bigint {
    let sum = 0n;
    for (const [key, row] of this.rows) {
      if (key.startsWith(JSON.stringify([merchantId, currency]).slice(0, -1))) {
        sum += row.available;
      }
    }
    return sum;
  }
}

function text({ merchantId, currency, streamShard }: BalanceRowKey): string {
  return JSON.stringify([merchantId, currency, streamShard]);
}
