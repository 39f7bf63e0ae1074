import { formatShare } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { mappingsOf } from '../../views/event-source-mappings';
import { numberOf } from '../../views/values';

export const defaultMemory: Rule = {
  id: 'HT-WORKER-018',
  severity: 'warning',
  what: 'A function works on batches with the least memory there is.',
  why: 'CPU comes with memory: the default is a fourteenth of a processor, and a full event of 6 MiB hardly fits beside the runtime.',
  fix: 'Set MemorySize by what the lane must settle: 1,769 MiB are one processor. More memory often costs nothing, because the work is over sooner.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html',
  *check(context) {
    const workers = new Set(mappingsOf(context, 'kinesis', 'table', 'kafka').map((it) => it.function));
    for (const resource of context.topology.ofType('AWS::Lambda::Function')) {
      const facts = context.factsFor(resource);
      const least = facts.number('lambda/memory.minMB');
      if (workers.has(resource) && (numberOf(resource.properties.MemorySize) ?? least) <= least) {
        yield {
          resource,
          property: 'Properties.MemorySize',
          message: `${least} MiB, ${formatShare(least / facts.number('lambda/memory.mbPerVcpu'))} of a processor`,
        };
      }
    }
  },
};
