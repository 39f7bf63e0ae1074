import type { Finding, Rule } from '../../rule';
import { redriveTarget } from '../../views/dead-letters';

/** What somebody reads is not delivered again from a queue. */
const MACHINES = new Set(['lambda', 'sqs', 'firehose', 'http', 'https']);

export const lostNotification: Rule = {
  id: 'HT-RESILIENCE-009',
  severity: 'warning',
  what: 'A message that a subscriber cannot take is dropped.',
  why: 'SNS does not repeat what is refused for a permission, a key or an endpoint that is gone: the message is lost at once, whatever the retry policy says.',
  fix: 'Give the subscription a RedrivePolicy with a dead-letter queue.',
  source: 'https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::SNS::Subscription')) {
      const protocol = String(resource.properties.Protocol);
      if (MACHINES.has(protocol) && redriveTarget(resource) === undefined) {
        yield { resource, property: 'Properties.RedrivePolicy', message: `the ${protocol} subscription has no dead-letter queue` };
      }
    }
  },
};
