import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatShare } from './format';
import { functionCapacity } from './lambda-memory';
import { planned } from './planned';

/** Size of the function that archives the journals of a ledger in PostgreSQL. */
export interface JournalArchiverSizing {
  readonly memory: Size;
  readonly timeout: Duration;
  /** Invocations that are kept free for it. */
  readonly reservedConcurrency: number;
  /** Objects written per second at the peak, each with a manifest. */
  readonly objectsPerSecond: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'journalArchiver';
const CPU = 'audit-archiver/cpuPerRecord';
const OBJECT = 'target/archiver.objectEntries';
const EVERY = 'target/archiver.journalMinutes';
const TIMEOUT = 'target/archiver.journalTimeoutSeconds';
const PROCESSOR = 'lambda/memory.mbPerVcpu';
const PUT_QUOTA = 's3/prefix.putPerSec';

/**
 * Sizes the archiver of journals.
 *
 * @param workload all of it: all cells share the ledger
 * @param databases how many the ledger has; each is read by itself
 * @throws Error when one function cannot read a database as fast as it is written: it needs more databases
 */
export function sizeJournalArchiver(workload: Workload, databases: number, facts: Facts = Facts.DEFAULT): JournalArchiverSizing {
  return planned(workload, facts, (it) => sizeOnce(it, databases, facts),
    ({ memory, reservedConcurrency }) => [functionCapacity(facts, memory, reservedConcurrency)]);
}

function sizeOnce(workload: Workload, databases: number, facts: Facts): JournalArchiverSizing {
  const rate = workload.peak.perSecond / databases;
  const memory = memoryDecision(rate, facts);
  const seconds = facts.number(TIMEOUT);
  const timeout = Decision.derive({
    path: PATH, name: 'timeout', value: seconds, unit: 's', formula: `design target ${seconds}`, inputs: { entriesPerSecondOfDatabase: rate },
    binding: 'a reading that has fallen behind; the next one goes on with what is left', limits: { minimum: 1, maximum: facts.number('lambda/timeout.maxSec'), because: 'timeout of a function' },
    facts: [TIMEOUT, 'lambda/timeout.maxSec'],
  });
  const reserved = Decision.derive({
    path: PATH,
    name: 'reservedConcurrency',
    value: 2 * databases,
    unit: 'invocations',
    formula: `2 x ${databases} databases = ${2 * databases}`,
    inputs: { databases },
    binding: 'one reads each database; one that comes while that lasts finds it so, and ends',
    quota: quotaUse(facts, 'lambda/concurrency.accountDefault', 2 * databases),
    facts: ['lambda/concurrency.accountDefault'],
  });
  const objects = objectsDecision(rate, databases, facts);
  return {
    memory: Size.mebibytes(memory.value as number),
    timeout: Duration.seconds(seconds),
    reservedConcurrency: reserved.value as number,
    objectsPerSecond: objects.value as number,
    decisions: [memory, timeout, reserved, objects],
  };
}

function memoryDecision(rate: number, facts: Facts): Decision {
  const cpu = facts.number(CPU);
  const share = rate * cpu / 1e6;
  if (share > 1) {
    throw new Error(`\`databases\` must be enough that one function reads each as fast as it is written, got: ${formatNumber(rate)} entries/s of each x ${cpu} µs`);
  }
  const memory = facts.number(PROCESSOR);
  return Decision.derive({
    path: PATH,
    name: 'memory',
    value: memory,
    unit: 'MiB',
    formula: `that of a whole processor, of which ${formatNumber(rate)} entries/s of a database x ${cpu} µs take ${formatShare(share)}`,
    inputs: { entriesPerSecondOfDatabase: rate, cpuMicrosecondsPerEntry: cpu },
    binding: 'a processor: what it does not need at the peak is what it catches up with',
    limits: { minimum: facts.number('lambda/memory.minMB'), maximum: facts.number('lambda/memory.maxMB'), because: 'memory of a function' },
    facts: [CPU, PROCESSOR, 'lambda/memory.minMB', 'lambda/memory.maxMB'],
  });
}

function objectsDecision(rate: number, databases: number, facts: Facts): Decision {
  const each = facts.number(OBJECT);
  const seconds = facts.number(EVERY) * 60;
  const objects = roundUp(databases * (rate / each + 1 / seconds));
  return Decision.derive({
    path: PATH,
    name: 'objectsPerSecond',
    value: objects,
    unit: 'objects/s',
    formula: `ceil(${databases} databases x (${formatNumber(rate)} entries/s / ${formatNumber(each)} + 1 / ${seconds} s)) = ${formatNumber(objects)}`,
    inputs: { databases, entriesPerSecondOfDatabase: rate, entriesOfObject: each },
    binding: 'full objects, and one with the rest of each reading',
    rejected: [{ option: 'one object an entry', because: `${formatNumber(rate * databases)} objects/s` }],
    quota: quotaUse(facts, PUT_QUOTA, 2 * objects),
    facts: [OBJECT, EVERY, PUT_QUOTA],
  });
}
