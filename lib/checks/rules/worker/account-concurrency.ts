import { formatNumber } from '../../../sizing/format';
import type { Finding, Rule } from '../../rule';
import { reservedConcurrencyOf } from '../../views/functions';
import { byRegion } from '../../views/regions';

/** The quota is adjustable, so this asks to raise it and never stops a synthesis. Where all reservations were derived, the quota plan asks. */
export const accountConcurrency: Rule = {
  id: 'HT-WORKER-011',
  severity: 'warning',
  what: 'Functions reserve more executions than the account has.',
  why: 'A reservation that leaves less than 100 executions to all others is refused: the deployment stops halfway.',
  fix: 'Have the quota of concurrent executions raised before the deployment, or reserve less.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html',
  *check(context): Iterable<Finding> {
    const reserving = context.topology.ofType('AWS::Lambda::Function').filter((it) => (reservedConcurrencyOf(it) ?? 0) > 0);
    for (const [region, functions] of byRegion(reserving)) {
      const facts = context.factsFor(functions[0]);
      const available = facts.number('lambda/concurrency.accountDefault') - facts.number('lambda/concurrency.unreservedMinimum');
      const reserved = functions.reduce((sum, it) => sum + reservedConcurrencyOf(it)!, 0);
      if (reserved > available && functions.some((it) => context.decided(it, 'reservedConcurrency') === undefined)) {
        const largest = [...functions].sort((a, b) => reservedConcurrencyOf(b)! - reservedConcurrencyOf(a)!)[0];
        yield {
          resource: largest,
          property: 'Properties.ReservedConcurrentExecutions',
          message: `${functions.length} functions reserve ${formatNumber(reserved)} executions in ${region}, `
            + `this one ${formatNumber(reservedConcurrencyOf(largest)!)}; ${formatNumber(available)} can be reserved`,
        };
      }
    }
  },
};
