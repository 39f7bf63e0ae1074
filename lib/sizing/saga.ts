import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundDown, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds } from './format';
import { planned } from './planned';

/** How many tasks a saga has. */
export interface SagaLayout {
  /** Steps forward, 1 or more. */
  readonly actions: number;
  /** Steps that can be undone; at most as many. */
  readonly compensations: number;
  /** Tasks for an execution that can neither go on nor back. */
  readonly endings: number;
}

/** Times of a saga as an Express workflow, and what it uses of the account. */
export interface SagaSizing {
  /** Executions that start in a second at the peak. */
  readonly executionsPerSecond: number;
  /** How often a task is tried again after a transient error. */
  readonly retries: number;
  /** How long one attempt of a task may take. */
  readonly taskTimeout: Duration;
  /** When an execution is ended, whatever it does: after the slowest way through all its tasks. */
  readonly timeout: Duration;
  /** Tasks that may be under way at once at the peak: what the functions behind them need together. */
  readonly concurrency: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'saga';
const START_QUOTA = 'stepfunctions/express.startExecution.tps';
const CONCURRENCY_QUOTA = 'lambda/concurrency.accountDefault';
const LONGEST = 'stepfunctions/express.maxSec';
const WAIT_FACTS = ['target/saga.retries', 'target/saga.firstWaitSeconds', 'target/saga.backoffRate', 'target/saga.longestWaitSeconds'];

/**
 * Sizes a saga.
 *
 * @param workload the sagas themselves: its peak is how many of them start in a second, e.g. `payments.share(0.0001)`
 * @throws Error for so many steps that no time is left for each within one execution
 */
export function sizeSaga(workload: Workload, layout: SagaLayout, facts: Facts = Facts.DEFAULT): SagaSizing {
  return planned(workload, facts, (it) => sizeOnce(it, layout, facts), () => []);
}

/** Waits between the attempts of one task at most, in seconds. With full jitter they are half of that in the mean. */
export function sagaWaitSeconds(retries: number, facts: Facts = Facts.DEFAULT): number {
  const first = facts.number('target/saga.firstWaitSeconds');
  const rate = facts.number('target/saga.backoffRate');
  const longest = facts.number('target/saga.longestWaitSeconds');
  return Array.from({ length: retries }, (_, index) => Math.min(longest, first * rate ** index)).reduce((sum, wait) => sum + wait, 0);
}

function sizeOnce(workload: Workload, layout: SagaLayout, facts: Facts): SagaSizing {
  const retries = facts.number('target/saga.retries');
  const taskSeconds = taskTimeoutSeconds(layout, retries, facts);
  const seconds = Math.min(facts.number(LONGEST), pathSeconds(layout, retries, taskSeconds, facts));
  const perSecond = roundUp(workload.peak.perSecond);
  const executionSeconds = facts.number('target/saga.executionSeconds');
  const tier = workload.recoveryTier.name;
  const quality = facts.number(`target/staffing.quality.${tier}`);
  const busy = workload.peak.perSecond * executionSeconds;
  const concurrency = Math.max(1, roundUp(busy + quality * Math.sqrt(busy)));
  const tasks = tasksOf(layout);
  const waits = sagaWaitSeconds(retries, facts);
  const reserve = facts.number('target/saga.reserveSeconds');
  return {
    executionsPerSecond: perSecond,
    retries,
    taskTimeout: Duration.seconds(taskSeconds),
    timeout: Duration.seconds(seconds),
    concurrency,
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'executionsPerSecond',
        value: perSecond,
        unit: 'executions/s',
        formula: `ceil(${formatNumber(workload.peak.perSecond)}) = ${formatNumber(perSecond)}`,
        inputs: { peakPerSecond: workload.peak.perSecond },
        binding: 'sagas at the peak',
        quota: quotaUse(facts, START_QUOTA, perSecond),
        limits: { minimum: 1, because: 'a saga that never starts' },
        facts: [START_QUOTA],
      }),
      Decision.derive({
        path: PATH,
        name: 'retries',
        value: retries,
        unit: 'retries',
        formula: `design target ${retries}`,
        inputs: { retries },
        binding: 'a moment of trouble is bridged; more than a moment is for the next execution',
        rejected: [{ option: 'retries until the execution ends', because: 'it would end in a task that was begun, and nothing would be undone or noted' }],
        limits: { minimum: 0, because: 'a number of retries' },
        facts: ['target/saga.retries'],
      }),
      Decision.derive({
        path: PATH,
        name: 'taskTimeout',
        value: taskSeconds,
        unit: 's',
        formula: `min(${facts.number('target/saga.longestTaskSeconds')}, floor(((${formatSeconds(facts.number(LONGEST))} - ${reserve} s) / ${tasks} tasks `
          + `- ${waits} s) / ${retries + 1} attempts)) = ${taskSeconds}`,
        inputs: { ...layout, waitSeconds: waits, reserveSeconds: reserve },
        binding: 'every attempt of every task, forward and back, ends before the execution does',
        rejected: [{ option: 'no timeout of a task', because: 'the one that hangs takes the time of those that would undo the others' }],
        limits: { minimum: 1, maximum: facts.number(LONGEST), because: 'an Express execution' },
        facts: [LONGEST, 'target/saga.reserveSeconds', 'target/saga.longestTaskSeconds', 'target/saga.leastTaskSeconds', ...WAIT_FACTS],
      }),
      Decision.derive({
        path: PATH,
        name: 'timeout',
        value: seconds,
        unit: 's',
        formula: `${tasks} tasks x (${retries + 1} x ${taskSeconds} s + ${waits} s) + ${reserve} s = ${seconds}`,
        inputs: { tasks, taskSeconds, waitSeconds: waits, reserveSeconds: reserve },
        binding: 'the slowest way through all tasks: an execution that is ended runs no catch',
        limits: { minimum: 1, maximum: facts.number(LONGEST), because: 'an Express execution' },
        facts: [LONGEST, 'target/saga.reserveSeconds', ...WAIT_FACTS],
      }),
      Decision.derive({
        path: PATH,
        name: 'concurrency',
        value: concurrency,
        unit: 'executions',
        formula: `max(1, ceil(${formatNumber(busy)} + ${quality} x sqrt(${formatNumber(busy)}))), busy = ${formatNumber(workload.peak.perSecond)}/s x ${executionSeconds} s`
          + ` = ${formatNumber(concurrency)}`,
        inputs: { peakPerSecond: workload.peak.perSecond, executionSeconds, busy },
        binding: `tasks under way at once by Little's law, and square-root staffing of recovery tier ${tier}: sagas do not start evenly`,
        quota: quotaUse(facts, CONCURRENCY_QUOTA, concurrency),
        limits: { minimum: 1, because: 'a function without concurrency runs nothing' },
        facts: ['target/saga.executionSeconds', `target/staffing.quality.${tier}`, CONCURRENCY_QUOTA],
      }),
    ],
  };
}

/** Tasks on the longest way: all steps forward, all of them back, and what is done with one that did not end well. */
function tasksOf({ actions, compensations, endings }: SagaLayout): number {
  return actions + compensations + endings;
}

/** How long the slowest way takes, with what is kept for transitions. */
function pathSeconds(layout: SagaLayout, retries: number, taskSeconds: number, facts: Facts): number {
  return tasksOf(layout) * ((retries + 1) * taskSeconds + sagaWaitSeconds(retries, facts)) + facts.number('target/saga.reserveSeconds');
}

function taskTimeoutSeconds(layout: SagaLayout, retries: number, facts: Facts): number {
  const available = facts.number(LONGEST) - facts.number('target/saga.reserveSeconds');
  const share = (available / tasksOf(layout) - sagaWaitSeconds(retries, facts)) / (retries + 1);
  const least = facts.number('target/saga.leastTaskSeconds');
  if (share < least) {
    throw new Error(`\`steps\` must leave each attempt of a task at least ${least} s of an Express execution of ${facts.number(LONGEST)} s, `
      + `got: ${tasksOf(layout)} tasks with ${retries + 1} attempts each, which leave ${formatNumber(share)} s`);
  }
  return clamp(roundDown(share), least, facts.number('target/saga.longestTaskSeconds'));
}
