import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { clamp, roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { formatNumber } from './format';
import { functionCapacity } from './lambda-memory';
import type { LedgerSizing } from './ledger';
import { planned } from './planned';

/** Size of the function that notes where the audit records of a merchant are. */
export interface AuditLocatorSizing {
  /** Manifests of one invocation. */
  readonly batchSize: number;
  /** How long manifests are gathered for an invocation. */
  readonly batchingWindow: Duration;
  readonly maximumConcurrency: number;
  readonly memory: Size;
  readonly timeout: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'auditLocator';
const EACH = 'target/locator.changesPerSecond';

/** Sizes the function that writes locators. Give it the whole workload and the ledger that was sized for it. */
export function sizeAuditLocator(
  workload: Workload, ledger: Pick<LedgerSizing, 'writeUnitsPerSecond'>, facts: Facts = Facts.DEFAULT,
): AuditLocatorSizing {
  return planned(workload, facts, () => sizeOnce(ledger, facts),
    ({ memory, maximumConcurrency }) => [functionCapacity(facts, memory, maximumConcurrency)]);
}

function sizeOnce(ledger: Pick<LedgerSizing, 'writeUnitsPerSecond'>, facts: Facts): AuditLocatorSizing {
  const target = (name: string, unit: string, decision: string, binding: string): Decision => Decision.derive({
    path: PATH, name: decision, value: facts.number(`target/locator.${name}`), unit,
    formula: `design target ${facts.number(`target/locator.${name}`)}`,
    inputs: {}, binding, facts: [`target/locator.${name}`],
  });
  const batchSize = target('batchSize', 'messages', 'batchSize', 'a row of one merchant and minute is written once for all manifests of a batch');
  const window = target('windowSeconds', 's', 'batchingWindow', 'manifests of all shards come together');
  const memory = target('functionMemory', 'MiB', 'memory', 'an object is unpacked whole');
  const timeout = target('timeoutSeconds', 's', 'timeout', 'a row for each change of a full batch');
  const concurrency = concurrencyDecision(ledger, facts);
  return {
    batchSize: batchSize.value as number,
    batchingWindow: Duration.seconds(window.value as number),
    maximumConcurrency: concurrency.value as number,
    memory: Size.mebibytes(memory.value as number),
    timeout: Duration.seconds(timeout.value as number),
    decisions: [batchSize, window, concurrency, memory, timeout],
  };
}

function concurrencyDecision(ledger: Pick<LedgerSizing, 'writeUnitsPerSecond'>, facts: Facts): Decision {
  const minimum = facts.number('lambda-esm/sqs.maximumConcurrency.min');
  const maximum = facts.number('lambda-esm/sqs.maximumConcurrency.max');
  const each = facts.number(EACH);
  const value = clamp(roundUp(ledger.writeUnitsPerSecond / each), minimum, maximum);
  return Decision.derive({
    path: PATH,
    name: 'maximumConcurrency',
    value,
    unit: 'invocations',
    formula: `max(${minimum}, min(ceil(${formatNumber(ledger.writeUnitsPerSecond)} changes/s / ${formatNumber(each)}), ${formatNumber(maximum)})) = ${value}`,
    inputs: { changesPerSecond: ledger.writeUnitsPerSecond },
    binding: 'a row for each change at the worst: each of another merchant or minute',
    limits: { minimum, maximum, because: 'invocations of a queue mapping' },
    quota: quotaUse(facts, 'lambda/concurrency.accountDefault', value),
    facts: [EACH, 'lambda-esm/sqs.maximumConcurrency.min', 'lambda-esm/sqs.maximumConcurrency.max', 'lambda/concurrency.accountDefault'],
  });
}
