import { formatNumber } from '../../../sizing/format';
import { retentionDecision } from '../../../sizing/stream-retention';
import type { Rule } from '../../rule';
import { kinesisStreams, retentionOf } from '../../views/streams';

export const shortRetention: Rule = {
  id: 'HT-STREAM-005',
  severity: 'warning',
  what: 'A stream forgets its records before an outage of its reader is likely to be over.',
  why: 'What is not read within the retention is gone. A day is over before somebody has found, mended and deployed what stopped the reader.',
  fix: 'Set RetentionPeriodHours to what the recovery tier asks for, at least to a weekend: 72.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html',
  *check(context) {
    for (const resource of kinesisStreams(context)) {
      const facts = context.factsFor(resource);
      const hours = retentionOf(resource, facts) / 3600;
      const workload = context.knowsWorkloadOf(resource) ? context.workloadOf(resource) : undefined;
      const decision = workload === undefined ? undefined : retentionDecision(workload, facts, 'stream');
      const needed = decision === undefined ? facts.number('kinesis/retention.minHours') + 1 : Number(decision.value);
      if (hours < needed) {
        const need = decision === undefined ? 'the shortest there is' : `${formatNumber(needed)} h are needed: ${decision.binding}`;
        yield { resource, property: 'Properties.RetentionPeriodHours', message: `${formatNumber(hours)} h, ${need}` };
      }
    }
  },
};
