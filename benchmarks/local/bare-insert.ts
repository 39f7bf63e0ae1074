import { PaymentMix } from '../../local/load/payment-mix';
import { SeededRandom } from '../../local/random/seeded-random';
import { chunksOf, forEachConcurrently } from '../../lambdas/runtime/aws/concurrency';
import { batchExecute } from '../../lambdas/runtime/aws/dynamodb';
import { LedgerRows } from '../../lambdas/runtime/ledger/ledger-row';
import { STATEMENTS_PER_CALL } from '../../lambdas/runtime/limits';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { Dynoxide } from '../../test/support/dynoxide';
import { read } from './process-figures';

const TABLE = 'bare';
/** Calls under way at once, as in a worker. */
const CALLS_AT_ONCE = 8;

/**
 * The floor of the local run: the same rows as the ledger's, inserted 25 a call straight into the engine that the run uses, with
 * nothing around them.
 */
export class BareInsert {
  static async start(seed: number, paymentsPerRound: number): Promise<BareInsert> {
    const engine = await Dynoxide.start();
    await engine.createTables(TABLE);
    return new BareInsert(engine, new PaymentMix(new SeededRandom(seed), 'bare'), paymentsPerRound);
  }

  private readonly rows = new LedgerRows([TABLE], ShardDirectory.parse('{"default":1,"merchants":{}}'), 1_209_600);

  private constructor(
    private readonly engine: Dynoxide,
    private readonly mix: PaymentMix,
    private readonly payments: number,
  ) {}

  /** @returns CPU time of the engine per payment in microseconds */
  async round(): Promise<number> {
    const records = this.newRecords();
    const now = Date.now();
    const statements = records.map((record) => this.rows.insertStatement(record, this.rows.key(record.merchantId, record.idempotencyKey), now));
    const before = this.cpuMicroseconds();
    await forEachConcurrently(chunksOf(statements, STATEMENTS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      const failed = (await batchExecute(this.engine.client, chunk)).find(({ Error: error }) => error !== undefined);
      if (failed) {
        throw new Error(`an insert failed: ${failed.Error?.Code}`);
      }
    });
    return (this.cpuMicroseconds() - before) / records.length;
  }

  stop(): Promise<void> {
    return this.engine.stop();
  }

  private cpuMicroseconds(): number {
    return read(this.engine.pid)!.cpuMicroseconds;
  }

  private newRecords(): PaymentRecord[] {
    const records: PaymentRecord[] = [];
    while (records.length < this.payments) {
      for (const { method, ...payment } of this.mix.nextRequest()) {
        records.push({ ...payment, cardToken: method.token, acceptedAt: Date.now() });
      }
    }
    return records;
  }
}
