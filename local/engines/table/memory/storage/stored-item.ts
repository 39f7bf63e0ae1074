import type { Item } from '../../attribute-value';
import { Facts } from '../../../../../lib/facts';
import { EngineError } from '../engine-error';
import { itemBytes } from '../values/item-size';

const MAXIMUM_ITEM_BYTES = Facts.DEFAULT.number('dynamodb/item.maxBytes');

/**
 * An item at rest: as the JSON text that answers hold. It takes a third of the memory of the objects that it describes, and
 * most reads hand it on without looking into it.
 */
export interface StoredItem {
  readonly json: string;
  /** Size as the service counts it: names and values. */
  readonly bytes: number;
}

/** @throws EngineError when the item is larger than the service stores */
export function storedItem(item: Item, what: 'Item size' | 'Item size to update' = 'Item size'): StoredItem {
  const bytes = itemBytes(item);
  if (bytes > MAXIMUM_ITEM_BYTES) {
    throw EngineError.validation(`${what} has exceeded the maximum allowed size`);
  }
  return { json: JSON.stringify(item), bytes };
}

/** The attributes of an item at rest; an empty item for one that is not there. */
export function attributesOf(stored: StoredItem | undefined): Item {
  return stored === undefined ? {} : JSON.parse(stored.json);
}
