export { KinesisError, type KinesisErrorCode } from './errors';
export { type CreateStreamProps, KinesisEngine, type KinesisEngineProps } from './kinesis-engine';
export { KinesisServer, type KinesisServerProps } from './kinesis-server';
export { KinesisStream } from './kinesis-stream';
export { kinesisLimits, type KinesisLimits } from './limits';
export type { ShardStatistics } from './shard';
export type { StoredRecord } from './shard-log';
export { StreamConsumer } from './stream-consumer';
export type { StreamPosition, StreamRead } from './stream-reading';
