import type { Finding, Rule } from '../../rule';
import { isWatched } from '../../views/alarms';
import { namesOf } from '../../views/dimensions';
import { mappingsOf } from '../../views/event-source-mappings';

export const queueBacklog: Rule = {
  id: 'HT-ALARM-007',
  severity: 'warning',
  what: 'Nothing tells that the messages of a queue wait.',
  why: 'A queue hides that its worker is too slow or stands still, until messages pass their retention and are deleted.',
  fix: 'Make an alarm on ApproximateAgeOfOldestMessage, or on ApproximateNumberOfMessagesVisible above twice what is usual.',
  source: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html',
  *check(context): Iterable<Finding> {
    const queues = mappingsOf(context, 'queue').flatMap((it) => it.source.resource ?? []);
    for (const resource of new Set(queues)) {
      const names = ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible'];
      if (!isWatched(context, { namespace: 'AWS/SQS', names, dimension: 'QueueName', values: namesOf(resource) })) {
        yield { resource, message: 'no alarm looks at the age or the number of its messages' };
      }
    }
  },
};
