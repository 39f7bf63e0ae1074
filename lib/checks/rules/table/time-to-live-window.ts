import { formatSeconds } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { timeToLiveVariables } from '../../views/time-to-live';

export const timeToLiveWindow: Rule = {
  id: 'HT-TABLE-007',
  severity: 'error',
  what: 'Items go before the window is over that they are kept for.',
  why: 'A payment that is repeated after its item has gone is booked a second time, and a refund no longer finds its payment.',
  fix: 'Let items live at least as long as the longer of the idempotency window and the refund window.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html',
  *check(context): Iterable<Finding> {
    for (const { resource, variable, seconds, tables } of timeToLiveVariables(context)) {
      const workload = tables.length === 0 ? undefined : context.workloadOf(resource);
      if (workload === undefined) {
        continue;
      }
      const window = Math.max(workload.idempotencyWindow.toSeconds(), workload.refundWindow.toSeconds());
      if (seconds < window) {
        yield {
          resource,
          property: `Properties.Environment.Variables.${variable}`,
          message: `items live for ${formatSeconds(seconds)}; payments are recognised and refunded for ${formatSeconds(window)}`,
        };
      }
    }
  },
};
