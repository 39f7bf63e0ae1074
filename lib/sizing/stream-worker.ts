import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { deliveryFact } from './delivery';
import { formatBytes, formatNumber, formatSeconds } from './format';
import { LAMBDA_MEMORIES_FACTS, eventMemoryMiB, functionCapacity, lambdaMemories } from './lambda-memory';
import { KinesisStreamSizing } from './kinesis-stream';
import { AGGREGATE_FRAME_BYTES, LAYOUT_FACTS, aggregateOverheadBytes, paymentLayout, recordBytes } from './payment-layout';
import { planned } from './planned';
import { recordAgeDecision } from './record-age';
import { LANE_FACTS, WorkerLane, workerLane } from './worker-lane';

/** Size of the function that settles payments, and of its mapping to the stream. */
export interface StreamWorkerSizing {
  /** Stream records of an invocation, each of which carries several payments. */
  readonly batchSize: number;
  readonly batchingWindow: Duration;
  /** Concurrent batches of a shard; 1, because lanes do not work with aggregated records. */
  readonly parallelizationFactor: number;
  readonly memory: Size;
  readonly timeout: Duration;
  /** One execution environment for each lane. */
  readonly reservedConcurrency: number;
  /** Age after which a record goes to the failure destination; below the retention of the stream. */
  readonly maximumRecordAge: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'worker';
const PAYLOAD_LIMIT = 'lambda/payload.sync.maxBytes';
const CONCURRENCY_QUOTA = 'lambda/concurrency.accountDefault';

/** Sizes the worker of a stream. Give it the workload of one cell and the stream that was sized for it. */
export function sizeStreamWorker(workload: Workload, stream: KinesisStreamSizing, facts: Facts = Facts.DEFAULT): StreamWorkerSizing {
  return planned(workload, facts, (it) => sizeOnce(it, stream, facts),
    ({ memory, reservedConcurrency }) => [functionCapacity(facts, memory, reservedConcurrency)]);
}

function sizeOnce(workload: Workload, stream: KinesisStreamSizing, facts: Facts): StreamWorkerSizing {
  const memory = memoryDecision(workload, stream, facts);
  const lane = workerLane(workload, facts, memory.value as number, stream.enhancedFanOut);
  const batchSize = batchSizeDecision(workload, stream, facts, lane);
  const window = windowDecision(workload, stream, facts, lane);
  const timeout = timeoutDecision(facts, lane);
  const factor = parallelizationFactorDecision(stream, facts);
  const concurrency = concurrencyDecision(stream, facts);
  const age = recordAgeDecision(PATH, stream.retention, facts);
  return {
    batchSize: batchSize.value as number,
    batchingWindow: Duration.seconds(window.value as number),
    parallelizationFactor: 1,
    memory: Size.mebibytes(memory.value as number),
    timeout: Duration.seconds(timeout.value as number),
    reservedConcurrency: concurrency.value as number,
    maximumRecordAge: Duration.seconds(age.value as number),
    decisions: [memory, batchSize, window, factor, concurrency, timeout, age],
  };
}

function memoryDecision(workload: Workload, stream: KinesisStreamSizing, facts: Facts): Decision {
  const memories = lambdaMemories(facts);
  const catchUp = facts.number('target/worker.catchUpFactor');
  const needed = workload.peak.perSecond / stream.shards * catchUp;
  const forEvent = eventMemoryMiB(facts, facts.number(PAYLOAD_LIMIT));
  const capacity = (memoryMiB: number): number => workerLane(workload, facts, memoryMiB, stream.enhancedFanOut).paymentsPerSecond;
  const enough = memories.find((it) => capacity(it) >= needed && it >= forEvent);
  const memoryMiB = enough ?? memories[memories.length - 1];
  const smaller = memories.filter((it) => it < memoryMiB);
  return Decision.derive({
    path: PATH,
    name: 'memory',
    value: memoryMiB,
    unit: 'MiB',
    formula: `smallest of ${memories.join(', ')} whose lane settles ${formatNumber(workload.peak.perSecond / stream.shards)}/s x ${catchUp} `
      + `and that holds ${formatNumber(forEvent)} MiB = ${memoryMiB} with ${formatNumber(capacity(memoryMiB))}/s`,
    inputs: {
      paymentsPerSecondOfShard: workload.peak.perSecond / stream.shards,
      catchUpFactor: catchUp,
      laneCapacity: capacity(memoryMiB),
      memoryForEvent: forEvent,
    },
    binding: enough === undefined ? 'one thread uses one vCPU; only more shards settle more'
    : smaller.length === 0 ? 'smallest size that is offered' : 'CPU share that the lane needs to catch up',
    rejected: smaller.map((it) => ({ option: `${it} MiB`, because: `settles ${formatNumber(capacity(it))}/s in one lane` })),
    demand: memoryMiB * workload.peak.perSecond / stream.shards / capacity(memoryMiB),
    limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
    facts: [...LANE_FACTS, ...LAMBDA_MEMORIES_FACTS, 'target/worker.catchUpFactor', PAYLOAD_LIMIT, 'lambda/memory.minMB', 'lambda/memory.maxMB'],
  });
}

function batchSizeDecision(workload: Workload, stream: KinesisStreamSizing, facts: Facts, lane: WorkerLane): Decision {
  const { paymentsPerRecord } = stream.aggregation;
  const payment = recordBytes(workload.payloadSize, paymentLayout(facts));
  const data = AGGREGATE_FRAME_BYTES + paymentsPerRecord * (payment + aggregateOverheadBytes(payment));
  const eventBytes = Math.ceil(data / 3) * 4 + facts.number('lambda-esm/kinesis.recordMetadata.bytes');
  const limit = facts.number(PAYLOAD_LIMIT);
  const largest = facts.number('lambda-esm/stream.batchSize.max');

  const byTime = roundDown(lane.paymentsPerInvocation / paymentsPerRecord);
  const byPayload = roundDown(limit / eventBytes);
  const batchSize = clamp(Math.min(byTime, byPayload), 1, largest);
  return Decision.derive({
    path: PATH,
    name: 'batchSize',
    value: batchSize,
    unit: 'records',
    formula: `min(${formatNumber(lane.paymentsPerInvocation)} payments in ${formatNumber(lane.budgetMilliseconds)} ms / ${formatNumber(paymentsPerRecord)} a record, `
      + `${formatBytes(limit)} / ${formatBytes(eventBytes)}, ${formatNumber(largest)}) = ${formatNumber(batchSize)}`,
    inputs: {
      paymentsPerInvocation: lane.paymentsPerInvocation,
      budgetMilliseconds: lane.budgetMilliseconds,
      paymentsPerRecord,
      eventBytesPerRecord: eventBytes,
    },
    binding: batchSize === byTime || batchSize === 1 ? 'time that the settle target leaves to one invocation'
    : batchSize === byPayload ? 'payload of an invocation' : 'largest batch of a mapping',
    rejected: byTime < largest ? [{
      option: `${formatNumber(largest)} records`,
      because: `the payload holds ${formatNumber(byPayload)}, and they would take ${formatSeconds(byPayload * paymentsPerRecord / lane.paymentsPerSecond)}`,
    }] : [],
    limits: { minimum: 1, maximum: largest, because: 'batch of a stream mapping' },
    facts: [...LANE_FACTS, ...LAYOUT_FACTS, PAYLOAD_LIMIT, 'lambda-esm/kinesis.recordMetadata.bytes', 'lambda-esm/stream.batchSize.max',
      deliveryFact(workload, stream.enhancedFanOut)],
  });
}

function windowDecision(workload: Workload, stream: KinesisStreamSizing, facts: Facts, lane: WorkerLane): Decision {
  const settle = workload.latencyTarget.settle.milliseconds;
  const share = facts.number('target/worker.windowShareOfBudget');
  const longest = facts.number('target/worker.maximumWindowSeconds');
  const delivery = facts.number(deliveryFact(workload, stream.enhancedFanOut));
  return Decision.derive({
    path: PATH,
    name: 'batchingWindow',
    value: lane.windowSeconds,
    unit: 's',
    formula: `min(floor((${formatNumber(settle)} - ${formatNumber(delivery)}) ms x ${share}), ${longest} s) = ${lane.windowSeconds}`,
    inputs: { settleMilliseconds: settle, deliveryMilliseconds: delivery, share },
    binding: lane.windowSeconds === 0 ? 'windows come in whole seconds and the settle target has none to give' : 'share of the settle target',
    rejected: lane.windowSeconds === 0 ? [{ option: '1 s', because: 'every payment would wait up to a second longer; batches fill by themselves while the lane is busy' }] : [],
    limits: { minimum: 0, maximum: facts.number('lambda-esm/batchWindow.maxSec'), because: 'window of a mapping' },
    facts: ['target/worker.windowShareOfBudget', 'target/worker.maximumWindowSeconds', 'lambda-esm/batchWindow.maxSec', deliveryFact(workload, stream.enhancedFanOut)],
  });
}

function parallelizationFactorDecision(stream: KinesisStreamSizing, facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'parallelizationFactor',
    value: 1,
    unit: 'batches',
    formula: 'aggregated records: 1',
    inputs: { paymentsPerRecord: stream.aggregation.paymentsPerRecord },
    binding: 'lanes are cut by the partition key of the record, and an aggregated record carries many payments under one',
    rejected: [{ option: `up to ${facts.number('lambda-esm/parallelizationFactor.max')}`, because: 'AWS rules it out for aggregated records; a shard settles more by larger batches' }],
    limits: { minimum: 1, maximum: 1, because: 'more lanes do not work with aggregated records' },
    facts: ['lambda-esm/parallelizationFactor.max'],
  });
}

function concurrencyDecision(stream: KinesisStreamSizing, facts: Facts): Decision {
  return Decision.derive({
    path: PATH,
    name: 'reservedConcurrency',
    value: stream.shards,
    unit: 'executions',
    formula: `${stream.shards} shards x 1 lane = ${stream.shards}`,
    inputs: { shards: stream.shards, parallelizationFactor: 1 },
    binding: 'one execution environment for each lane of the mapping',
    rejected: [
      { option: 'no reservation', because: 'another function of the account could take the environments, and shards would stand still' },
      { option: 'fewer', because: 'throttled lanes wait with their shard blocked' },
    ],
    quota: quotaUse(facts, CONCURRENCY_QUOTA, stream.shards),
    limits: { minimum: 1, because: '0 stops the function' },
    facts: [CONCURRENCY_QUOTA],
  });
}

function timeoutDecision(facts: Facts, lane: WorkerLane): Decision {
  const factor = facts.number('target/worker.timeoutFactor');
  const least = facts.number('target/worker.minimumTimeoutSeconds');
  const longest = facts.number('lambda/timeout.maxSec');
  const seconds = clamp(roundUp(factor * lane.milliseconds / 1000), least, longest);
  return Decision.derive({
    path: PATH,
    name: 'timeout',
    value: seconds,
    unit: 's',
    formula: `max(${least} s, ${factor} x ${formatNumber(lane.milliseconds)} ms) = ${seconds}`,
    inputs: { batchMilliseconds: lane.milliseconds, factor, least },
    binding: seconds === least ? 'room for the retries of a slow dependency' : 'time of the largest batch',
    limits: { minimum: 1, maximum: longest, because: 'timeout of a function' },
    facts: ['target/worker.timeoutFactor', 'target/worker.minimumTimeoutSeconds', 'lambda/timeout.maxSec', ...LANE_FACTS],
  });
}
