import { formatNumber, formatShare } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { decided } from '../../views/decisions';

export const overrideBelowNeed: Rule = {
  id: 'HT-CAPACITY-001',
  severity: 'warning',
  what: 'A size that was set by hand is below what the workload needs.',
  why: 'At the stated peak the resource is full before the rest: it throttles or queues, and everything behind it waits.',
  fix: 'Leave the size out, so that it is derived, or state a larger one. Where the workload is overstated, state that.',
  source: 'https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/design-your-workload-to-adapt-to-changes-in-demand.html',
  *check(context): Iterable<Finding> {
    for (const { decision, resource } of decided(context)) {
      if (decision.headroom !== undefined && decision.headroom < 0) {
        yield {
          resource,
          message: `${decision.name} is ${String(decision.value)} ${decision.unit}`.trimEnd()
            + `; the peak needs ${formatShare(-decision.headroom)} more${decision.derived === undefined ? '' : `, and ${formatted(decision.derived)} was derived`}`,
        };
      }
    }
  },
};

function formatted(value: number | string | boolean): string {
  return typeof value === 'number' ? formatNumber(value) : String(value);
}
