import { stableHash } from './stable-hash';

/** Buckets of one merchant at most. More would make no sense: a bucket carries hundreds of writes per second. */
export const MAXIMUM_BUCKETS = 4_096;

/**
 * Says over how many buckets a merchant's keys are spread: one for most, more for hot merchants, so that no single
 * partition key of the ledger takes more writes than a partition can.
 *
 * It never changes: with another number of buckets a merchant's rows would not be found. A number grows while the system runs by versions of a
 * `DirectoryTable`, whose rows say of an owner that grows how many it had (`was`) and how long rows of then count (`until`), and whose claim
 * row keeps versions of two operators apart.
 */
export class ShardDirectory {
  /**
   * Reads a directory like `{"default":2,"merchants":{"m-1":8}}`.
   *
   * @throws Error when the text is not JSON or a number of buckets is not between 1 and 4096
   */
  public static parse(text: string): ShardDirectory {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch (error) {
      throw new Error(`the shard directory is not JSON: ${(error as Error).message}`, { cause: error });
    }
    if (!isObject(content)) {
      throw new Error('the shard directory must be an object like {"default":1,"merchants":{}}');
    }
    const { default: defaultBuckets = 1, merchants = {}, ...others } = content;
    const unknown = Object.keys(others);
    if (unknown.length > 0) {
      throw new Error(`the shard directory has unknown members: ${unknown.join(', ')}`);
    }
    if (!isObject(merchants)) {
      throw new Error('`merchants` of the shard directory must be an object from merchant to number of buckets');
    }
    return new ShardDirectory(defaultBuckets as number, new Map(Object.entries(merchants) as [string, number][]));
  }

  /** @throws Error when a number of buckets is not between 1 and 4096 */
  public constructor(public readonly defaultBuckets: number, public readonly merchants: ReadonlyMap<string, number> = new Map()) {
    requireBuckets('default', defaultBuckets);
    for (const [merchantId, buckets] of merchants) {
      requireBuckets(`merchants.${merchantId}`, buckets);
    }
  }

  /** Number of buckets of a merchant. */
  public buckets(merchantId: string): number {
    return this.merchants.get(merchantId) ?? this.defaultBuckets;
  }
}

/**
 * Partition key of a payment's row: `merchantId#bucket`.
 *
 * @param directory says how many buckets the merchant has, or that number itself
 */
export function partitionKey(directory: ShardDirectory | number, merchantId: string, idempotencyKey: string): string {
  const buckets = typeof directory === 'number' ? directory : directory.buckets(merchantId);
  return `${merchantId}#${buckets === 1 ? 0 : stableHash(idempotencyKey) % buckets}`;
}

/** The merchant of a partition key. A merchant's id may itself hold `#`; a bucket cannot. */
export function merchantOf(partitionKeyText: string): string {
  return partitionKeyText.slice(0, partitionKeyText.lastIndexOf('#'));
}

/** Which of the tables that make up the ledger holds a partition key. */
export function tableIndex(partitionKeyText: string, tables: number): number {
  return tables === 1 ? 0 : stableHash(partitionKeyText) % tables;
}

/** @throws Error when a number of buckets is not between 1 and 4096 */
export function requireBuckets(path: string, buckets: unknown): void {
  if (!Number.isInteger(buckets) || (buckets as number) < 1 || (buckets as number) > MAXIMUM_BUCKETS) {
    throw new Error(`\`${path}\` of the shard directory must be a whole number between 1 and ${MAXIMUM_BUCKETS}, got: ${JSON.stringify(buckets)}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
