import { drawnKey, type StreamRecord } from '../payment/movement';
import type { RejectionReason } from '../payment/payment';
import type { RetryPolicy } from '../retry/retry';
import { type ApplyRefundOptions, isOwnWrite, isSameContent, type LedgerEntry, type Outcome } from './ledger';
import { APPLIED, CONFLICT, DUPLICATE, unavailable, WAITING } from './outcomes';
import { untilSettled } from './postgresql-attempts';
import type { PostgresqlCaller } from './postgresql-connections';
import { entryKey, optionalColumns, postgresqlEntry } from './postgresql-row';
import { findStatement } from './postgresql-statements';

/** How draws are stored in the rows of one schema. */
export interface DrawOptions {
  /** As `quotedSchema` writes it. */
  readonly schema: string;
  readonly balanceSlots: number;
  /** How long after a payment was accepted a refund of it may be accepted, in milliseconds. */
  readonly refundWindowMilliseconds: number;
}

/** Stores refunds and the ends of holds, each with the lowering of what is left of what it draws on, both or neither. */
export class PostgresqlDraws {
  public constructor(private readonly database: PostgresqlCaller, private readonly retry: RetryPolicy, private readonly options: DrawOptions) {}

  /** @param drawnType of the rows that such a record draws on; one without the key of its row is impossible */
  public async apply(record: StreamRecord, drawnType: 'payment' | 'hold', { deadline, waitIsOver = false }: ApplyRefundOptions): Promise<Outcome> {
    const drawn = drawnKey(record);
    if (drawn === undefined) {
      return { kind: 'impossible', reason: `it names no ${drawnType}` };
    }
    const key = entryKey(record.merchantId, record.idempotencyKey);
    const written = await untilSettled(this.retry.begin(deadline), this.retry.clock, async (now, lostSince) => {
      const answer = await this.draw(record, key, drawn, drawnType, now, waitIsOver);
      const stored = answer === 'stored' ? await this.find(key, record.merchantId) : undefined;
      return answer === 'stored' && stored === undefined ? undefined : outcomeOf(record, answer, stored, lostSince);
    });
    switch (written.kind) {
      case 'settled': return written.result;
      case 'refused': return { kind: 'impossible', reason: written.error.message };
      case 'failed': return unavailable(written.error);
    }
  }

  private async draw(
    record: StreamRecord, key: string, drawn: string, drawnType: 'payment' | 'hold', now: number, waitIsOver: boolean,
  ): Promise<string> {
    const { schema, balanceSlots, refundWindowMilliseconds } = this.options;
    const { payerId, cardToken, movementReason, traceParent } = optionalColumns(record);
    const [row] = await this.database.query({
      name: `draw_entry ${schema}`,
      text: `SELECT ${schema}.draw_entry($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS answer`,
      values: [
        record.type, now, balanceSlots, key, record.merchantId, record.idempotencyKey, record.amount, record.currency,
        record.acceptedAt, payerId, cardToken, movementReason, traceParent,
        entryKey(record.merchantId, drawn), drawn, drawnType, drawnType === 'payment' ? refundWindowMilliseconds : null, waitIsOver,
      ],
    });
    return String(row.answer);
  }

  private async find(key: string, merchantId: string): Promise<LedgerEntry | undefined> {
    const [row] = await this.database.query(findStatement(this.options.schema, key, merchantId));
    return row === undefined ? undefined : postgresqlEntry(row);
  }
}

function outcomeOf(record: StreamRecord, answer: string, stored: LedgerEntry | undefined, lostSince: number | undefined): Outcome {
  if (stored !== undefined) {
    if (!isSameContent(stored, record)) {
      return CONFLICT;
    }
    if (stored.status === 'rejected') {
      return { kind: 'rejected', reason: stored.reason as RejectionReason };
    }
    return isOwnWrite(stored, record, lostSince) ? APPLIED : DUPLICATE;
  }
  switch (answer) {
    case 'applied': return APPLIED;
    case 'waiting': return WAITING;
    default: return { kind: 'rejected', reason: answer as RejectionReason };
  }
}
