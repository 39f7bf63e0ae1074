import type { CancellationReason, Item, TableKey } from '../aws/dynamodb';
import { AwsConnectionError, AwsServiceError, isRetryable } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { PaymentRecord, RejectionReason } from '../payment/payment';
import type { RetryPolicy } from '../retry/retry';
import type { ConflictCounter } from './conflict-counter';
import { type ApplyRefundOptions, isOwnWrite, isSamePayment, type LedgerEntry, type Outcome } from './ledger';
import { ledgerEntry, type LedgerRows } from './ledger-row';
import { APPLIED, CONFLICT, DUPLICATE, OutOfTimeError, unavailable, WAITING } from './outcomes';

const ROW_IS_NEW = 'attribute_not_exists(pk)';

/** How one attempt to write ended. `stored`: the refund's key is taken. `retry`: nothing is known or nothing happened. */
type Attempt =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'stored'; readonly entry: LedgerEntry }
  | { readonly kind: 'retry'; readonly error: unknown };

/** The payment does not admit the refund, which must be stored as rejected. */
interface Rejection {
  readonly kind: 'reject';
  readonly reason: RejectionReason;
}

/**
 * A refund: its row and the lowering of what is left of its payment, both or neither.
 *
 * The condition on the refund's row makes it idempotent. A token of the request would not: it lives for ten minutes.
 */
export class RefundTransaction {
  /** @param windowMilliseconds how long after the acceptance of a payment refunds of it may be accepted */
  public constructor(
    private readonly dynamodb: AwsCaller,
    private readonly rows: LedgerRows,
    private readonly retry: RetryPolicy,
    private readonly conflicts: ConflictCounter,
    private readonly windowMilliseconds: number,
  ) {}

  public async apply(refund: PaymentRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    if (refund.type !== 'refund' || refund.refundOf === undefined) {
      return { kind: 'impossible', reason: 'it is not a refund' };
    }
    const key = this.rows.key(refund.merchantId, refund.idempotencyKey);
    const paymentKey = this.rows.key(refund.merchantId, refund.refundOf);
    // A refund of itself is a refund of no payment, and a transaction cannot touch one row twice.
    let rejection: RejectionReason | undefined = refund.refundOf === refund.idempotencyKey ? 'unknown_payment' : undefined;
    const attempts = this.retry.begin(options.deadline);
    let lostSince: number | undefined;
    let error: unknown = new OutOfTimeError();
    if (attempts.isLate) {
      return unavailable(error);
    }
    do {
      const startedAt = this.retry.clock.now();
      const transaction: Attempt | Rejection = rejection === undefined
        ? await this.transact(refund, key, paymentKey, options.waitIsOver ?? false)
        : { kind: 'reject', reason: rejection };
      let attempt: Attempt;
      if (transaction.kind === 'reject') {
        // Final: what is left of a payment never grows, and its type, currency and age never change.
        rejection = transaction.reason;
        attempt = await this.reject(refund, key, rejection);
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
      return attempt.kind === 'done' ? attempt.outcome : this.compareWithStored(refund, key, attempt.entry, lostSince, options.deadline);
    } while (await attempts.again());
    return unavailable(error);
  }

  private async transact(refund: PaymentRecord, key: TableKey, paymentKey: TableKey, waitIsOver: boolean): Promise<Attempt | Rejection> {
    const oldest = refund.acceptedAt - this.windowMilliseconds;
    try {
      await this.dynamodb.call('TransactWriteItems', {
        TransactItems: [
          {
            Put: {
              TableName: key.table,
              Item: this.rows.refundItem(refund, key, this.retry.clock.now()),
              ConditionExpression: ROW_IS_NEW,
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          {
            Update: {
              TableName: paymentKey.table,
              Key: { pk: { S: paymentKey.pk }, sk: { S: paymentKey.sk } },
              UpdateExpression: 'SET refundable = refundable - :amount',
              ConditionExpression: '#type = :payment AND currency = :currency AND refundable >= :amount AND acceptedAt >= :oldest',
              ExpressionAttributeNames: { '#type': 'type' },
              ExpressionAttributeValues: {
                ':payment': { S: 'payment' },
                ':currency': { S: refund.currency },
                ':amount': { N: String(refund.amount) },
                ':oldest': { N: String(oldest) },
              },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
        ],
      });
      return { kind: 'done', outcome: APPLIED };
    } catch (error) {
      const reasons = cancellationReasons(error);
      return reasons === undefined ? failedAttempt(error) : this.readReasons(refund, reasons, oldest, waitIsOver, error as AwsServiceError);
    }
  }

  private readReasons(
    refund: PaymentRecord, reasons: readonly CancellationReason[], oldest: number, waitIsOver: boolean, error: AwsServiceError,
  ): Attempt | Rejection {
    const [own, payment] = reasons;
    if (own?.Code === 'ConditionalCheckFailed') {
      // The refund's row is there, whatever stands in the way besides. Should it have expired just now, the next attempt tells.
      return own.Item === undefined ? { kind: 'retry', error } : { kind: 'stored', entry: ledgerEntry(own.Item) };
    }
    const other = reasons.find(({ Code: code = 'None' }) => code !== 'None' && code !== 'ConditionalCheckFailed');
    if (other !== undefined) {
      // A conflict with another transaction says nothing about this refund, even beside a failed condition.
      return failedAttempt(new AwsServiceError(String(other.Code), error.statusCode, other.Message ?? '', error.body));
    }
    if (payment?.Code !== 'ConditionalCheckFailed') {
      return failedAttempt(error);
    }
    if (payment.Item === undefined) {
      return waitIsOver ? { kind: 'reject', reason: 'unknown_payment' } : { kind: 'done', outcome: WAITING };
    }
    const reason = rejectionReason(refund, payment.Item, oldest);
    return reason === undefined ? { kind: 'retry', error } : { kind: 'reject', reason };
  }

  /** Stores the refund as one without effect. */
  private async reject(refund: PaymentRecord, key: TableKey, reason: RejectionReason): Promise<Attempt> {
    try {
      await this.dynamodb.call('PutItem', {
        TableName: key.table,
        Item: this.rows.refundItem(refund, key, this.retry.clock.now(), reason),
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
    refund: PaymentRecord, key: TableKey, entry: LedgerEntry, lostSince: number | undefined, deadline?: number,
  ): Promise<Outcome> {
    if (!isSamePayment(entry, refund)) {
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
    return isOwnWrite(entry, refund, lostSince) ? APPLIED : DUPLICATE;
  }
}

/** Why a payment does not admit a refund; undefined when it does. */
function rejectionReason(refund: PaymentRecord, item: Item, oldest: number): RejectionReason | undefined {
  if (item.type?.S !== 'payment' || item.currency?.S !== refund.currency) {
    return 'unknown_payment';
  }
  if (Number(item.acceptedAt?.N) < oldest) {
    return 'refund_window_closed';
  }
  return Number(item.refundable?.N) < refund.amount ? 'exceeds_payment' : undefined;
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
