import type { Item } from '../aws/dynamodb';

const MOVED = 'moved';
const MOVED_TO = 'movedTo';

/**
 * What an item has besides its keys that lies in the old bucket of a key whose row lies, or will lie, in another one: its `type` (`moved`), and in
 * `movedTo` the partition key of the bucket that the key has now. It moves no money and is no row.
 */
export function bucketMark(pk: string): Item {
  return { type: { S: MOVED }, [MOVED_TO]: { S: pk } };
}

/** Whether an item is the mark of a key in its old bucket. Marks come through the stream of their table as items of type `moved`. */
export function isBucketMark(item: { readonly type?: { readonly S?: string } }): boolean {
  return item.type?.S === MOVED;
}

/** Where a mark points; undefined for an item that is a row. */
export function markedPlace(item: Item): string | undefined {
  return isBucketMark(item) ? item[MOVED_TO]?.S : undefined;
}
