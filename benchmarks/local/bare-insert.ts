import { DynoxideEngine } from '../../local/engines/table';
import { literalInsert } from '../../local/engines/table/partiql/literal-insert';
import { type InsertStatement, parseStatement } from '../../local/engines/table/partiql/statement';
import { PaymentMix } from '../../local/load/payment-mix';
import { SeededRandom } from '../../local/random/seeded-random';
import { chunksOf, forEachConcurrently } from '../../lambdas/runtime/aws/concurrency';
import { LedgerRows } from '../../lambdas/runtime/ledger/ledger-row';
import { STATEMENTS_PER_CALL } from '../../lambdas/runtime/limits';
import type { PaymentRecord } from '../../lambdas/runtime/payment/payment';
import { DirectoryVersion } from '../../lambdas/runtime/sharding/directory-version';
import { ShardDirectory } from '../../lambdas/runtime/sharding/shard-directory';
import { descendants } from './process-figures';

const TABLE = 'bare';
/** Calls under way at once, as the table host has them. */
const CALLS_AT_ONCE = 4;

/** How the values of an insert are written: beside the statement, or in its text, which this engine reads at less cost. */
export type InsertForm = 'parameters' | 'literals';

/**
 * The floor of the local run: the same rows as the ledger's, inserted 25 a call straight into the engine that the run uses, started as the
 * run starts it, with nothing around them.
 */
export class BareInsert {
  static async start(seed: number, paymentsPerRound: number): Promise<BareInsert> {
    const engine = await DynoxideEngine.start();
    const keys = ['pk', 'sk'];
    await engine.call('CreateTable', JSON.stringify({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: keys.map((name, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    }));
    return new BareInsert(engine, new PaymentMix(new SeededRandom(seed), 'bare'), paymentsPerRound);
  }

  private parsed?: InsertStatement;
  private readonly rows = new LedgerRows([TABLE], DirectoryVersion.fixed(new ShardDirectory(1)), 1_209_600);

  private constructor(
    private readonly engine: DynoxideEngine,
    private readonly mix: PaymentMix,
    private readonly payments: number,
  ) {}

  /** @returns CPU time of the engine per payment in microseconds */
  async round(form: InsertForm): Promise<number> {
    const bodies = this.newBodies(form);
    const before = this.cpuMicroseconds();
    await forEachConcurrently(bodies, CALLS_AT_ONCE, async (body) => {
      const answer = await this.engine.call('BatchExecuteStatement', body);
      if (answer.status !== 200 || answer.body.includes('"Error"')) {
        throw new Error(`an insert failed: ${answer.body}`);
      }
    });
    return (this.cpuMicroseconds() - before) / this.payments;
  }

  stop(): Promise<void> {
    return this.engine.close();
  }

  private cpuMicroseconds(): number {
    return descendants(process.pid).filter(({ name }) => name === 'table engine').reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0);
  }

  private newBodies(form: InsertForm): string[] {
    const now = Date.now();
    const members = this.newRecords(now).map((record) => {
      const statement = this.rows.insertStatement(record, this.rows.key(record.merchantId, record.idempotencyKey), now);
      this.parsed ??= parseStatement(statement.Statement) as InsertStatement;
      const literal = form === 'literals' ? literalInsert(this.parsed, statement.Parameters) : undefined;
      return literal ?? JSON.stringify(statement);
    });
    return chunksOf(members, STATEMENTS_PER_CALL).map((chunk) => `{"Statements":[${chunk.join(',')}]}`);
  }

  private newRecords(now: number): PaymentRecord[] {
    const records: PaymentRecord[] = [];
    while (records.length < this.payments) {
      for (const { method, ...payment } of this.mix.nextRequest()) {
        records.push({ ...payment, cardToken: method.token, acceptedAt: now });
      }
    }
    return records.slice(0, this.payments);
  }
}
