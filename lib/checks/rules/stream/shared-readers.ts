import type { Rule } from '../../rule';
import { kinesisStreams, sharedReaders } from '../../views/streams';

export const streamSharedReaders: Rule = {
  id: 'HT-STREAM-003',
  severity: 'warning',
  what: 'Several readers share the read throughput of a stream.',
  why: 'All of them together get 5 reads and 2 MiB a second from a shard. Each waits for the others, and at a full shard they fall behind for good.',
  fix: 'Give each reader but one a consumer of its own (AWS::Kinesis::StreamConsumer, enhanced fan-out), or fan out behind one reader.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html',
  *check(context) {
    for (const resource of kinesisStreams(context)) {
      const readers = sharedReaders(context, resource);
      if (readers.length > 1) {
        const calls = context.factsFor(resource).number('kinesis/shard.getRecordsPerSec');
        yield { resource, message: `${readers.map(({ logicalId }) => logicalId).sort().join(', ')} share ${calls} reads/s of each shard` };
      }
    }
  },
};
