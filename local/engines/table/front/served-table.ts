import type { AttributeValue, Item } from '../attribute-value';
import { canonicalNumber } from '../canonical-number';
import type { Clock } from '../clock';
import type { KeyAttribute, TableConfiguration, TableLimits } from '../configuration';
import { type ItemImage, ItemImageWriter } from '../item-image';
import { readUnits, writeUnits } from '../limiter/request-units';
import { type Bound, ThroughputLimiter } from '../limiter/throughput-limiter';
import type { TableStream } from '../stream/table-stream';
import { ServiceError } from './service-error';

/** Which item a request is about. */
export interface ItemKey {
  /** Text that names the item among all items of all tables. */
  readonly id: string;
  /** Value of the partition key in its canonical form. */
  readonly partitionKey: string;
  /** Value of the sort key in its canonical form; absent when the table has none. */
  readonly sortKey: string | undefined;
  /** The key attributes. */
  readonly attributes: Item;
  /** Their image. */
  readonly image: ItemImage;
}

/** A table that the front serves: its keys, limits, stream and counters. */
export class ServedTable {
  public readonly name: string;
  public readonly billing: 'on-demand' | 'provisioned';
  public readonly keys: readonly KeyAttribute[];
  public readonly reads: ThroughputLimiter;
  public readonly writes: ThroughputLimiter;
  /** Items that writes were let through for. */
  public itemsWritten = 0;
  /** Items that reads were let through for; a query or scan counts once. */
  public itemsRead = 0;
  private readonly preparedKeys: readonly { readonly name: string; readonly type: KeyAttribute['type']; readonly quoted: string; readonly bytes: number }[];

  constructor(
    public readonly configuration: TableConfiguration,
    private readonly limits: TableLimits,
    clock: Clock,
    public readonly stream?: TableStream,
  ) {
    this.name = configuration.name;
    this.billing = configuration.billing ?? 'on-demand';
    this.keys = configuration.sortKey ? [configuration.partitionKey, configuration.sortKey] : [configuration.partitionKey];
    this.preparedKeys = this.keys.map(({ name, type }) => ({ name, type, quoted: JSON.stringify(name), bytes: Buffer.byteLength(name) }));
    const { partitions } = configuration;
    this.reads = new ThroughputLimiter({
      tableUnits: configuration.readUnitsPerSecond, partitionUnits: limits.partitionReadUnits, partitions, clock,
    });
    this.writes = new ThroughputLimiter({
      tableUnits: configuration.writeUnitsPerSecond, partitionUnits: limits.partitionWriteUnits, partitions, clock,
    });
  }

  /** ARN of the table, in the account and region of its stream where it has one. */
  public get arn(): string {
    return this.stream?.arn.slice(0, this.stream.arn.indexOf('/stream/')) ?? `arn:aws:dynamodb:local:000000000000:table/${this.name}`;
  }

  /**
   * The key of an item.
   *
   * @param valueOf gives the value of an attribute.
   * @throws ServiceError when a key attribute is missing or of another type.
   */
  public key(valueOf: (attribute: string) => AttributeValue | undefined): ItemKey {
    const writer = new ItemImageWriter();
    const attributes: Record<string, AttributeValue> = {};
    let id = this.name;
    const texts: string[] = [];
    for (const { name, type, quoted, bytes } of this.preparedKeys) {
      const value = valueOf(name);
      const text = value?.[type];
      if (typeof text !== 'string' || value === undefined) {
        throw ServiceError.validation(value === undefined || value === null
          ? `One or more parameter values were invalid: Missing the key ${name} in the item`
          : `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${Object.keys(value)[0]}`);
      }
      const canonical = type === 'N' ? canonicalNumber(text) : text;
      // The length in front keeps two keys from meeting in one text, whatever characters they hold.
      id += `/${canonical.length}:${canonical}`;
      texts.push(canonical);
      attributes[name] = value;
      writer.attribute(quoted, bytes, value);
    }
    return { id, partitionKey: texts[0], sortKey: texts[1], attributes, image: writer.finish() };
  }

  /** Whether an attribute is part of the key. */
  public isKey(attribute: string): boolean {
    return attribute === this.keys[0].name || attribute === this.keys[1]?.name;
  }

  /** Canonical text of a partition key's value; nothing when the value is none. */
  public partitionKeyText(value: AttributeValue | undefined): string | undefined {
    const { type } = this.keys[0];
    const text = value?.[type];
    return typeof text !== 'string' ? undefined : type === 'N' ? canonicalNumber(text) : text;
  }

  /** Write units of an item of that many bytes. */
  public writeUnits(bytes: number): number {
    return writeUnits(bytes, this.limits.writeUnitBytes);
  }

  /** Read units of that many bytes. */
  public readUnits(bytes: number, consistent: boolean): number {
    return readUnits(bytes, this.limits.readUnitBytes, consistent);
  }

  /** The error of a call that was over a limit. */
  public throttled(access: 'Read' | 'Write', bound: Bound): ServiceError {
    const limit = bound === 'partition' ? 'KeyRange' : this.billing === 'on-demand' ? 'Account' : 'Provisioned';
    const reason = limit === 'Account' ? `Table${access}AccountLimitExceeded` : `Table${access}${limit}ThroughputExceeded`;
    return ServiceError.throttled(this.billing, reason, this.arn);
  }
}
