import { LiveProjection, MemorySnapshots, type ObjectStore, type Projection, rebuildProjection } from '../../../lambdas/runtime';

/** Rows that each type of record has made. */
const ROWS: Projection<Readonly<Record<string, number>>> = {
  initial: () => ({}),
  apply: (counts, { event, row }) => (event === 'INSERT' ? { ...counts, [row.type.S!]: (counts[row.type.S!] ?? 0) + 1 } : counts),
};
const store = new MemorySnapshots<Readonly<Record<string, number>>>();
const live = new LiveProjection({ projection: ROWS, store });
const records = ['payment', 'refund', 'payment'].map((type, index) => ({
  eventName: 'INSERT' as const, dynamodb: { SequenceNumber: `${index + 7}`, ApproximateCreationDateTime: 1_793_534_400, NewImage: { type: { S: type } } },
}));
/** The same from the archive, by shard. */
export const rebuild = (archive: ObjectStore) => rebuildProjection(archive, ROWS);

// Delivered once more, with another border.
export const answer = live.project(records, 'shard').then(() => live.project(records.slice(1), 'shard')).then(async () => (await store.load('shard'))?.state); // {"payment":2,"refund":1}
