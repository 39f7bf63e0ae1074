import type { Rule } from '../../rule';
import { kinesisStreams } from '../../views/streams';

export const consumerLimit: Rule = {
  id: 'HT-STREAM-008',
  severity: 'error',
  what: 'A stream has more consumers of their own throughput than it may have.',
  why: 'The deployment fails at the first consumer too many, and leaves the others half made.',
  fix: 'Let one consumer fan out to several functions, or write what they need to a second stream.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html',
  *check(context) {
    const consumers = context.topology.ofType('AWS::Kinesis::StreamConsumer');
    for (const resource of kinesisStreams(context)) {
      const count = consumers.filter((it) => it.properties.StreamARN === resource.arn).length;
      const limit = context.factsFor(resource).number('kinesis/efo.maxConsumersPerStream');
      if (count > limit) {
        yield { resource, message: `${count} consumers; a stream has up to ${limit}` };
      }
    }
  },
};
