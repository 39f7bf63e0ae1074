import { formatBytes, formatNumber } from '../../../sizing/format';
import type { Rule } from '../../rule';
import { isOnDemand, kinesisStreams } from '../../views/streams';
import { numberOf } from '../../views/values';

const MEBIBYTE = 1024 ** 2;

export const onDemandStart: Rule = {
  id: 'HT-STREAM-006',
  severity: 'warning',
  what: 'A new stream on demand takes less than the peak writes.',
  why: 'It grows with what it has seen, to twice the peak of the last 30 days. A launch at full rate is throttled until it has.',
  fix: 'Set WarmThroughputMiBps where On-demand Advantage is on, provision shards, or raise the load over hours.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html',
  *check(context) {
    const streams = kinesisStreams(context).filter((it) => isOnDemand(it));
    for (const resource of streams) {
      const workload = context.workloadOf(resource);
      if (workload === undefined) {
        continue;
      }
      const facts = context.factsFor(resource);
      const sharing = streams.filter((it) => context.workloadOf(it) === workload).length;
      const peak = workload.peak.perSecond * workload.payloadSize.meanBytes / sharing;
      const warm = (numberOf(resource.properties.WarmThroughputMiBps) ?? 0) * MEBIBYTE;
      const start = Math.max(facts.number('kinesis/onDemand.initialWriteBytesPerSec'), warm);
      if (peak > start) {
        yield {
          resource,
          property: 'Properties.StreamModeDetails.StreamMode',
          message: `it starts with ${formatBytes(start)}/s; ${formatNumber(workload.peak.perSecond / sharing)} payments/s write ${formatBytes(peak)}/s`,
        };
      }
    }
  },
};
