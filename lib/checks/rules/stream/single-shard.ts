import type { Rule } from '../../rule';
import { kinesisStreams, provisionedShards } from '../../views/streams';

export const singleShard: Rule = {
  id: 'HT-STREAM-002',
  severity: 'warning',
  what: 'A stream has one shard, and nothing says that one is enough.',
  why: 'One shard takes 1,000 records or 1 MiB a second, and one slow batch holds up everything. A default is no size.',
  fix: 'State the workload, and provision the shards that follow from it.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html',
  *check(context) {
    for (const resource of kinesisStreams(context)) {
      if (provisionedShards(resource) === 1 && !context.knowsWorkloadOf(resource) && context.decisionsOf(resource).length === 0) {
        yield { resource, property: 'Properties.ShardCount', message: 'one shard, without a stated workload' };
      }
    }
  },
};
