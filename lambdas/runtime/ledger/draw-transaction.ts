import type { CancellationReason, Item, TableKey } from '../aws/dynamodb';
import { AwsConnectionError, AwsServiceError, isRetryable } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import { drawnKey, type StreamRecord } from '../payment/movement';
import type { RejectionReason } from '../payment/payment';
import type { RetryPolicy } from '../retry/retry';
import { isBucketMark, markedPlace } from '../sharding/bucket-mark';
import type { BucketMarks } from './bucket-marks';
import type { ConflictCounts } from './conflict-counter';
import { DirectoryMovedError } from './fenced-caller';
import type { ApplyRefundOptions, LedgerEntry, Outcome } from './ledger';
import { ledgerEntry, type LedgerRows } from './ledger-row';
import { APPLIED, OutOfTimeError, outcomeOfStored, unavailable, WAITING } from './outcomes';

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

/** The row does not lie in the bucket that was asked. `isElsewhere`: a mark says that it lies in one that this version does not know. */
interface Absence {
  readonly kind: 'absent';
  readonly isElsewhere: boolean;
}

/** The draw does not empty the row. */
interface Partly {
  readonly kind: 'partly';
  readonly error: unknown;
}

/** Where a draw and what it draws on lie. */
interface Places {
  readonly own: TableKey;
  /** In the order in which they are asked: one, but for merchants that have got more buckets. */
  readonly drawn: readonly TableKey[];
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
    private readonly marks: BucketMarks,
    private readonly drawn: DrawnRow,
  ) {}

  /** @param record of a type that draws on such rows; one without the key of its row is impossible */
  public async apply(record: StreamRecord, options: ApplyRefundOptions = {}): Promise<Outcome> {
    const drawn = drawnKey(record);
    if (drawn === undefined) {
      return { kind: 'impossible', reason: `it names no ${this.drawn.type}` };
    }
    const own = this.rows.key(record.merchantId, record.idempotencyKey);
    const now = this.retry.clock.now();
    const earlier = this.rows.earlierKey(record.merchantId, record.idempotencyKey, now);
    if (earlier !== undefined) {
      const [result] = await this.marks.place([{ from: earlier, to: own.pk }], options.deadline);
      if (result.kind !== 'free') {
        return result.kind === 'failed'
          ? unavailable(result.error)
          : outcomeOfStored(this.conflicts, earlier, result.entry, record, options.deadline);
      }
    }
    const places: Places = { own, drawn: this.rows.keysToAsk(record.merchantId, drawn, now, this.drawn.livesUntilEmpty ?? false) };
    // A draw on itself is one on no row, and a transaction cannot touch one row twice.
    let rejection = drawn === record.idempotencyKey ? this.drawn.unknown : undefined;
    const attempts = this.retry.begin(options.deadline);
    let lostSince: number | undefined;
    if (attempts.isLate) {
      return unavailable(new OutOfTimeError());
    }
    let error: unknown;
    do {
      const startedAt = this.retry.clock.now();
      const transaction: Attempt | Rejection = rejection === undefined
        ? await this.draw(record, places, options.waitIsOver ?? false)
        : { kind: 'reject', reason: rejection };
      let attempt: Attempt;
      if (transaction.kind === 'reject') {
        // Final: what is left of a row never grows, and its type, currency and age never change.
        rejection = transaction.reason;
        attempt = await this.reject(record, own, rejection);
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
      return attempt.kind === 'done'
        ? attempt.outcome
        : outcomeOfStored(this.conflicts, own, attempt.entry, record, options.deadline, lostSince);
    } while (await attempts.again());
    return unavailable(error);
  }

  /** Draws on the row in whatever bucket it lies. */
  private async draw(record: StreamRecord, { own, drawn }: Places, waitIsOver: boolean): Promise<Attempt | Rejection> {
    for (const place of drawn) {
      const attempt = await this.drawIn(record, own, place, drawn);
      if (attempt.kind !== 'absent') {
        return attempt;
      }
      if (attempt.isElsewhere) {
        return { kind: 'done', outcome: unavailable(new DirectoryMovedError()) };
      }
    }
    return waitIsOver ? { kind: 'reject', reason: this.drawn.unknown } : { kind: 'done', outcome: WAITING };
  }

  /** Where a row gets its time to live with the draw that empties it, the condition tells that one from others. Most holds end with one draw. */
  private async drawIn(
    record: StreamRecord, own: TableKey, place: TableKey, places: readonly TableKey[],
  ): Promise<Attempt | Rejection | Absence> {
    let attempt = await this.transact(record, own, place, places, this.drawn.livesUntilEmpty ? '=' : '>=');
    if (attempt.kind === 'partly') {
      attempt = await this.transact(record, own, place, places, '>');
    }
    return attempt.kind === 'partly' ? { kind: 'retry', error: attempt.error } : attempt;
  }

  /** @param comparison how what is left must compare to the amount; `=` makes the row one that expires */
  private async transact(
    record: StreamRecord, key: TableKey, drawnRow: TableKey, places: readonly TableKey[], comparison: '>=' | '=' | '>',
  ): Promise<Attempt | Rejection | Absence | Partly> {
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
        : this.readReasons(record, reasons, oldest, places, comparison === '=', error as AwsServiceError);
    }
  }

  private readReasons(
    record: StreamRecord, reasons: readonly CancellationReason[], oldest: number | undefined, places: readonly TableKey[], whole: boolean,
    error: AwsServiceError,
  ): Attempt | Rejection | Absence | Partly {
    const [own, drawn] = reasons;
    if (own?.Code === 'ConditionalCheckFailed') {
      // The draw's row is there, whatever stands in the way besides. Should it have expired just now, the next attempt tells.
      return storedAttempt(own.Item, error);
    }
    const other = reasons.find(({ Code: code = 'None' }) => code !== 'None' && code !== 'ConditionalCheckFailed');
    if (other !== undefined) {
      // A conflict with another transaction says nothing about this draw, even beside a failed condition.
      return failedAttempt(new AwsServiceError(String(other.Code), error.statusCode, other.Message ?? '', error.body));
    }
    if (drawn?.Code !== 'ConditionalCheckFailed') {
      return failedAttempt(error);
    }
    if (drawn.Item === undefined || isBucketMark(drawn.Item)) {
      const elsewhere = drawn.Item && markedPlace(drawn.Item);
      return { kind: 'absent', isElsewhere: elsewhere !== undefined && !places.some(({ pk }) => pk === elsewhere) };
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
        return storedAttempt(error.body.Item as Item | undefined, error);
      }
      return failedAttempt(error);
    }
  }
}

/** What lies under the draw's own key. A mark is one of a version of the directory that this worker does not know yet. */
function storedAttempt(item: Item | undefined, error: unknown): Attempt {
  if (item === undefined) {
    return { kind: 'retry', error };
  }
  return isBucketMark(item) ? { kind: 'done', outcome: unavailable(new DirectoryMovedError()) } : { kind: 'stored', entry: ledgerEntry(item) };
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
