// Generated from lib/facts by "npx projen".
/** Statements that one `BatchExecuteStatement` may hold. Fact: dynamodb/batchStatement.maxStatements. */
export const STATEMENTS_PER_CALL = 25;
/** Keys that one `BatchGetItem` may hold. Fact: dynamodb/batchGet.maxItems. */
export const KEYS_PER_CALL = 100;
/** Longest partition key of a table, in bytes. Fact: dynamodb/partitionKey.maxBytes. */
export const MAXIMUM_PARTITION_KEY_BYTES = 2048;
/** Longest sort key of a table, in bytes. Fact: dynamodb/sortKey.maxBytes. */
export const MAXIMUM_SORT_KEY_BYTES = 1024;
/** Largest item of a table, in bytes. Fact: dynamodb/item.maxBytes. */
export const MAXIMUM_ITEM_BYTES = 409600;
/** Records that one `PutRecords` may hold. Fact: kinesis/putRecords.maxRecords. */
export const RECORDS_PER_CALL = 500;
/** Bytes that one `PutRecords` may hold. Fact: kinesis/putRecords.maxBytes. */
export const RECORD_BYTES_PER_CALL = 10485760;
/** Largest record of a stream that was not opened for larger ones, in bytes, its partition key included. Fact: kinesis/record.defaultMaxBytes. */
export const RECORD_BYTES = 1048576;
/** Longest partition key of a stream's record, in characters. Fact: kinesis/partitionKey.maxCharacters. */
export const MAXIMUM_PARTITION_KEY_CHARACTERS = 256;
/** Bytes that a shard takes in a second. Fact: kinesis/shard.writeBytesPerSec. */
export const SHARD_BYTES_PER_SECOND = 1048576;
/** Records that a shard takes in a second. Fact: kinesis/shard.writeRecordsPerSec. */
export const SHARD_RECORDS_PER_SECOND = 1000;
/** Messages that one `SendMessageBatch` may hold. Fact: sqs/batch.maxEntries. */
export const MESSAGES_PER_CALL = 10;
/** Longest delay of a message, in seconds. Fact: sqs/delay.maxSec. */
export const MAXIMUM_MESSAGE_DELAY_SECONDS = 900;
/** Events that one `PutEvents` may hold. Fact: eventbridge/putEvents.maxEntries. */
export const EVENTS_PER_CALL = 10;
/** Bytes that one `PutEvents` may hold. Fact: eventbridge/putEvents.maxBytes. */
export const EVENT_BYTES_PER_CALL = 262144;
