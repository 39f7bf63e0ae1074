import type { Finding, Rule } from '../../rule';
import { listOf, objectOf, textOf } from '../../views/values';

export const lostEvent: Rule = {
  id: 'HT-RESILIENCE-010',
  severity: 'warning',
  what: 'An event that a target cannot take is dropped.',
  why: 'EventBridge gives up after 24 hours, and at once where it lacks a permission. The event is then gone without a trace but a metric.',
  fix: 'Give each target of the rule a DeadLetterConfig, and the queue a policy that lets events.amazonaws.com send.',
  source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html',
  *check({ topology }): Iterable<Finding> {
    // The next tick of a schedule makes up for a lost one; an event comes once.
    for (const resource of topology.ofType('AWS::Events::Rule').filter((it) => it.properties.EventPattern !== undefined)) {
      for (const [index, target] of listOf(resource.properties.Targets).map(objectOf).entries()) {
        const arn = textOf(target.Arn) ?? '';
        // A log group and another bus take everything; there is nothing to redrive.
        if (target.DeadLetterConfig === undefined && !/:logs:|:event-bus\//.test(arn)) {
          yield { resource, property: `Properties.Targets[${index}].DeadLetterConfig`, message: `the target ${textOf(target.Id) ?? arn} has no dead-letter queue` };
        }
      }
    }
  },
};
