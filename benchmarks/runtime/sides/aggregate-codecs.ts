import { createHash } from 'node:crypto';
import protobuf from 'protobufjs';
import { AggregateBuilder, deaggregate } from '../../../lambdas/runtime/aggregate/kpl-aggregate';

/** Payments in one record of the stream. All sides write the same bytes. */
export interface AggregateCodec {
  encode(records: readonly Buffer[]): Uint8Array;
  /** @returns how many records are in it */
  decode(base64: string): number;
}

interface Peer {
  RecordAggregator: new () => { addUserRecord(record: { partitionKey: string; data: Buffer }): void; build(): { data: Buffer } };
  deaggregateSync(record: object, checksums: boolean, done: (error: Error | undefined, records: readonly object[]) => void): void;
}
// Its own types need the AWS SDK of version 2.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const peer = require('aws-kinesis-agg') as Peer;

const PARTITION_KEY = 'p';
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;
const Aggregated = protobuf.parse(`
  syntax = "proto2";
  message AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3; }
  message Tag { required string key = 1; optional string value = 2; }
  message Record {
    required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; repeated Tag tags = 4;
  }`).root.lookupType('AggregatedRecord');

export const AGGREGATE_CODECS: Readonly<Record<string, AggregateCodec>> = {
  kit: {
    encode: (records) => {
      const builder = new AggregateBuilder(1_000_000);
      records.forEach((data) => builder.tryAdd(PARTITION_KEY, data));
      return builder.build();
    },
    decode: (base64) => deaggregate(Buffer.from(base64, 'base64'), PARTITION_KEY).length,
  },
  awsKinesisAgg: {
    encode: (records) => {
      const aggregator = new peer.RecordAggregator();
      records.forEach((data) => aggregator.addUserRecord({ partitionKey: PARTITION_KEY, data }));
      return aggregator.build().data;
    },
    decode: (base64) => {
      let count = 0;
      peer.deaggregateSync({ partitionKey: PARTITION_KEY, sequenceNumber: '1', data: base64 }, true, (error, records) => {
        if (error) {
          throw error;
        }
        count = records.length;
      });
      return count;
    },
  },
  /** The format in an hour: the message by protobufjs, the rest by hand, one partition key. */
  plain: {
    encode: (records) => {
      const message = Aggregated.encode({
        partitionKeyTable: [PARTITION_KEY], records: records.map((data) => ({ partitionKeyIndex: 0, data })),
      } as unknown as protobuf.Message).finish();
      return Buffer.concat([MAGIC, message, createHash('md5').update(message).digest()]);
    },
    decode: (base64) => {
      const data = Buffer.from(base64, 'base64');
      const message = data.subarray(MAGIC.length, data.length - DIGEST_BYTES);
      if (!data.subarray(0, MAGIC.length).equals(MAGIC) || !createHash('md5').update(message).digest().equals(data.subarray(data.length - DIGEST_BYTES))) {
        throw new Error('it is no aggregate');
      }
      const { partitionKeyTable, records } = Aggregated.decode(message) as unknown as {
        partitionKeyTable: string[]; records: { partitionKeyIndex: { toNumber(): number }; data: Buffer }[];
      };
      return records.map((record) => ({ partitionKey: partitionKeyTable[record.partitionKeyIndex.toNumber()], data: record.data })).length;
    },
  },
};
