import { deliveryMilliseconds } from '../../../sizing/delivery';
import { formatNumber } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';

export const pollingTooSlow: Rule = {
  id: 'HT-STREAM-004',
  severity: 'warning',
  what: 'A function polls a stream, which takes longer than the target to settle leaves.',
  why: 'A poll comes once a second for each shard as long as nothing is there: the target is missed before any work is done.',
  fix: 'Map the function to a consumer of its own (AWS::Kinesis::StreamConsumer, enhanced fan-out), or set the target above the delivery time.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
  *check(context) {
    for (const { resource, source } of mappingsOf(context, 'kinesis')) {
      const workload = source.consumer === undefined ? context.workloadOf(source.resource ?? resource) : undefined;
      if (workload === undefined) {
        continue;
      }
      const { milliseconds, percentile } = workload.latencyTarget.settle;
      const facts = context.factsFor(resource);
      const polling = deliveryMilliseconds(workload, facts, false);
      if (polling >= milliseconds) {
        yield {
          resource,
          property: 'Properties.EventSourceArn',
          message: `${formatNumber(milliseconds)} ms to settle at p${percentile}; polling alone takes ${formatNumber(polling)} ms, `
            + `a consumer of its own ${formatNumber(deliveryMilliseconds(workload, facts, true))} ms`,
        };
      }
    }
  },
};
