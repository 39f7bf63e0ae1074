import { formatSeconds } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { redriveTarget } from '../../views/dead-letters';
import { numberOf } from '../../views/values';

export const shortLivedDeadLetters: Rule = {
  id: 'HT-WORKER-022',
  severity: 'warning',
  what: 'A dead-letter queue keeps messages no longer than the queue that they come from.',
  why: 'The age of a message counts on from when it was first sent: one that failed for days is deleted hours after it arrived there, or at once.',
  fix: 'Set MessageRetentionPeriod of the dead-letter queue to 14 days (1209600).',
  source: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html',
  *check(context) {
    const { topology } = context;
    for (const queue of topology.ofType('AWS::SQS::Queue')) {
      const resource = topology.find(redriveTarget(queue) ?? '');
      // In a FIFO queue the age starts anew.
      if (resource?.type !== 'AWS::SQS::Queue' || queue.properties.FifoQueue !== undefined) {
        continue;
      }
      const byDefault = context.factsFor(queue).number('sqs/retention.defaultSec');
      const kept = numberOf(resource.properties.MessageRetentionPeriod) ?? byDefault;
      const source = numberOf(queue.properties.MessageRetentionPeriod) ?? byDefault;
      const longest = context.factsFor(queue).number('sqs/retention.maxSec');
      if (kept <= source && kept < longest) {
        yield {
          resource,
          property: 'Properties.MessageRetentionPeriod',
          message: `${formatSeconds(kept)} here, ${formatSeconds(source)} in ${queue.logicalId}`,
        };
      }
    }
  },
};
