import type { Finding, Rule } from '../../rule';
import { isWatched } from '../../views/alarms';
import { deadLetterQueues } from '../../views/dead-letters';
import { namesOf } from '../../views/dimensions';

export const deadLetters: Rule = {
  id: 'HT-ALARM-008',
  severity: 'warning',
  what: 'Nothing tells that messages were given up.',
  why: 'A dead-letter queue that nobody looks into deletes its messages after 14 days at most. NumberOfMessagesSent does not count what a queue moves there.',
  fix: 'Make an alarm on ApproximateNumberOfMessagesVisible of the dead-letter queue, above 0.',
  source: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html',
  *check(context): Iterable<Finding> {
    for (const resource of deadLetterQueues(context)) {
      const names = ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'];
      if (!isWatched(context, { namespace: 'AWS/SQS', names, dimension: 'QueueName', values: namesOf(resource) })) {
        yield { resource, message: 'it takes what others give up, and no alarm looks at its messages' };
      }
    }
  },
};
