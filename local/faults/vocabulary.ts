/** The faults that a local run can inject. */
export type FaultName =
  | 'kill-worker'
  | 'kill-api'
  | 'throttle-table'
  | 'lost-answers'
  | 'reshard'
  | 'roll-table-shards'
  | 'expire-iterators'
  | 'poison'
  | 'slow-handler'
  | 'stream-unavailable'
  | 'kill-cache'
  | 'restart-database';

/** A part of a system that a fault can strike. */
export type FaultPart = 'function' | 'worker pod' | 'stream' | 'topic' | 'table' | 'ledger table' | 'table stream' | 'database' | 'cache';

/** What the value of a fault is counted in. */
export type FaultUnit = 'seconds' | 'factor' | 'probability' | 'milliseconds';

/** One fault: what it does, how it is asked for, and what a system has to keep while it is on. */
export interface FaultDefinition {
  readonly name: FaultName;
  /** Option of `cht run` that asks for it, without the dashes. */
  readonly flag: string;
  /** A few words for a button or a heading. */
  readonly title: string;
  readonly unit: FaultUnit;
  /** It strikes these parts; a system without any of them cannot have it. */
  readonly strikes: readonly FaultPart[];
  /** Smallest and largest value that may be asked for, both included. */
  readonly minimum: number;
  readonly maximum: number;
  /** A value that shows the fault within half a minute, and that the reference gets over. */
  readonly suggested: number;
  /** What happens, in one sentence. */
  readonly summary: string;
  /** When it strikes. */
  readonly trigger: string;
  /** Whether it strikes once in a load, whose length must be known. @default false */
  readonly strikesOnce?: boolean;
  /** How long one strike lasts. */
  readonly duration: string;
  /** Names of the invariants (`INVARIANTS`) that this fault puts to the test. */
  readonly mustHold: readonly string[];
  /** The action of AWS Fault Injection Service that comes nearest on a deployed system. Undefined where none exists. */
  readonly fisAction: string | undefined;
  /** What the verdict counts as a strike, in its field `faults`. */
  readonly seenAs: string;
  /** Other fields of the verdict that are above 0 once it has struck. */
  readonly verdictFields: readonly VerdictField[];
}

/** Fields of the verdict that tell of faults. */
export type VerdictField = 'kills' | 'handlerErrors' | 'redelivered' | 'throttled' | 'parked' | 'parkedUnreadable';

/** Values of the faults that are asked for, in the unit of each; the others are off. */
export type FaultSettings = { readonly [name in FaultName]?: number };

/** How often each fault was seen to strike. */
export type FaultCounts = { readonly [name in FaultName]: number };

/** Every fault, in the order in which people are shown them. */
export const FAULTS: readonly FaultDefinition[] = [
  {
    name: 'kill-worker',
    flag: 'kill-worker-every',
    title: 'Kill a worker',
    unit: 'seconds',
    strikes: ['function', 'worker pod'],
    minimum: 0.1,
    maximum: 3600,
    suggested: 2,
    summary: 'ends the process of a running invocation, or of a worker pod, with SIGKILL',
    trigger:
      'every S seconds a kill is armed, and the next invocation that a mapping starts, or the next worker pod that reads the topic, takes it: '
      + 'by turns inside its work, and after its effects but before its answer or the commit of its offsets',
    duration: 'one invocation or one pod; a new process takes its place',
    mustHold: ['INV1', 'INV2', 'INV3', 'INV5', 'INV8'],
    fisAction: 'aws:lambda:invocation-error',
    seenAs: 'kills that hit a running invocation or a reading pod',
    verdictFields: ['kills', 'handlerErrors', 'redelivered'],
  },
  {
    name: 'kill-api',
    flag: 'kill-api-every',
    title: 'Kill an API task',
    unit: 'seconds',
    strikes: ['stream', 'topic'],
    minimum: 1,
    maximum: 3600,
    suggested: 8,
    summary: 'ends an API task with SIGKILL while it waits for the stream, and starts it again on its port',
    trigger:
      'every S seconds a kill is armed, and the next PutRecords or Produce of an API task takes it: by turns before the stream has the records, '
      + 'and after it has them but before its answer',
    duration: 'until the task listens again',
    mustHold: ['INV2', 'INV3', 'INV6'],
    fisAction: 'aws:ecs:stop-task',
    seenAs: 'tasks that were killed while the stream held one of their calls',
    // What clients saw of it is not among these: a producer that gave up a moment before its task died has answered them.
    verdictFields: ['kills'],
  },
  {
    name: 'throttle-table',
    flag: 'throttle-table',
    title: 'Throttle the tables',
    unit: 'factor',
    strikes: ['ledger table'],
    minimum: 0.01,
    maximum: 1,
    suggested: 0.3,
    summary: 'lowers the write limit of every table to F times what was written to it before',
    trigger: '5 s after the load began, and every 15 s from then on; the limit is F x the writes of the last 5 s, spread over the partitions',
    duration: '5 s of every 15 s',
    mustHold: ['INV2', 'INV3', 'INV5', 'INV7', 'INV8'],
    fisAction: undefined,
    seenAs: 'writes that a table refused for the lowered limit',
    verdictFields: ['throttled'],
  },
  {
    name: 'lost-answers',
    flag: 'lost-answers',
    title: 'Lose answers',
    unit: 'probability',
    strikes: ['stream', 'topic', 'table'],
    minimum: 0.0001,
    maximum: 0.5,
    suggested: 0.05,
    summary: 'cuts the connection after a write took effect, before its answer',
    trigger: 'with probability P after each write call of a table, each PutRecords or PutRecord of the stream and each Produce of the topic',
    duration: 'one call',
    mustHold: ['INV1', 'INV2', 'INV3', 'INV5', 'INV6'],
    fisAction: undefined,
    seenAs: 'calls whose answer was dropped',
    verdictFields: [],
  },
  {
    name: 'reshard',
    flag: 'reshard-every',
    title: 'Reshard the stream',
    unit: 'seconds',
    strikes: ['stream'],
    minimum: 1,
    maximum: 3600,
    suggested: 5,
    summary: 'splits a random open shard of the stream, or merges two neighbours, by turns',
    trigger: 'every S seconds',
    duration: 'for good: the shards that were closed are read to their end before their children',
    mustHold: ['INV2', 'INV3', 'INV4', 'INV7'],
    fisAction: undefined,
    seenAs: 'splits and merges',
    verdictFields: [],
  },
  {
    name: 'roll-table-shards',
    flag: 'roll-table-shards',
    title: 'Roll table stream shards',
    unit: 'seconds',
    strikes: ['table stream'],
    minimum: 1,
    maximum: 3600,
    suggested: 5,
    summary: 'closes one random open shard of every table stream and opens its child',
    trigger: 'every S seconds',
    duration: 'for good: the closed shard is read to its end before its child',
    mustHold: ['INV1', 'INV4', 'INV5', 'INV7'],
    fisAction: undefined,
    seenAs: 'shards that were closed',
    verdictFields: [],
  },
  {
    name: 'expire-iterators',
    flag: 'expire-iterators',
    title: 'Expire iterators',
    unit: 'probability',
    strikes: ['table stream', 'stream'],
    minimum: 0.0001,
    maximum: 0.5,
    suggested: 0.05,
    summary: 'answers GetRecords with ExpiredIteratorException',
    trigger: 'with probability P at each GetRecords of a table stream, and of a Kinesis stream that is polled',
    duration: 'one call',
    mustHold: ['INV1', 'INV3', 'INV5', 'INV7'],
    fisAction: 'aws:kinesis:stream-expired-iterator-exception',
    seenAs: 'calls that were answered so',
    verdictFields: [],
  },
  {
    name: 'poison',
    flag: 'poison',
    title: 'Poison records',
    unit: 'probability',
    strikes: ['ledger table', 'database'],
    minimum: 0.0001,
    maximum: 0.5,
    suggested: 0.01,
    summary: 'sends payments that the ledger can never store, and puts records of random bytes beside them',
    trigger: 'with probability P for each payment that the load makes up; one record of random bytes every 2 s',
    duration: 'for good, also after the load: such a payment can only be parked',
    mustHold: ['INV3', 'INV7', 'INV8', 'INV10'],
    fisAction: undefined,
    seenAs: 'writes that a table refused for their key',
    verdictFields: ['parked', 'parkedUnreadable'],
  },
  {
    name: 'slow-handler',
    flag: 'slow-handler',
    title: 'Slow handlers',
    unit: 'milliseconds',
    strikes: ['function'],
    minimum: 1,
    maximum: 60_000,
    suggested: 200,
    summary: 'delays every invocation before its handler begins, within its timeout',
    trigger: 'each invocation',
    duration: 'MS milliseconds of each invocation',
    mustHold: ['INV3', 'INV7', 'INV9'],
    fisAction: 'aws:lambda:invocation-add-delay',
    seenAs: 'invocations that were delayed',
    verdictFields: [],
  },
  {
    name: 'stream-unavailable',
    flag: 'stream-unavailable',
    title: 'Stream outage',
    unit: 'seconds',
    strikes: ['stream', 'topic'],
    minimum: 0.1,
    maximum: 300,
    suggested: 5,
    summary: 'answers every call of the stream with InternalFailure (500), for readers and for writers',
    trigger: 'once, at a random moment in the middle third of the load; from the live page on demand',
    strikesOnce: true,
    duration: 'S seconds',
    mustHold: ['INV2', 'INV3', 'INV6', 'INV7', 'INV9'],
    fisAction: 'aws:fis:inject-api-internal-error',
    seenAs: 'calls and reads that were answered so',
    verdictFields: [],
  },
  {
    name: 'kill-cache',
    flag: 'kill-cache',
    title: 'Cache outage',
    unit: 'seconds',
    strikes: ['cache'],
    minimum: 0.1,
    maximum: 300,
    suggested: 5,
    summary: 'ends the cache with all that it holds; it comes back empty',
    trigger: 'once, at a random moment in the middle third of the load; from the live page on demand',
    strikesOnce: true,
    duration: 'S seconds, and what the cache takes to start',
    mustHold: ['INV2', 'INV3', 'INV6', 'INV7'],
    fisAction: 'aws:elasticache:replicationgroup-interrupt-az-power',
    seenAs: 'caches that were ended',
    verdictFields: [],
  },
  {
    name: 'restart-database',
    flag: 'restart-database',
    title: 'Database outage',
    unit: 'seconds',
    strikes: ['database'],
    minimum: 0.1,
    maximum: 300,
    suggested: 0.1,
    summary: 'ends every server of PostgreSQL with SIGKILL and starts it again; it recovers from its log',
    trigger: 'once, at a random moment in the middle third of the load; from the live page on demand',
    strikesOnce: true,
    duration: 'S seconds, and what the recovery takes',
    mustHold: ['INV1', 'INV2', 'INV3', 'INV5', 'INV7', 'INV8'],
    fisAction: 'aws:rds:failover-db-cluster',
    seenAs: 'servers that were ended',
    verdictFields: [],
  },
];

const BY_NAME: ReadonlyMap<string, FaultDefinition> = new Map(FAULTS.map((fault) => [fault.name, fault]));

/**
 * The definition of a fault.
 *
 * @throws Error for a name that no fault has
 */
export function faultNamed(name: string): FaultDefinition {
  const fault = BY_NAME.get(name);
  if (fault === undefined) {
    throw new Error(`A fault is one of ${[...BY_NAME.keys()].join(', ')}, got: ${name}`);
  }
  return fault;
}
