import { Facts } from '../lib/facts';

/** Constant of the runtime, what it is, and the fact that holds its value. */
const LIMITS: readonly (readonly [string, string, string])[] = [
  ['STATEMENTS_PER_CALL', 'Statements that one `BatchExecuteStatement` may hold.', 'dynamodb/batchStatement.maxStatements'],
  ['KEYS_PER_CALL', 'Keys that one `BatchGetItem` may hold.', 'dynamodb/batchGet.maxItems'],
  ['MAXIMUM_PARTITION_KEY_BYTES', 'Longest partition key of a table, in bytes.', 'dynamodb/partitionKey.maxBytes'],
  ['MAXIMUM_SORT_KEY_BYTES', 'Longest sort key of a table, in bytes.', 'dynamodb/sortKey.maxBytes'],
  ['MAXIMUM_ITEM_BYTES', 'Largest item of a table, in bytes.', 'dynamodb/item.maxBytes'],
  ['RECORDS_PER_CALL', 'Records that one `PutRecords` may hold.', 'kinesis/putRecords.maxRecords'],
  ['RECORD_BYTES_PER_CALL', 'Bytes that one `PutRecords` may hold.', 'kinesis/putRecords.maxBytes'],
  ['RECORD_BYTES', 'Largest record of a stream that was not opened for larger ones, in bytes, its partition key included.', 'kinesis/record.defaultMaxBytes'],
  ['MAXIMUM_PARTITION_KEY_CHARACTERS', 'Longest partition key of a stream\'s record, in characters.', 'kinesis/partitionKey.maxCharacters'],
  ['SHARD_BYTES_PER_SECOND', 'Bytes that a shard takes in a second.', 'kinesis/shard.writeBytesPerSec'],
  ['SHARD_RECORDS_PER_SECOND', 'Records that a shard takes in a second.', 'kinesis/shard.writeRecordsPerSec'],
  ['MESSAGES_PER_CALL', 'Messages that one `SendMessageBatch` may hold.', 'sqs/batch.maxEntries'],
  ['MAXIMUM_MESSAGE_DELAY_SECONDS', 'Longest delay of a message, in seconds.', 'sqs/delay.maxSec'],
  ['EVENTS_PER_CALL', 'Events that one `PutEvents` may hold.', 'eventbridge/putEvents.maxEntries'],
  ['EVENT_BYTES_PER_CALL', 'Bytes that one `PutEvents` may hold.', 'eventbridge/putEvents.maxBytes'],
];

/** Text of lambdas/runtime/limits.ts: handlers are bundled without lib, so the limits that they need are written out for them. */
export function runtimeLimitsSource(facts: Facts = Facts.DEFAULT): string {
  const constants = LIMITS.map(([name, meaning, id]) => `/** ${meaning} Fact: ${id}. */\nexport const ${name} = ${facts.number(id)};`);
  return ['// Generated from lib/facts by "npx projen".', ...constants, ''].join('\n');
}
