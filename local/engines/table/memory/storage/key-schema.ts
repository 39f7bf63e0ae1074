import type { AttributeValue, Item } from '../../attribute-value';
import type { KeyAttribute } from '../../configuration';
import { Facts } from '../../../../../lib/facts';
import { EngineError } from '../engine-error';

const MAXIMUM_PARTITION_KEY_BYTES = Facts.DEFAULT.number('dynamodb/partitionKey.maxBytes');
const MAXIMUM_SORT_KEY_BYTES = Facts.DEFAULT.number('dynamodb/sortKey.maxBytes');

/** Where an item lies: the texts of its key's values. `sort` is empty in a table without a sort key. */
export interface ItemPlace {
  readonly partition: string;
  readonly sort: string;
}

/** The key attributes of a table. */
export class KeySchema {
  constructor(public readonly partitionKey: KeyAttribute, public readonly sortKey: KeyAttribute | undefined) {}

  /** Key attributes, the partition key first. */
  public get attributes(): readonly KeyAttribute[] {
    return this.sortKey === undefined ? [this.partitionKey] : [this.partitionKey, this.sortKey];
  }

  public has(attribute: string): boolean {
    return attribute === this.partitionKey.name || attribute === this.sortKey?.name;
  }

  /** The place of an item. @throws EngineError when a key attribute is missing or not as the schema wants it */
  public placeOf(item: Item): ItemPlace {
    return {
      partition: keyText(item, this.partitionKey, 'partition'),
      sort: this.sortKey === undefined ? '' : keyText(item, this.sortKey, 'sort'),
    };
  }

  /** The place that a key names: exactly the key attributes. @throws EngineError */
  public placeOfKey(key: Item): ItemPlace {
    const names = Object.keys(key);
    if (names.length !== this.attributes.length || !this.attributes.every(({ name, type }) => ownValue(key, name)?.[type] !== undefined)) {
      throw EngineError.validation('The provided key element does not match the schema');
    }
    return this.placeOf(key);
  }

  /** The key attributes of an item. */
  public keyOf(item: Item): Item {
    return Object.fromEntries(this.attributes.map(({ name }) => [name, item[name]]));
  }
}

function keyText(item: Item, { name, type }: KeyAttribute, role: 'partition' | 'sort'): string {
  const value = ownValue(item, name);
  if (value === undefined) {
    throw EngineError.validation(`One or more parameter values were invalid: Missing the key ${name} in the item`);
  }
  const text = value[type];
  if (text === undefined) {
    throw EngineError.validation(`One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${Object.keys(value)[0]}`);
  }
  if (text === '') {
    throw EngineError.validation(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type === 'S' ? 'string' : 'binary'} value. Key: ${name}`,
    );
  }
  const bytes = Buffer.byteLength(text, type === 'B' ? 'base64' : 'utf8');
  if (role === 'partition' && bytes > MAXIMUM_PARTITION_KEY_BYTES) {
    throw EngineError.validation(
      `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of ${MAXIMUM_PARTITION_KEY_BYTES} bytes`,
    );
  }
  if (role === 'sort' && bytes > MAXIMUM_SORT_KEY_BYTES) {
    throw EngineError.validation(
      `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${MAXIMUM_SORT_KEY_BYTES} bytes`,
    );
  }
  return text;
}

function ownValue(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}
