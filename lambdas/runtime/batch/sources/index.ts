import { kafkaSource } from './kafka-source';
import { kinesisSource } from './kinesis-source';
import { queueSource } from './queue-source';
import { tableStreamSource, tableStreamWindowSource } from './table-source';

/** Where batches come from. */
export const BatchSources = {
  /** Amazon Kinesis Data Streams, with records of the Kinesis Producer Library or without. */
  kinesis: kinesisSource,
  /** The stream of an Amazon DynamoDB table. */
  tableStream: tableStreamSource,
  /** The stream of an Amazon DynamoDB table through a mapping with a tumbling window. */
  tableStreamWindow: tableStreamWindowSource,
  /** An Amazon SQS queue, standard or FIFO. */
  sqs: queueSource,
  /** Apache Kafka, of Amazon MSK or self-managed. */
  kafka: kafkaSource,
} as const;
