import type { Rule } from '../../rule';
import { tables } from '../../views/tables';

export const lostUpdates: Rule = {
  id: 'HT-TABLE-010',
  severity: 'warning',
  what: 'A table is written in several regions, and the later write wins.',
  why: 'Two regions that change the same item within a second both succeed, and one of the two changes is gone. A condition holds in its own region only.',
  fix: 'Deny writing in the ResourcePolicy of all replicas but one (never to the role of replication), or set MultiRegionConsistency to STRONG.',
  source: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html',
  *check(context) {
    for (const { resource, writingRegions } of tables(context)) {
      if (writingRegions.length > 1 && resource.properties.MultiRegionConsistency !== 'STRONG') {
        yield { resource, property: 'Properties.MultiRegionConsistency', message: `replicas in ${writingRegions.join(' and ')} take writes of their own` };
      }
    }
  },
};
