import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { maximumReceives } from '../../views/dead-letters';

export const fewReceives: Rule = {
  id: 'HT-WORKER-016',
  severity: 'warning',
  what: 'A queue gives messages up after few attempts.',
  why: 'A throttled function counts as an attempt as well: under load valid messages end in the dead-letter queue without ever having been worked on.',
  fix: 'Set maxReceiveCount to 5 or more.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
  *check(context) {
    for (const { source } of mappingsOf(context, 'queue')) {
      if (source.resource === undefined) {
        continue;
      }
      const receives = maximumReceives(source.resource);
      const enough = context.factsFor(source.resource).number('lambda-esm/sqs.redrive.minReceiveCount');
      if (receives !== undefined && receives < enough) {
        yield { resource: source.resource, property: 'Properties.RedrivePolicy.maxReceiveCount', message: `${receives} of ${enough} attempts that are advised` };
      }
    }
  },
};
