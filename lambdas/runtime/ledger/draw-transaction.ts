import type { CancellationReason, Item, TableKey } from '../aws/dynamodb';
import { AwsConnectionError, AwsServiceError, isRetryable } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { drawnKey, type StreamRecord } from '../payment/movement';
import type { RejectionReason } from '../payment/payment';
import type { RetryPolicy } from '../retry/retry';
import type { ConflictCounts } from './conflict-counter';
import { type ApplyRefundOptions, isOwnWrite, isSameContent, type LedgerEntry, type Outcome } from './ledger';
import { ledgerEntry, type LedgerRows } from './ledger-row';
import { APPLIED, CONFLICT, DUPLICATE, OutOfTimeError, unavailable, WAITING } from './outcomes';

const ROW_IS_NEW = 'attribute_not_exists(pk)';

/** What records of some types draw on. */
export interface DrawnRow {
  /** Type of the row. */
  readonly type: 'payment' | 'hold';
  /** Its attribute that says what is left of it. */
  readonly left: 'refundable' | 'holdable';
  /** Why a draw is rejected whose row is not there, or is another. */
  readonly unknown: RejectionReason;
  /** Why a draw is rejected that is larger than what is left. */
  readonly exceeded: RejectionReason;
  /** How long after the acceptance of the row draws may be accepted, and why later ones are rejected. @default - for ever */
  readonly window?: { readonly milliseconds: number; readonly closed: RejectionReason };
  /** Whether the row has no time to live until nothing is left of it. @default false */
  readonly livesUntilEmpty?: boolean;
}

/** How one attempt to write ended. `stored`: the draw's key is taken. `retry`: nothing is known or nothing happened. */
type Attempt =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'stored'; readonly entry: LedgerEntry }
  | { readonly kind: 'retry'; readonly error: unknown };

/** The row does not admit the draw, which must be stored as rejected. */
interface Rejection {
  readonly kind: 'reject';
  readonly reason: RejectionReason;
}

/** The draw does not empty the row. */
interface Partly {
  readonly kind: 'partly';
  readonly error: unknown;
}

/**
 * A draw on another row, a refund on its payment or the end of a hold on that: the draw's own row and the lowering of what is left, both
 * or neither.
 *
 * The condition on the draw's row makes it idempotent. A token of the request would not: it lives for ten minutes.
 */
export class DrawTransaction {
  public constructor(
    private readonly dynamodb: AwsCaller,
    private readonly rows: LedgerRows,
    private readonly retry: RetryPolicy,
    private readonly conflicts: ConflictCounts,
    private readonly drawn: DrawnRow,
  ) {}

  /** @param record of a type that draws on such rows; one without the key of its row is impossible */
  public async apply(record: StreamRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    const drawn = drawnKey(record);
    if (drawn === undefined) {
      return { kind: 'impossible', reason: `it names no ${this.drawn.type}` };
    }
    const key = this.rows.key(record.merchantId, record.idempotencyKey);
    const drawnRow = this.rows.key(record.merchantId, drawn);
    // A draw on itself is one on no row, and a transaction cannot touch one row twice.
    let rejection = drawn === record.idempotencyKey ? this.drawn.unknown : undefined;
    const attempts = this.retry.begin(options.deadline);
    let lostSince: number | undefined;
    let error: unknown = new OutOfTimeError();
    if (attempts.isLate) {
      return unavailable(error);
    }
    do {
      const startedAt = this.retry.clock.now();
      const transaction: Attempt | Rejection = rejection === undefined
        ? await this.draw(record, key, drawnRow, options.waitIsOver ?? false)
        : { kind: 'reject', reason: rejection };
      let attempt: Attempt;
      if (transaction.kind === 'reject') {
        // Final: what is left of a row never grows, and its type, currency and age never change.
        rejection = transaction.reason;
        attempt = await this.reject(record, key, rejection);
      } else {
        attempt = transaction;
      }
      if (attempt.kind === 'retry') {
        error = attempt.error;
        if (error instanceof AwsConnectionError) {
          lostSince ??= startedAt;
        }
        continue;
      }
      attempts.succeeded();
      return attempt.kind === 'done' ? attempt.outcome : this.compareWithStored(record, key, attempt.entry, lostSince, options.deadline);
    } while (await attempts.again());
    return unavailable(error);
  }

  /** Where a row gets its time to live with the draw that empties it, the condition tells that one from others. Most holds end with one draw. */
  private async draw(record: StreamRecord, key: TableKey, drawnRow: TableKey, waitIsOver: boolean): Promise<Attempt | Rejection> {
    let attempt = await this.transact(record, key, drawnRow, waitIsOver, this.drawn.livesUntilEmpty ? '=' : '>=');
    if (attempt.kind === 'partly') {
      attempt = await this.transact(record, key, drawnRow, waitIsOver, '>');
    }
    return attempt.kind === 'partly' ? { kind: 'retry', error: attempt.error } : attempt;
  }

  /** @param comparison how what is left must compare to the amount; `=` makes the row one that expires */
  private async transact(
    record: StreamRecord, key: TableKey, drawnRow: TableKey, waitIsOver: boolean, comparison: '>=' | '=' | '>',
  ): Promise<Attempt | Rejection | Partly> {
    const { type, left, window } = this.drawn;
    const oldest = window === undefined ? undefined : record.acceptedAt - window.milliseconds;
    const now = this.retry.clock.now();
    try {
      await this.dynamodb.call('TransactWriteItems', {
        TransactItems: [
          {
            Put: {
              TableName: key.table,
              Item: this.rows.drawItem(record, key, now),
              ConditionExpression: ROW_IS_NEW,
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          {
            Update: {
              TableName: drawnRow.table,
              Key: { pk: { S: drawnRow.pk }, sk: { S: drawnRow.sk } },
              UpdateExpression: `SET ${left} = ${left} - :amount${comparison === '=' ? ', expiresAt = :expiresAt' : ''}`,
              ConditionExpression: `#type = :type AND currency = :currency AND ${left} ${comparison} :amount`
                + (oldest === undefined ? '' : ' AND acceptedAt >= :oldest'),
              ExpressionAttributeNames: { '#type': 'type' },
              ExpressionAttributeValues: {
                ':type': { S: type },
                ':currency': { S: record.currency },
                ':amount': { N: String(record.amount) },
                ...(oldest === undefined ? undefined : { ':oldest': { N: String(oldest) } }),
                ...(comparison === '=' ? { ':expiresAt': { N: this.rows.expiresAt(now) } } : undefined),
              },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
      });
      return { kind: 'done', outcome: APPLIED };
    } catch (error) {
      const reasons = cancellationReasons(error);
      return reasons === undefined
        ? failedAttempt(error)
        : this.readReasons(record, reasons, oldest, waitIsOver, comparison === '=', error as AwsServiceError);
    }
  }

  private readReasons(
    record: StreamRecord, reasons: readonly CancellationReason[], oldest: number | undefined, waitIsOver: boolean, whole: boolean,
    error: AwsServiceError,
  ): Attempt | Rejection | Partly {
    const [own, drawn] = reasons;
    if (own?.Code === 'ConditionalCheckFailed') {
      // The draw's row is there, whatever stands in the way besides. Should it have expired just now, the next attempt tells.
      return own.Item === undefined ? { kind: 'retry', error } : { kind: 'stored', entry: ledgerEntry(own.Item) };
    }
    const other = reasons.find(({ Code: code = 'None' }) => code !== 'None' && code !== 'ConditionalCheckFailed');
    if (other !== undefined) {
      // A conflict with another transaction says nothing about this draw, even beside a failed condition.
      return failedAttempt(new AwsServiceError(String(other.Code), error.statusCode, other.Message ?? '', error.body));
    }
    if (drawn?.Code !== 'ConditionalCheckFailed') {
      return failedAttempt(error);
    }
    if (drawn.Item === undefined) {
      return waitIsOver ? { kind: 'reject', reason: this.drawn.unknown } : { kind: 'done', outcome: WAITING };
    }
    const reason = this.rejectionReason(record, drawn.Item, oldest);
    if (reason !== undefined) {
      return { kind: 'reject', reason };
    }
    return { kind: whole && Number(drawn.Item[this.drawn.left]?.N) > record.amount ? 'partly' : 'retry', error };
  }

  /** Why a row does not admit a draw; undefined when it does. */
  private rejectionReason(record: StreamRecord, item: Item, oldest: number | undefined): RejectionReason | undefined {
    const { type, left, unknown, exceeded, window } = this.drawn;
    if (item.type?.S !== type || item.currency?.S !== record.currency) {
      return unknown;
    }
    if (oldest !== undefined && Number(item.acceptedAt?.N) < oldest) {
      return window?.closed;
    }
    return Number(item[left]?.N) < record.amount ? exceeded : undefined;
  }

  /** Stores the draw as one without effect. */
  private async reject(record: StreamRecord, key: TableKey, reason: RejectionReason): Promise<Attempt> {
    try {
      await this.dynamodb.call('PutItem', {
        TableName: key.table,
        Item: this.rows.drawItem(record, key, this.retry.clock.now(), reason),
        ConditionExpression: ROW_IS_NEW,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      return { kind: 'done', outcome: { kind: 'rejected', reason } };
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        const item = error.body.Item as Item | undefined;
        return item === undefined ? { kind: 'retry', error } : { kind: 'stored', entry: ledgerEntry(item) };
      }
      return failedAttempt(error);
    }
  }

  private async compareWithStored(
    record: StreamRecord, key: TableKey, entry: LedgerEntry, lostSince: number | undefined, deadline?: number,
  ): Promise<Outcome> {
    if (!isSameContent(entry, record)) {
      try {
        await this.conflicts.count(key, 1, deadline);
        return CONFLICT;
      } catch (error) {
        return unavailable(error);
      }
    }
    if (entry.status === 'rejected') {
      return { kind: 'rejected', reason: entry.reason as RejectionReason };
    }
    return isOwnWrite(entry, record, lostSince) ? APPLIED : DUPLICATE;
  }
}

function cancellationReasons(error: unknown): CancellationReason[] | undefined {
  return error instanceof AwsServiceError && error.code === 'TransactionCanceledException'
    ? (error.body.CancellationReasons as CancellationReason[] | undefined)
    : undefined;
}

function failedAttempt(error: unknown): Attempt {
  if (error instanceof AwsServiceError && (error.code === 'ValidationException' || error.code === 'ValidationError')) {
    return { kind: 'done', outcome: { kind: 'impossible', reason: error.message } };
  }
  return isRetryable(error) ? { kind: 'retry', error } : { kind: 'done', outcome: unavailable(error) };
}
