import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds } from './format';
import { functionCapacity } from './lambda-memory';
import { planned } from './planned';
import { REFUND_ATTEMPT_FACTS, attemptsUntilRejected, queuedAttempts, refundDelaySeconds } from './refund-attempts';

/** Size of the worker of a delay queue, here that of refunds which came before their payment. */
export interface QueueWorkerSizing {
  readonly batchSize: number;
  /** Delay of a message before its first attempt. */
  readonly delay: Duration;
  readonly visibilityTimeout: Duration;
  /** Upper bound of the concurrent executions that the mapping makes. */
  readonly maximumConcurrency: number;
  /** Failed receives after which a message moves to the dead-letter queue. */
  readonly maximumReceives: number;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'queue';
const CONCURRENCY_QUOTA = 'lambda/concurrency.accountDefault';

/**
 * Sizes the worker of the refund queue. Give it the workload of one cell.
 *
 * @throws Error for more refunds than one mapping of a queue catches up with
 */
export function sizeQueueWorker(workload: Workload, facts: Facts = Facts.DEFAULT): QueueWorkerSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts),
    ({ memory, maximumConcurrency }) => [functionCapacity(facts, memory, maximumConcurrency)]);
}

function sizeOnce(workload: Workload, facts: Facts): QueueWorkerSizing {
  const batchSize = facts.number('target/queueWorker.batchSize');
  const delay = refundDelaySeconds(workload, facts);
  const memory = facts.number('target/queueWorker.functionMemory');
  const timeout = facts.number('target/worker.minimumTimeoutSeconds');
  const visibilityFactor = facts.number('lambda-esm/sqs.visibilityTimeoutFactor');
  const visibility = clamp(visibilityFactor * timeout, 1, facts.number('sqs/visibilityTimeout.maxSec'));
  const concurrency = concurrencyDecision(workload, facts, batchSize);
  const receives = receivesDecision(facts, visibility);
  return {
    batchSize,
    delay: Duration.seconds(delay),
    visibilityTimeout: Duration.seconds(visibility),
    maximumConcurrency: concurrency.value as number,
    maximumReceives: receives.value as number,
    memory: Size.mebibytes(memory),
    timeout: Duration.seconds(timeout),
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'batchSize',
        value: batchSize,
        unit: 'messages',
        formula: `design target ${batchSize}`,
        inputs: { batchSize },
        binding: 'a larger batch needs a batching window, and few refunds wait at a time',
        limits: { minimum: 1, maximum: facts.number('lambda-esm/sqs.batchSize.max'), because: 'batch of a queue mapping' },
        facts: ['target/queueWorker.batchSize', 'lambda-esm/sqs.batchSize.max'],
      }),
      Decision.derive({
        path: PATH,
        name: 'delay',
        value: delay,
        unit: 's',
        formula: `${facts.number('target/refund.delaySettleFactor')} x settle target ${formatSeconds(workload.latencyTarget.settle.milliseconds / 1000)} = ${delay}`,
        inputs: { settleMilliseconds: workload.latencyTarget.settle.milliseconds },
        binding: 'a payment under way has settled by then',
        rejected: [{ option: 'back to the stream', because: 'an early refund would go round as fast as the stream turns' }],
        limits: { minimum: 0, maximum: facts.number('sqs/delay.maxSec'), because: 'delay of a message' },
        facts: ['target/refund.delaySettleFactor', 'sqs/delay.maxSec'],
      }),
      Decision.derive({
        path: PATH,
        name: 'visibilityTimeout',
        value: visibility,
        unit: 's',
        formula: `${visibilityFactor} x ${timeout} s = ${visibility}`,
        inputs: { timeoutSeconds: timeout, factor: visibilityFactor },
        binding: 'throttled invocations must not make a message visible again while it is worked on',
        limits: { minimum: timeout, maximum: facts.number('sqs/visibilityTimeout.maxSec'), because: 'not shorter than the function runs' },
        facts: ['lambda-esm/sqs.visibilityTimeoutFactor', 'target/worker.minimumTimeoutSeconds', 'sqs/visibilityTimeout.maxSec'],
      }),
      concurrency,
      receives,
      Decision.derive({
        path: PATH,
        name: 'memory',
        value: memory,
        unit: 'MiB',
        formula: `design target ${memory}`,
        inputs: { memory },
        binding: 'the function waits for the table rather than computes',
        limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
        facts: ['target/queueWorker.functionMemory', 'lambda/memory.minMB', 'lambda/memory.maxMB'],
      }),
      Decision.derive({
        path: PATH,
        name: 'timeout',
        value: timeout,
        unit: 's',
        formula: `room for the retry budget of the table = ${timeout}`,
        inputs: { timeoutSeconds: timeout },
        binding: 'room for the retries of a slow dependency',
        limits: { minimum: 1, maximum: facts.number('lambda/timeout.maxSec'), because: 'timeout of a function' },
        facts: ['target/worker.minimumTimeoutSeconds', 'lambda/timeout.maxSec'],
      }),
    ],
  };
}

function concurrencyDecision(workload: Workload, facts: Facts, batchSize: number): Decision {
  const refunds = workload.peak.perSecond * workload.refundShare;
  const attempts = refunds * queuedAttempts(workload, facts);
  // Messages of a batch are worked on together, so that a batch takes as long as its slowest transaction.
  const seconds = (facts.number('lambda/invokeOverhead.sync.p99.default') + facts.number('dynamodb/transactWrite.p99.default')) / 1000;
  const busy = attempts / batchSize * seconds;
  const catchUp = facts.number('target/worker.catchUpFactor');
  const least = facts.number('lambda-esm/sqs.maximumConcurrency.min');
  const most = facts.number('lambda-esm/sqs.maximumConcurrency.max');
  // Sparse messages come in batches of one.
  const byMessage = Math.min(attempts * seconds, attempts / batchSize * seconds + batchSize);
  const needed = roundUp(catchUp * byMessage);
  if (needed > most) {
    throw new Error(`\`refundShare\` must leave refunds with which ${formatNumber(most)} executions, the most of a queue mapping, catch up, `
      + `or \`cells\` must share them, got: ${formatNumber(refunds)} refunds/s, which take ${formatNumber(needed)}`);
  }
  const concurrency = Math.max(least, needed);
  return Decision.derive({
    path: PATH,
    name: 'maximumConcurrency',
    value: concurrency,
    unit: 'executions',
    formula: `max(${least}, ceil(${catchUp} x min(${formatNumber(attempts)} attempts/s x ${formatNumber(seconds)} s, ${formatNumber(busy)} + ${batchSize}))) = ${concurrency}`,
    inputs: {
      refundsPerSecond: refunds,
      attemptsPerSecond: attempts,
      attemptsOfUnknown: attemptsUntilRejected(workload, facts),
      secondsPerBatch: seconds,
    },
    binding: concurrency === least ? 'least concurrency of a queue mapping' : 'attempts of refunds that wait',
    demand: busy,
    quota: quotaUse(facts, CONCURRENCY_QUOTA, concurrency),
    limits: { minimum: least, maximum: most, because: 'concurrency of a queue mapping' },
    facts: [...REFUND_ATTEMPT_FACTS, 'lambda/invokeOverhead.sync.p99.default', 'dynamodb/transactWrite.p99.default', 'target/worker.catchUpFactor',
      'lambda-esm/sqs.maximumConcurrency.min', 'lambda-esm/sqs.maximumConcurrency.max', CONCURRENCY_QUOTA],
  });
}

function receivesDecision(facts: Facts, visibilitySeconds: number): Decision {
  const outage = facts.number('target/queueWorker.outageHours');
  const most = facts.number('sqs/maxReceiveCount.max');
  const receives = clamp(roundUp(3600 * outage / visibilitySeconds), 1, most);
  return Decision.derive({
    path: PATH,
    name: 'maximumReceives',
    value: receives,
    unit: 'receives',
    formula: `min(${outage} h / ${visibilitySeconds} s, ${formatNumber(most)}) = ${receives}`,
    inputs: { outageHours: outage, visibilitySeconds },
    binding: 'an outage of the table must not send valid refunds to the dead-letter queue',
    rejected: [{ option: '5', because: `valid refunds would leave the queue after ${formatSeconds(5 * visibilitySeconds)} of an outage` }],
    limits: { minimum: 1, maximum: most, because: 'redrive policy of a queue' },
    facts: ['target/queueWorker.outageHours', 'sqs/maxReceiveCount.max'],
  });
}
