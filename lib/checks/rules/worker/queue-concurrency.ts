import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { reservedConcurrencyOf } from '../../views/functions';

export const queueConcurrency: Rule = {
  id: 'HT-WORKER-021',
  severity: 'warning',
  what: 'A queue is polled for more executions than its function may have.',
  why: 'The pollers take messages for executions that are then throttled. Each time counts as an attempt, and valid messages end in the dead-letter queue.',
  fix: 'Set ScalingConfig.MaximumConcurrency (maxConcurrency) to the reserved executions or less.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html',
  *check(context): Iterable<Finding> {
    for (const { resource, function: fn, maximumConcurrency, hasProvisionedPollers } of mappingsOf(context, 'queue')) {
      const reserved = fn === undefined ? undefined : reservedConcurrencyOf(fn);
      if (reserved !== undefined && reserved > 0 && !hasProvisionedPollers && !((maximumConcurrency ?? Infinity) <= reserved)) {
        const polled = maximumConcurrency === undefined ? 'nothing bounds the mapping' : `the mapping takes up to ${formatNumber(maximumConcurrency)}`;
        yield { resource, property: 'Properties.ScalingConfig.MaximumConcurrency', message: `${formatNumber(reserved)} executions are reserved, ${polled}` };
      }
    }
  },
};
