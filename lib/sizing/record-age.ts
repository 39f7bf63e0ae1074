import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { clamp, roundDown } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatSeconds, formatShare } from './format';

/** Age after which a mapping gives a record up, short of the time for which its stream or topic keeps it. */
export function recordAgeDecision(path: string, kept: Duration, facts: Facts): Decision {
  const share = facts.number('target/worker.recordAgeShareOfRetention');
  const least = facts.number('lambda-esm/recordAge.minSec');
  const longest = facts.number('lambda-esm/recordAge.maxSec');
  const retention = kept.toSeconds();
  const seconds = clamp(3600 * roundDown(retention * share / 3600), least, longest);
  return Decision.derive({
    path,
    name: 'maximumRecordAge',
    value: seconds,
    unit: 's',
    formula: `min(${formatSeconds(retention)} x ${share} in whole hours, ${formatSeconds(longest)}) = ${formatNumber(seconds)}`,
    inputs: { retentionSeconds: retention, share },
    binding: seconds === longest ? 'longest age of a mapping' : `${formatShare(share)} of the retention, so that the failure destination comes before the loss`,
    rejected: [{ option: 'no limit', because: 'the record would expire in the stream, unseen' }],
    limits: { minimum: least, maximum: Math.min(longest, retention), because: 'age of a record in the stream' },
    facts: ['target/worker.recordAgeShareOfRetention', 'lambda-esm/recordAge.minSec', 'lambda-esm/recordAge.maxSec'],
  });
}
