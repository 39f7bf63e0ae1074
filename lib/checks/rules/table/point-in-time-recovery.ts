import type { Rule } from '../../rule';
import { tables } from '../../views/tables';

/** AwsSolutions warns of it as well (DDB3), which stops no synthesis. */
export const pointInTimeRecovery: Rule = {
  id: 'HT-TABLE-001',
  severity: 'warning',
  what: 'A table cannot be taken back to an earlier moment.',
  why: 'A faulty release that overwrites items overwrites them for good: replicas and streams repeat the mistake within a second.',
  fix: 'Set PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, for each replica of a global table.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html',
  *check(context) {
    for (const { resource, recoverable } of tables(context)) {
      if (!recoverable) {
        yield { resource, property: 'Properties.PointInTimeRecoverySpecification', message: 'point-in-time recovery is off' };
      }
    }
  },
};
