import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatSeconds } from './format';

const HOUR = 3600;

/** How long a payment may be under way before its idempotency record must still be there: everything but the time in the stream. */
export function secondsBesideStream(workload: Workload, facts: Facts): number {
  return workload.clientRetryWindow.toSeconds() + workload.refundWait.toSeconds() + facts.number('target/parking.holdHours') * HOUR;
}

/** Time that a ledger row lives: the longer of the two windows that are promised to clients. */
export function ledgerTimeToLiveSeconds(workload: Workload): number {
  return Math.max(workload.idempotencyWindow.toSeconds(), workload.refundWindow.toSeconds());
}

/**
 * Retention of a stream: what the recovery tier asks for, but short enough that a record which is read at its very end still meets the
 * idempotency record of an earlier try.
 */
export function retentionDecision(workload: Workload, facts: Facts, path: string): Decision {
  const tier = workload.recoveryTier.name;
  const minimum = facts.number('kinesis/retention.minHours');
  const maximum = facts.number('kinesis/retention.maxHours');
  const wanted = facts.number(`target/kinesis.retentionHours.${tier}`);
  const timeToLive = ledgerTimeToLiveSeconds(workload);
  const beside = secondsBesideStream(workload, facts);
  const possible = roundDown((timeToLive - beside) / HOUR);
  const hours = clamp(Math.min(wanted, possible), minimum, maximum);
  return Decision.derive({
    path,
    name: 'retention',
    value: hours,
    unit: 'h',
    formula: `max(${minimum} h, min(${wanted} h, ${formatSeconds(timeToLive)} in the ledger - ${formatSeconds(beside)} of retries, waiting and parking)) = ${hours}`,
    inputs: { wantedHours: wanted, timeToLiveSeconds: timeToLive, besideSeconds: beside },
    binding: hours === wanted ? `an outage of the worker that loses nothing (recovery tier ${tier})`
    : hours === minimum ? 'shortest retention of a stream'
    : 'a record must not outlive the idempotency record of its payment',
    rejected: [{
      option: `more than ${formatNumber(Math.max(possible, minimum))} h`,
      because: 'a record could outlive the idempotency record of its payment and be applied again',
    }],
    facts: ['kinesis/retention.minHours', 'kinesis/retention.maxHours', `target/kinesis.retentionHours.${tier}`, 'target/parking.holdHours'],
    limits: { minimum, maximum, because: 'retention of a stream' },
  });
}
