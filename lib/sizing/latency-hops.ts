import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp } from './arithmetic';
import { formatNumber, formatShare } from './format';
import { always, exponential, lognormal, oneOf, slowestOf, TimeDraw, upTo } from './latency-draws';
import { LatencySizes } from './latency-sizes';
import { meanOfLognormal } from './worker-lane';

/** One step of a payment, with the distribution of its time. */
export interface Hop {
  readonly name: string;
  /** How the time was modelled, in words and with its numbers. */
  readonly model: string;
  readonly draw: TimeDraw;
  /** Slower times that somebody reports; they count at the high end of the band. */
  readonly reported?: TimeDraw;
  /** Ids of the facts in it. */
  readonly facts: readonly string[];
}

const CPU_FACTS = ['payment-api/cpuPerPayment', 'payment-api/cpuPerRequest', 'payment-api/cpuPerTokenCheck'];
/** Steps to the fixed point of batch and invocation, each of which feeds the other; it is reached in far fewer. */
const FIXED_POINT_STEPS = 100;

/** From the request at the edge to the answer 202. */
export function acceptHops(workload: Workload, sizes: LatencySizes, facts: Facts): Hop[] {
  return [
    webAclHop(workload, facts), balancerHop(facts), networkHop(facts), ...taskHops(workload, sizes, facts), lingerHop(workload, sizes), putHop(facts),
  ];
}

/** From the stream to the effect in the ledger. */
export function settleHops(workload: Workload, sizes: LatencySizes, facts: Facts): Hop[] {
  const lane = typicalLane(workload, sizes, facts);
  return [deliveryHop(sizes, facts), ...windowHop(sizes), laneHop(lane), invocationHop(lane, facts), ledgerHop(lane, facts)];
}

function webAclHop(workload: Workload, facts: Facts): Hop {
  const share = workload.publicEdgeShare;
  const ids = ['waf/added.p50.default', 'waf/added.p99.default'];
  const [p50, p99] = ids.map((id) => facts.number(id));
  return {
    name: 'web ACL',
    model: `${formatNumber(p50)} ms in the median, ${formatNumber(p99)} ms at p99, for the ${formatShare(share)} of requests that come through the public edge`,
    draw: oneOf(share, lognormal(p50, p99), always(0)),
    facts: ids,
  };
}

function balancerHop(facts: Facts): Hop {
  const ids = ['alb/added.p50.default', 'alb/added.p99.default'];
  const [p50, p99] = ids.map((id) => facts.number(id));
  return {
    name: 'load balancer',
    model: `${formatNumber(p50)} ms in the median, ${formatNumber(p99)} ms at p99, on a warm connection; TLS handshakes are not in it`,
    draw: lognormal(p50, p99),
    facts: ids,
  };
}

function networkHop(facts: Facts): Hop {
  const zones = facts.number('target/fargate.availabilityZones');
  const [same, cross] = [facts.number('network/sameAzRtt'), facts.number('network/crossAzRtt')];
  return {
    name: 'network',
    model: `one round trip from balancer to task: ${formatNumber(cross)} ms across zones, ${formatNumber(same)} ms within one of ${zones}`,
    draw: oneOf(1 / zones, always(same), always(cross)),
    facts: ['network/sameAzRtt', 'network/crossAzRtt', 'target/fargate.availabilityZones'],
  };
}

function taskHops(workload: Workload, sizes: LatencySizes, facts: Facts): Hop[] {
  const [perPayment, perRequest, perCheck] = CPU_FACTS.map((id) => facts.number(id));
  const read = (perRequest + perCheck) / 1000 / sizes.vcpus;
  const request = workload.paymentsPerRequest * perPayment / 1000 / sizes.vcpus + read;
  const requests = workload.peak.perSecond / workload.paymentsPerRequest / sizes.tasks;
  const reads = workload.peak.perSecond * workload.readsPerPayment / sizes.tasks;
  // Beyond all of its CPU a task has no waiting time at all, only a growing one; what is drawn then is far above any target.
  const busy = Math.min(0.999, (requests * request + reads * read) / 1000);
  const mean = (requests * request + reads * read) / (requests + reads);
  const spread = workload.payloadSize.p99Bytes / workload.payloadSize.meanBytes;
  return [{
    name: 'wait for a task',
    model: `${formatShare(busy)} of requests find one of ${formatNumber(sizes.tasks)} tasks busy and wait ${formatNumber(mean / (1 - busy))} ms in the mean `
      + '(M/M/1 for each task: no task helps another, all tasks are up)',
    draw: oneOf(busy, exponential(mean / (1 - busy)), always(0)),
    facts: CPU_FACTS,
  }, {
    name: 'request',
    model: `${formatNumber(request)} ms of CPU for a request of ${formatNumber(workload.paymentsPerRequest)} payments; at p99 ${formatNumber(spread)} times that, like its payload`,
    draw: spread > 1 ? lognormal(request, request * spread) : always(request),
    facts: CPU_FACTS,
  }];
}

function lingerHop(workload: Workload, sizes: LatencySizes): Hop {
  const rate = workload.peak.perSecond / sizes.tasks / 1000;
  const filled = Math.max(0, sizes.paymentsOfFullRecord - workload.paymentsPerRequest) / rate;
  const linger = Math.min(sizes.lingerMilliseconds, filled);
  const joining = rate / workload.paymentsPerRequest * linger;
  return {
    name: 'packing',
    model: `a record stays open for ${formatNumber(linger)} ms; ${formatShare(1 / (1 + joining))} of requests open one and wait all of it, the others any part of it`,
    draw: oneOf(1 / (1 + joining), always(linger), upTo(linger)),
    facts: [],
  };
}

function putHop(facts: Facts): Hop {
  const ids = ['kinesis/putRecord.p50.default', 'kinesis/putRecord.p99.default'];
  const [p50, p99] = ids.map((id) => facts.number(id));
  const others = ['kinesis/putRecords.p50', 'kinesis/putRecords.p99'];
  const [other50, other99] = others.map((id) => facts.number(id));
  return {
    name: 'PutRecords',
    model: `${formatNumber(p50)} ms in the median, ${formatNumber(p99)} ms at p99; one production system is said to see ${formatNumber(other50)} ms `
      + `and ${formatNumber(other99)} ms, which is the high end of the band`,
    draw: lognormal(p50, p99),
    reported: lognormal(Math.max(p50, other50), Math.max(p99, other99)),
    facts: [...ids, ...others],
  };
}

function deliveryHop(sizes: LatencySizes, facts: Facts): Hop {
  const ids = ['p50', 'p99'].map((it) => `lambda-esm/kinesis.${sizes.enhancedFanOut ? 'efo' : 'standard'}.${it}`);
  const [p50, p99] = ids.map((id) => facts.number(id));
  return {
    name: 'stream to function',
    model: `${sizes.enhancedFanOut ? 'enhanced fan-out' : 'polling'}: ${formatNumber(p50)} ms in the median, ${formatNumber(p99)} ms at p99, measured at a low rate `
      + 'from the put on, so that a part of PutRecords counts twice',
    draw: lognormal(p50, p99),
    facts: ids,
  };
}

function windowHop(sizes: LatencySizes): Hop[] {
  const milliseconds = 1000 * sizes.windowSeconds;
  return milliseconds === 0 ? [] : [{
    name: 'batching window',
    model: `any part of ${formatNumber(milliseconds)} ms`,
    draw: upTo(milliseconds),
    facts: [],
  }];
}

/** What one lane of the worker does at the peak: as much arrives during an invocation as the next one takes. */
interface TypicalLane {
  readonly payments: number;
  /** Mean time of an invocation. */
  readonly milliseconds: number;
  /** Share of records that find the lane busy. */
  readonly busy: number;
  readonly cpuMilliseconds: number;
  /** Calls of one round, which are in flight together, and rounds. */
  readonly calls: number;
  readonly rounds: number;
}

const OVERHEAD_FACTS = ['lambda/invokeOverhead.sync.p50.default', 'lambda/invokeOverhead.sync.p99.default'];
const CALL_FACTS = ['dynamodb/batchStatement25.p50.default', 'dynamodb/batchStatement25.p99.default'];
const LANE_FACTS = ['payment-worker/cpuPerPayment', 'lambda/memory.mbPerVcpu', 'dynamodb/batchStatement.maxStatements', 'target/worker.callsInFlight',
  ...OVERHEAD_FACTS, ...CALL_FACTS];

function typicalLane(workload: Workload, sizes: LatencySizes, facts: Facts): TypicalLane {
  const [overhead50, overhead99, call50, call99] = [...OVERHEAD_FACTS, ...CALL_FACTS].map((id) => facts.number(id));
  const statements = facts.number('dynamodb/batchStatement.maxStatements');
  const inFlight = facts.number('target/worker.callsInFlight');
  const vcpus = Math.min(1, sizes.workerMemoryMiB / facts.number('lambda/memory.mbPerVcpu'));
  const cpu = facts.number('payment-worker/cpuPerPayment') / 1000 / vcpus;
  const rate = workload.peak.perSecond / sizes.shards / 1000;
  const largest = Math.max(sizes.paymentsPerRecord, sizes.batchSize * sizes.paymentsPerRecord);
  const rounds = (payments: number): number => Math.ceil(payments / statements / inFlight);
  const [overhead, call] = [meanOfLognormal(overhead50, overhead99), meanOfLognormal(call50, call99)];
  const time = (payments: number): number => overhead + payments * cpu + rounds(payments) * call;

  let payments = sizes.paymentsPerRecord;
  for (let step = 0; step < FIXED_POINT_STEPS; step++) {
    payments = clamp(rate * (time(payments) + 1000 * sizes.windowSeconds), sizes.paymentsPerRecord, largest);
  }
  const gap = sizes.paymentsPerRecord / rate;
  return {
    payments,
    milliseconds: time(payments),
    busy: time(payments) / (time(payments) + gap),
    cpuMilliseconds: payments * cpu,
    calls: Math.min(inFlight, Math.ceil(payments / statements)),
    rounds: rounds(payments),
  };
}

function laneHop(lane: TypicalLane): Hop {
  return {
    name: 'wait for the lane',
    model: `${formatShare(lane.busy)} of records find an invocation of their shard under way, of ${formatNumber(lane.milliseconds)} ms in the mean, and wait for its rest`,
    draw: oneOf(lane.busy, upTo(lane.milliseconds), always(0)),
    facts: LANE_FACTS,
  };
}

function invocationHop(lane: TypicalLane, facts: Facts): Hop {
  const [p50, p99] = OVERHEAD_FACTS.map((id) => facts.number(id));
  const overhead = lognormal(p50, p99);
  return {
    name: 'invocation',
    model: `${formatNumber(p50)} ms in the median, ${formatNumber(p99)} ms at p99 of a warm environment, and ${formatNumber(lane.cpuMilliseconds)} ms of CPU `
      + `for the ${formatNumber(lane.payments)} payments of a batch`,
    draw: (random) => overhead(random) + lane.cpuMilliseconds,
    facts: [...OVERHEAD_FACTS, 'payment-worker/cpuPerPayment', 'lambda/memory.mbPerVcpu'],
  };
}

function ledgerHop(lane: TypicalLane, facts: Facts): Hop {
  const [p50, p99] = CALL_FACTS.map((id) => facts.number(id));
  const round = slowestOf(lane.calls, p50, p99);
  return {
    name: 'ledger write',
    model: `rounds of calls: ${formatNumber(lane.rounds)}, calls at a time: ${formatNumber(lane.calls)}, each ${formatNumber(p50)} ms in the median, `
      + `${formatNumber(p99)} ms at p99; the slowest call of a round counts`,
    draw: (random) => {
      let milliseconds = 0;
      for (let done = 0; done < lane.rounds; done++) {
        milliseconds += round(random);
      }
      return milliseconds;
    },
    facts: CALL_FACTS,
  };
}
