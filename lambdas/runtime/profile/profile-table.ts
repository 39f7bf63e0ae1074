import { chunksOf, forEachConcurrently } from '../aws/concurrency';
import type { AttributeValue, Item } from '../aws/dynamodb';
import type { AwsCaller } from '../aws/json-client';
import { KEYS_PER_CALL } from '../limits';
import { MAXIMUM_AMOUNT } from '../payment/payment';
import { H3Cells } from '../sharding/h3-cells';
import { HOTTEST_MERCHANTS_KEY, type Profile } from './profile';

/** What a reading of the table brought. */
export interface ProfileReading {
  /** Profiles by their keys; null is one that does not exist. */
  readonly profiles: ReadonlyMap<string, Profile | null>;
  /** Keys that the table had no capacity for. */
  readonly unprocessed: readonly string[];
}

export interface ProfileTableOptions {
  readonly dynamodb: AwsCaller;
  /** Name of the table. Its partition key is the text `pk`; it has no sort key. */
  readonly table: string;
  /**
   * Resolution of the cells of H3 that places are told in, from 0 to 15. A place that is stored more finely is told in the cell around it; one
   * that is stored less finely stays as it is.
   *
   * @default 5 (about 250 km² a cell)
   */
  readonly resolution?: number;
  /** Calls under way at once, for one reading. @default 4 */
  readonly concurrency?: number;
}

const CATEGORY = /^[A-Za-z0-9_.-]{1,32}$/;

/**
 * Profiles in a DynamoDB table, an item each. Its attributes, all but the key optional:
 *
 * | attribute | of | is |
 * |---|---|---|
 * | `pk` | all | `merchant#ID`, `payer#ID`, `rules#payments`, `hottest#merchants` |
 * | `category` | merchant | text |
 * | `cell`, or `latitude` and `longitude` | merchant, payer | a cell of H3 as text, or degrees |
 * | `blocked` | merchant, payer | boolean |
 * | `maximumAmount` | merchant, rules | number, in minor units |
 * | `version` | rules | number |
 * | `blockedCategories` | rules | set of texts |
 * | `ids` | hottest | list of texts: merchants, the hottest first |
 *
 * An attribute that is not what it should be counts as absent. Reads are eventually consistent: a profile may be a moment old, for half the price.
 */
export class ProfileTable {
  private readonly dynamodb: AwsCaller;
  private readonly table: string;
  private readonly resolution: number;
  private readonly concurrency: number;

  public constructor({ dynamodb, table, resolution = 5, concurrency = 4 }: ProfileTableOptions) {
    this.dynamodb = dynamodb;
    this.table = table;
    this.resolution = resolution;
    this.concurrency = concurrency;
  }

  /** Reads profiles by key. @throws AwsServiceError or AwsConnectionError when the table does not answer */
  public async read(keys: readonly string[]): Promise<ProfileReading> {
    const profiles = new Map<string, Profile | null>();
    const unprocessed: string[] = [];
    const cells = await H3Cells.load();
    await forEachConcurrently(chunksOf(keys, KEYS_PER_CALL), this.concurrency, async (chunk) => {
      const { Responses: responses, UnprocessedKeys: left } = await this.dynamodb.call<BatchGetItemOutput>('BatchGetItem', {
        RequestItems: { [this.table]: { Keys: chunk.map((key) => ({ pk: { S: key } })) } },
      });
      const keysLeft = new Set((left?.[this.table]?.Keys ?? []).map(({ pk }) => pk.S ?? ''));
      unprocessed.push(...keysLeft);
      chunk.filter((key) => !keysLeft.has(key)).forEach((key) => profiles.set(key, null));
      for (const item of responses?.[this.table] ?? []) {
        profiles.set(item.pk?.S ?? '', this.profileOf(item, cells));
      }
    });
    return { profiles, unprocessed };
  }

  /** The merchants that are asked for most, the hottest first. @throws AwsServiceError or AwsConnectionError when the table does not answer */
  public async hottestMerchants(): Promise<string[]> {
    const input = { TableName: this.table, Key: { pk: { S: HOTTEST_MERCHANTS_KEY } } };
    const { Item: item } = await this.dynamodb.call<{ Item?: Item }>('GetItem', input);
    return (item?.ids?.L ?? []).flatMap(({ S: id }) => id ?? []);
  }

  /**
   * One page of all profiles whose keys begin with a text.
   *
   * @param segment which part of the table, from 0 to `segments` - 1: parts can be read beside each other
   * @param from where the page before ended. @default - at the beginning
   */
  public async scan(prefix: string, segment: number, segments: number, from?: Item): Promise<ScannedProfiles> {
    const { Items: items, LastEvaluatedKey: next } = await this.dynamodb.call<{ Items?: Item[]; LastEvaluatedKey?: Item }>('Scan', {
      TableName: this.table,
      Segment: segment,
      TotalSegments: segments,
      FilterExpression: 'begins_with(pk, :prefix)',
      ExpressionAttributeValues: { ':prefix': { S: prefix } },
      ...(from === undefined ? undefined : { ExclusiveStartKey: from }),
    });
    const cells = await H3Cells.load();
    const profiles = new Map((items ?? []).map((item) => [item.pk?.S ?? '', this.profileOf(item, cells)]));
    return { profiles, ...(next === undefined ? undefined : { next }) };
  }

  private profileOf(item: Item, cells: H3Cells): Profile {
    const category = item.category?.S;
    const cell = this.cellOf(item, cells);
    const maximumAmount = integer(item.maximumAmount);
    const version = integer(item.version);
    const blockedCategories = item.blockedCategories?.SS?.filter((text) => CATEGORY.test(text));
    return {
      ...(category !== undefined && CATEGORY.test(category) ? { category } : undefined),
      ...(cell === undefined ? undefined : { cell }),
      ...(item.blocked?.BOOL === true ? { blocked: true } : undefined),
      ...(maximumAmount === undefined ? undefined : { maximumAmount }),
      ...(version === undefined ? undefined : { version }),
      ...(blockedCategories === undefined ? undefined : { blockedCategories }),
    };
  }

  private cellOf({ cell, latitude, longitude }: Item, cells: H3Cells): string | undefined {
    return cell?.S !== undefined
      ? cells.atMost(cell.S, this.resolution)
      : cells.at(Number(latitude?.N), Number(longitude?.N), this.resolution);
  }
}

/** A page of profiles. */
export interface ScannedProfiles {
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Where the next page begins; undefined when there is none. */
  readonly next?: Item;
}

interface BatchGetItemOutput {
  readonly Responses?: Readonly<Record<string, Item[]>>;
  readonly UnprocessedKeys?: Readonly<Record<string, { readonly Keys: Item[] } | undefined>>;
}

/** A whole number from 0 to the largest amount there is. */
function integer(value: AttributeValue | undefined): number | undefined {
  const number = Number(value?.N);
  return Number.isSafeInteger(number) && number >= 0 && number <= MAXIMUM_AMOUNT ? number : undefined;
}
