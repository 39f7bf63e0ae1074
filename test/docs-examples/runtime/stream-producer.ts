import { type AwsCaller, StreamProducer } from '../../../lambdas/runtime';

/** In place of `new AwsJsonClient({ service: 'kinesis' })`: a stream that stores everything in one shard. */
const kinesis: AwsCaller = {
  call: async <Output>(_operation: string, { Records: records }: { readonly Records?: readonly object[] }) => (
    { Records: records?.map((_, index) => ({ ShardId: 'shardId-000000000000', SequenceNumber: String(index) })) } as Output
  ),
};
const producer = new StreamProducer<{ readonly device: string; readonly degrees: number }>({
  kinesis,
  streamName: 'readings',
  encode: (reading) => Buffer.from(JSON.stringify(reading)),
  placeOf: ({ device }) => ({ partitionKey: device }),
  overflow: 'drop-oldest',
});
const put = [21, 22].map((degrees) => producer.put({ device: 'd-1', degrees }));

export const answer = producer.drain().then(() => Promise.all(put)).then((outcomes) => outcomes.map(({ kind }) => kind)); // ["durable","durable"]
