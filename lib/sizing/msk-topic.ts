import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { consumerLane } from './consumer-lane';
import { Decision } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatSeconds, formatShare } from './format';
import { paymentLayout, recordBytes } from './payment-layout';
import { ledgerTimeToLiveSeconds, secondsBesideStream } from './stream-retention';

const PATH = 'msk';
const MEGA = 1e6;
const PRODUCE_99 = 'msk/produce.acksAll.p99.default';
const FETCH_99 = 'msk/fetch.p99.default';
const MAPPING_99 = 'lambda-esm/kafka.provisioned.p99';
const INVOKE_99 = 'lambda/invokeOverhead.sync.p99.default';

/** What is written to a topic; every payment is a record of its own, because the client batches them. */
export interface TopicTraffic {
  readonly bytesPerRecord: number;
  readonly peakBytesPerSecond: number;
  readonly averageBytesPerSecond: number;
}

export function topicTraffic(workload: Workload, facts: Facts): TopicTraffic {
  const bytesPerRecord = recordBytes(workload.payloadSize, paymentLayout(facts)) + facts.number('kafka/record.overheadBytes');
  return {
    bytesPerRecord,
    peakBytesPerSecond: workload.peak.perSecond * bytesPerRecord,
    averageBytesPerSecond: workload.average.perSecond * bytesPerRecord,
  };
}

/** 99th percentile from the request to a consumer that waits for records: acknowledged by all replicas, then fetched. */
export function fetchedMilliseconds(facts: Facts): number {
  return facts.number(PRODUCE_99) + facts.number(FETCH_99);
}

/** 99th percentile from the request to a function behind a mapping in provisioned mode. */
export function mappedMilliseconds(facts: Facts): number {
  return facts.number(MAPPING_99);
}

/** The lane of a function behind a Kafka mapping. */
export function mappedLane(workload: Workload, facts: Facts, vcpus: number): ReturnType<typeof consumerLane> {
  return consumerLane(workload, facts, {
    vcpus,
    deliveryMilliseconds: mappedMilliseconds(facts),
    overheadMilliseconds: facts.number(INVOKE_99),
  });
}

/** The lane of a process that reads partitions by itself. */
export function fetchingLane(workload: Workload, facts: Facts, vcpus: number): ReturnType<typeof consumerLane> {
  return consumerLane(workload, facts, {
    vcpus,
    deliveryMilliseconds: fetchedMilliseconds(facts),
    overheadMilliseconds: 0,
    cpuFactor: 1 + facts.number('consumer-library/cpuShare'),
  });
}

/** Partitions for bytes, for consumers that catch up, and for the share of payments that one of them may hold up. */
export function partitionsDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const tier = workload.recoveryTier.name;
  const blastRadius = trail.number(`target/kinesis.blastRadius.${tier}`);
  const zones = trail.number('target/msk.availabilityZones');
  const perPartition = trail.number('target/msk.partitionMBps') * MEGA;
  const catchUp = trail.number('target/worker.catchUpFactor');
  const { peakBytesPerSecond } = topicTraffic(workload, trail);
  const rate = workload.peak.perSecond;

  // The slower of both consumers decides, so that the worker can move from one to the other. A mapping that the target leaves so little time that
  // it would take more than twice the partitions is left out.
  const fetching = fetchingLane(workload, trail, 1);
  const mapped = mappedLane(workload, trail, 1);
  const lane = mapped.paymentsPerSecond >= fetching.paymentsPerSecond / 2 ? mapped : fetching;
  const byBytes = peakBytesPerSecond / perPartition;
  const byLanes = rate * catchUp / lane.paymentsPerSecond;
  const least = 1 / blastRadius;
  const partitions = zones * roundUp(Math.max(byBytes, byLanes, least) / zones);
  return Decision.derive({
    path: PATH,
    name: 'partitions',
    value: partitions,
    unit: 'partitions',
    formula: `ceil(max(${formatBytes(peakBytesPerSecond)}/s / ${formatNumber(perPartition / MEGA)} MB/s, `
      + `${formatNumber(rate)}/s x ${catchUp} / ${formatNumber(lane.paymentsPerSecond)}/s of a consumer, ${formatNumber(least)} by blast radius) / ${zones} zones) x ${zones} = ${partitions}`,
    inputs: {
      peakBytesPerSecond, paymentsPerSecond: rate, paymentsPerSecondOfOneConsumer: lane.paymentsPerSecond,
      worstShareBehindOnePartition: blastRadius, zones,
    },
    binding: byBytes >= Math.max(byLanes, least) ? 'bytes written to a partition'
    : byLanes >= least ? 'payments that one consumer settles while it catches up; each partition has one'
    : `a partition in trouble holds up at most ${formatShare(blastRadius)} of the topic (recovery tier ${tier})`,
    rejected: [{
      option: 'fewer, and more later',
      because: `${formatNumber(Math.max(1, roundUp(byBytes)))} would carry the bytes, but partitions are never taken away and a key moves to another one when some are added`,
    }],
    demand: Math.max(byBytes, byLanes / catchUp),
    limits: { minimum: 1, because: 'a topic without partitions takes nothing' },
    facts: trail.ids(),
  });
}

/** No order between payments is promised, so that no key has to bind a merchant to one partition. */
export function recordKeyDecision(workload: Workload, facts: Facts, partitions: number): Decision {
  const trail = new FactTrail(facts);
  const share = workload.keySkew.maximumShare();
  const { peakBytesPerSecond } = topicTraffic(workload, trail);
  const megabytes = share * peakBytesPerSecond / MEGA;
  const most = trail.number('target/msk.partitionMBps');
  const lane = fetchingLane(workload, trail, 1).paymentsPerSecond;
  const payments = share * workload.peak.perSecond;
  return Decision.derive({
    path: PATH,
    name: 'recordKey',
    value: 'none',
    formula: `any of ${formatNumber(partitions)} partitions for each batch of the client`,
    inputs: { hottestShare: share, megabytesOfHottestMerchant: megabytes, paymentsOfHottestMerchant: payments },
    binding: 'payments may be settled in any order: the ledger takes each once, and a refund waits for its payment',
    rejected: [{
      option: 'merchant as key',
      because: `the hottest merchant writes ${formatNumber(megabytes)} MB/s and ${formatNumber(payments)} payments/s to one partition, which takes `
        + `${formatNumber(most)} MB/s and whose consumer settles ${formatNumber(lane)}/s`
        + (megabytes > most || payments > lane ? '' : '; that would fit, but one slow merchant would hold up all that share its partition'),
    }],
    facts: trail.ids(),
  });
}

/** Time that the topic keeps records: what the recovery tier asks for, but no record may outlive its idempotency record. */
export function topicRetentionDecision(workload: Workload, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const tier = workload.recoveryTier.name;
  const wanted = trail.number(`target/msk.retentionHours.${tier}`);
  const timeToLive = ledgerTimeToLiveSeconds(workload);
  const beside = secondsBesideStream(workload, trail);
  const possible = roundDown((timeToLive - beside) / 3600);
  const hours = clamp(wanted, 1, Math.max(1, possible));
  return Decision.derive({
    path: PATH,
    name: 'retention',
    value: hours,
    unit: 'h',
    formula: `max(1 h, min(${wanted} h, ${formatSeconds(timeToLive)} in the ledger - ${formatSeconds(beside)} of retries, waiting and parking)) = ${hours}`,
    inputs: { wantedHours: wanted, timeToLiveSeconds: timeToLive, besideSeconds: beside },
    binding: hours === wanted ? `an outage of the worker that loses nothing (recovery tier ${tier})` : 'a record must not outlive the idempotency record of its payment',
    rejected: [{ option: `more than ${Math.max(1, possible)} h`, because: `a record could outlive the idempotency record of its payment, ${formatSeconds(timeToLive)}, and be applied again` }],
    limits: { minimum: 1, because: 'a topic that keeps nothing loses what its consumer has not read' },
    facts: trail.ids(),
  });
}
