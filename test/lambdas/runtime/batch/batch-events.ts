import type { DynamoDBRecord, DynamoDBStreamEvent, KinesisStreamEvent, MSKEvent, MSKRecord, SelfManagedKafkaEvent, SQSEvent, SQSRecord } from 'aws-lambda';
import { AggregateBuilder } from '../../../../lambdas/runtime/aggregate/kpl-aggregate';

/** Events as AWS Lambda delivers them. Contents are bytes as they are, text as it is, anything else as JSON. */
export type Content = Uint8Array | string | object;

export function bytesOf(content: Content): Buffer {
  return Buffer.from(content instanceof Uint8Array || typeof content === 'string' ? content : JSON.stringify(content));
}

/** Several contents in one record, as the Kinesis Producer Library packs them. */
export function aggregate(...contents: readonly Content[]): Uint8Array {
  const builder = new AggregateBuilder(1_000_000);
  contents.forEach((content, index) => builder.tryAdd(`key-${index}`, bytesOf(content)));
  return builder.build();
}

/** Sequence numbers of a shard: far above what a number can hold. */
export function sequence(index: number): string {
  return `49590338271490256608559692538361571095921575989136588${String(index).padStart(4, '0')}`;
}

export function kinesisEvent(
  contents: readonly { readonly content: Content; readonly key?: string; readonly sequence?: string }[],
): KinesisStreamEvent {
  return {
    Records: contents.map(({ content, key = 'p', sequence: sequenceNumber }, index) => ({
      awsRegion: 'eu-west-1', eventName: 'aws:kinesis:record', eventSource: 'aws:kinesis', eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/worker',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders',
      eventID: `shardId-000000000006:${sequenceNumber ?? sequence(index)}`,
      kinesis: {
        kinesisSchemaVersion: '1.0', partitionKey: key, sequenceNumber: sequenceNumber ?? sequence(index), approximateArrivalTimestamp: 1_700_000_000.12,
        data: bytesOf(content).toString('base64'),
      },
    })),
  };
}

export function message(messageId: string, body: string, others: { group?: string; queue?: string; traceParent?: string } = {}): SQSRecord {
  const { group, queue = 'orders', traceParent } = others;
  return {
    messageId, receiptHandle: 'AQEB', body, md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3', eventSource: 'aws:sqs', awsRegion: 'eu-west-1',
    eventSourceARN: `arn:aws:sqs:eu-west-1:111122223333:${queue}`,
    attributes: {
      ApproximateReceiveCount: '1', SentTimestamp: '1700000000000', SenderId: 'AIDA', ApproximateFirstReceiveTimestamp: '1700000000001',
      ...(group === undefined ? undefined : { MessageGroupId: group }),
    },
    messageAttributes: traceParent === undefined ? {} : { traceparent: { stringValue: traceParent, dataType: 'String' } },
  };
}

export function queueEvent(...records: readonly SQSRecord[]): SQSEvent {
  return { Records: [...records] };
}

export function change(sequenceNumber: string, row: string, others: Partial<DynamoDBRecord> = {}): DynamoDBRecord {
  return {
    eventID: `id-${sequenceNumber}`, eventName: 'INSERT', eventVersion: '1.1', eventSource: 'aws:dynamodb', awsRegion: 'eu-west-1',
    eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2026-11-22T00:00:00.000',
    dynamodb: {
      ApproximateCreationDateTime: 1_700_000_000, Keys: { pk: { S: row } }, NewImage: { pk: { S: row } }, SequenceNumber: sequenceNumber,
      SizeBytes: 20, StreamViewType: 'NEW_IMAGE',
    },
    ...others,
  };
}

export function tableEvent(...records: readonly DynamoDBRecord[]): DynamoDBStreamEvent {
  return { Records: [...records] };
}

export function kafkaRecord(
  partition: number, offset: number, content: Content | null, others: { key?: string; topic?: string; traceParent?: string } = {},
): MSKRecord {
  const { key, topic = 'orders', traceParent } = others;
  return {
    topic, partition, offset, timestamp: 1_700_000_000_000, timestampType: 'CREATE_TIME',
    ...(key === undefined ? {} : { key: Buffer.from(key).toString('base64') }),
    ...(content === null ? {} : { value: bytesOf(content).toString('base64') }),
    // Headers are lists of bytes, as Java writes them.
    headers: traceParent === undefined ? [] : [{ source: [-61, -92] }, { traceparent: [...Buffer.from(traceParent)] }],
  } as MSKRecord;
}

function byPartition(records: readonly MSKRecord[]): Record<string, MSKRecord[]> {
  const partitions: Record<string, MSKRecord[]> = {};
  records.forEach((record) => (partitions[`${record.topic}-${record.partition}`] ??= []).push(record));
  return partitions;
}

export function mskEvent(...records: readonly MSKRecord[]): MSKEvent {
  return {
    eventSource: 'aws:kafka', eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/c/1', bootstrapServers: 'b-1:9092', records: byPartition(records),
  };
}

export function selfManagedEvent(...records: readonly MSKRecord[]): SelfManagedKafkaEvent {
  return { eventSource: 'SelfManagedKafka', bootstrapServers: 'broker:9092', records: byPartition(records) };
}

/** What a context tells of the time that is left. */
export function contextOf(milliseconds = 60_000): { getRemainingTimeInMillis(): number } {
  return { getRemainingTimeInMillis: () => milliseconds };
}
