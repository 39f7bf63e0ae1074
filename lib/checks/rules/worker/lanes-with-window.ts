import type { Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';

export const lanesWithWindow: Rule = {
  id: 'HT-WORKER-008',
  severity: 'error',
  what: 'A mapping has several lanes a shard and a tumbling window.',
  why: 'A window is the state of a whole shard, so it allows one lane: the deployment fails. A projection that counts on the order of a shard breaks as well.',
  fix: 'Set ParallelizationFactor to 1 where there is a TumblingWindowInSeconds.',
  source: 'https://github.com/terraform-aws-modules/terraform-aws-lambda/issues/619',
  *check(context) {
    for (const { resource, parallelizationFactor, tumblingWindow } of streamMappings(context)) {
      if (parallelizationFactor > 1 && tumblingWindow > 0) {
        yield { resource, property: 'Properties.ParallelizationFactor', message: `${parallelizationFactor} lanes a shard, and a window of ${tumblingWindow} s` };
      }
    }
  },
};
