import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatNumber } from './format';
import { CostLine, MonthlyUsd, costDecision, dollars, monthlyCost, usageLine } from './monthly-cost';
import { planned } from './planned';

/** What an event bus is used for, and what that costs. */
export interface EventBusSizing {
  /** Calls a second at the peak, when each carries one event. */
  readonly putEventsPerSecond: number;
  readonly lines: readonly CostLine[];
  readonly monthlyUsd: MonthlyUsd;
  readonly decisions: readonly Decision[];
}

const PATH = 'eventBus';
const QUOTA = 'eventbridge/putEvents.tps';
const MILLION = 1e6;

/**
 * Sizes an event bus. Nothing has to be set for it: what is derived is how much of the account's quota it uses, and what its events cost.
 *
 * @param workload the events, e.g. `payments.share(0.001)` where one payment in a thousand makes one
 */
export function sizeEventBus(workload: Workload, facts: Facts = Facts.DEFAULT): EventBusSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), () => []);
}

function sizeOnce(workload: Workload, facts: Facts): EventBusSizing {
  const trail = new FactTrail(facts);
  const calls = callsDecision(workload, facts);
  const parts = roundUp(workload.payloadSize.p99Bytes / trail.number('eventbridge/event.billedBytes'));
  const lines = [usageLine('events', { typical: parts * workload.average.perSecond, high: parts * workload.peak.perSecond }, trail.number('eventbridge/customEventMillion') / MILLION)];
  const monthlyUsd = monthlyCost(lines);
  return {
    putEventsPerSecond: calls.value as number,
    lines,
    monthlyUsd,
    decisions: [calls, costDecision({ path: PATH, lines, facts: trail.ids() })],
  };
}

function callsDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const quota = trail.number(QUOTA);
  const entries = trail.number('eventbridge/putEvents.maxEntries');
  const perMillion = trail.number('eventbridge/customEventMillion');
  const value = roundUp(workload.peak.perSecond);
  return Decision.derive({
    path: PATH,
    name: 'putEventsPerSecond',
    value,
    unit: 'calls/s',
    formula: `ceil(${formatNumber(workload.peak.perSecond)} events/s, one a call) = ${formatNumber(value)}`,
    inputs: { eventsPerSecond: workload.peak.perSecond, eventsOfFullCall: entries },
    binding: value > quota ? `more than the ${formatNumber(quota)} calls/s that the account may make: send up to ${entries} events a call, or use a stream`
    : 'events are few and come one by one',
    rejected: [{ option: 'an event for each payment', because: `${dollars(perMillion)} a million and one quota for the account and region; a stream carries them for a fraction` }],
    demand: workload.peak.perSecond,
    quota: quotaUse(trail, QUOTA, value),
    limits: { minimum: 1, because: 'a bus that nobody writes to' },
    facts: trail.ids(),
  });
}
