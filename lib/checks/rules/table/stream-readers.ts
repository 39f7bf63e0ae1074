import type { Finding, Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { textOf } from '../../views/values';

export const streamReaders: Rule = {
  id: 'HT-TABLE-009',
  severity: 'error',
  what: 'A table stream has more readers than its shards serve.',
  why: 'The readers throttle each other: all of them fall behind, and what is older than 24 hours is lost to them.',
  fix: 'Fan out behind one reader, or send the changes to a Kinesis stream (KinesisStreamSpecification) and read that with enhanced fan-out.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html',
  *check(context): Iterable<Finding> {
    const { topology } = context;
    const mappings = mappingsOf(context, 'table');
    const pipes = topology.ofType('AWS::Pipes::Pipe').map((it) => textOf(it.properties.Source) ?? '');
    for (const resource of topology.ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')) {
      const limit = context.factsFor(resource).number('dynamodb/streams.readersPerShard');
      const readers = mappings.filter((it) => it.source.resource === resource).length
        + pipes.filter((source) => source.startsWith(`${resource.arn}/stream/`)).length;
      if (readers > limit) {
        yield { resource, property: 'Properties.StreamSpecification', message: `${readers} mappings and pipes read it; a shard serves ${limit}` };
      }
    }
  },
};
