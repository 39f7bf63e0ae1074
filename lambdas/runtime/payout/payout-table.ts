import type { AttributeValue, Item } from '../aws/dynamodb';
import { AwsServiceError } from '../aws/errors';
import type { AwsCaller } from '../aws/json-client';
import type { ConsistencyOptions } from '../ledger/ledger';
import { RetryPolicy } from '../retry/retry';
import type { Payout, PayoutRequest, PayoutState } from './payout';

/** What changes with the state of a payout. */
export interface PayoutChange {
  readonly reason?: string;
  readonly reference?: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** The payouts as they stand. Every method throws AwsServiceError or AwsConnectionError when the table does not answer. */
export interface Payouts {
  find(merchantId: string, idempotencyKey: string, options?: ConsistencyOptions): Promise<Payout | undefined>;

  /** Writes a payout down as requested, unless its key is known. @returns the payout as it stands now, with the fields that it first came with */
  create(request: PayoutRequest): Promise<Payout>;

  /**
   * Moves a payout on if it stands in one of some states.
   *
   * @returns the payout as it stands now: in `to` where it was moved, now or before
   */
  advance(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, from: readonly PayoutState[], to: PayoutState, change: PayoutChange): Promise<Payout>;

  /** Notes that an execution did not know how to go on. The first such moment stays. */
  markUnresolved(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, at: number): Promise<void>;

  /** Notes that the end of a payout was told to others; from then on its row may expire. */
  markAnnounced(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, at: number): Promise<void>;
}

export interface PayoutTableOptions {
  readonly dynamodb: AwsCaller;
  readonly table: string;
  /** How long the row of a payout that is done is kept, and with it the memory of its key, in seconds. @default 1209600 (14 days) */
  readonly timeToLiveSeconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const FORTNIGHT_SECONDS = 14 * 86_400;

/**
 * Payouts in a DynamoDB table with the keys `pk` (the merchant) and `sk` (`payout#` and the key). Every change is conditional on the state
 * that it starts from, so that of two executions of one payout the first to write decides for both.
 */
export class PayoutTable implements Payouts {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly timeToLiveSeconds: number;
  private readonly retry: RetryPolicy;

  public constructor(options: PayoutTableOptions) {
    this.dynamodb = options.dynamodb;
    this.table = options.table;
    this.timeToLiveSeconds = options.timeToLiveSeconds ?? FORTNIGHT_SECONDS;
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async find(merchantId: string, idempotencyKey: string, { consistent = true }: ConsistencyOptions = {}): Promise<Payout | undefined> {
    const input = { TableName: this.table, Key: key({ merchantId, idempotencyKey }), ConsistentRead: consistent };
    const { Item: item } = await this.retry.run(() => this.dynamodb.call<{ Item?: Item }>('GetItem', input));
    return item === undefined ? undefined : readPayout(item);
  }

  public async create(request: PayoutRequest): Promise<Payout> {
    const payout: Payout = { ...request, state: 'requested', changedAt: request.requestedAt };
    const stored = await this.write('PutItem', {
      Item: {
        ...key(request),
        state: { S: payout.state },
        amount: { N: String(request.amount) },
        currency: { S: request.currency },
        requestedAt: { N: String(request.requestedAt) },
        changedAt: { N: String(payout.changedAt) },
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    return stored === undefined ? payout : readPayout(stored);
  }

  public async advance(
    payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, from: readonly PayoutState[], to: PayoutState, change: PayoutChange,
  ): Promise<Payout> {
    const values: Record<string, AttributeValue> = { ':to': { S: to }, ':at': { N: String(change.at) } };
    const sets = ['#state = :to', 'changedAt = :at'];
    const names: Record<string, string> = { '#state': 'state' };
    for (const member of ['reason', 'reference'] as const) {
      const value = change[member];
      if (value !== undefined) {
        names[`#${member}`] = member;
        values[`:${member}`] = { S: value };
        sets.push(`#${member} = :${member}`);
      }
    }
    from.forEach((state, index) => { values[`:from${index}`] = { S: state }; });
    const result = await this.update(payout, {
      UpdateExpression: `SET ${sets.join(', ')}`,
      ConditionExpression: `#state IN (${from.map((_, index) => `:from${index}`).join(', ')})`,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    });
    if (result === undefined) {
      throw new Error('a payout that is not written down cannot change its state');
    }
    return readPayout(result);
  }

  public async markUnresolved(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, at: number): Promise<void> {
    await this.update(payout, {
      UpdateExpression: 'SET unresolvedSince = if_not_exists(unresolvedSince, :at)',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':at': { N: String(at) } },
    });
  }

  public async markAnnounced(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, at: number): Promise<void> {
    await this.update(payout, {
      UpdateExpression: 'SET announcedAt = :at, expiresAt = :expiresAt',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(announcedAt)',
      ExpressionAttributeValues: { ':at': { N: String(at) }, ':expiresAt': { N: String(Math.floor(at / 1_000) + this.timeToLiveSeconds) } },
    });
  }

  /** @returns the item as it is after the update, or as it is because the condition does not hold; undefined when there is none */
  private update(payout: Pick<Payout, 'merchantId' | 'idempotencyKey'>, input: object): Promise<Item | undefined> {
    return this.write('UpdateItem', { Key: key(payout), ReturnValues: 'ALL_NEW', ...input });
  }

  private async write(operation: 'PutItem' | 'UpdateItem', input: object): Promise<Item | undefined> {
    try {
      const call = { TableName: this.table, ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...input };
      return (await this.retry.run(() => this.dynamodb.call<{ Attributes?: Item }>(operation, call))).Attributes;
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'ConditionalCheckFailedException') {
        return error.body.Item as Item | undefined;
      }
      throw error;
    }
  }
}

const PREFIX = 'payout#';

function key({ merchantId, idempotencyKey }: Pick<Payout, 'merchantId' | 'idempotencyKey'>): Item {
  return { pk: { S: merchantId }, sk: { S: PREFIX + idempotencyKey } };
}

function readPayout(item: Item): Payout {
  return {
    merchantId: item.pk.S ?? '',
    idempotencyKey: (item.sk.S ?? '').slice(PREFIX.length),
    amount: Number(item.amount?.N),
    currency: item.currency?.S ?? '',
    requestedAt: Number(item.requestedAt?.N),
    state: item.state?.S as PayoutState,
    changedAt: Number(item.changedAt?.N),
    ...(item.reason === undefined ? undefined : { reason: item.reason.S }),
    ...(item.reference === undefined ? undefined : { reference: item.reference.S }),
    ...(item.unresolvedSince === undefined ? undefined : { unresolvedSince: Number(item.unresolvedSince.N) }),
    ...(item.announcedAt === undefined ? undefined : { announcedAt: Number(item.announcedAt.N) }),
  };
}
