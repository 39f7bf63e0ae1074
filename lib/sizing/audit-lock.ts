import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision } from './decision';
import { formatNumber } from './format';
import { planned } from './planned';

/** How long, and how firmly, the objects of the audit trail are held. */
export interface AuditLockSizing {
  /** `COMPLIANCE`: nobody shortens it, the account's owner neither. `GOVERNANCE`: those who may bypass it can. */
  readonly mode: 'COMPLIANCE' | 'GOVERNANCE';
  readonly retention: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'auditLock';
const FIRM_TIERS: readonly string[] = ['critical', 'important'];

/** Derives the lock from the recovery tier: what must be back within minutes are the books themselves. */
export function sizeAuditLock(workload: Workload, facts: Facts = Facts.DEFAULT): AuditLockSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), () => []);
}

function sizeOnce(workload: Workload, facts: Facts): AuditLockSizing {
  const { name: tier } = workload.recoveryTier;
  const retentionFact = `target/audit.retentionDays.${tier}`;
  const days = facts.number(retentionFact);
  const mode = FIRM_TIERS.includes(tier) ? 'COMPLIANCE' : 'GOVERNANCE';
  const decisions = [
    Decision.derive({
      path: PATH,
      name: 'lockMode',
      value: mode,
      formula: `recovery tier 1 of 4 is the strictest, 1 and 2 are locked for everybody; ${tier}: ${mode}`,
      inputs: { recoveryTier: tier },
      binding: mode === 'COMPLIANCE' ? 'evidence that its own operators can delete proves nothing' : 'what is tried out must be possible to take away',
      rejected: mode === 'COMPLIANCE'
        ? [{ option: 'GOVERNANCE', because: 'who may bypass the lock can delete; choose it with AuditLock.governance() where that is wanted' }]
        : [{ option: 'COMPLIANCE', because: `nobody could delete an object for ${formatNumber(days)} days, not even to stop its cost` }],
      facts: [],
    }),
    Decision.derive({
      path: PATH,
      name: 'retention',
      value: days,
      unit: 'd',
      formula: `design target for ${tier}: ${formatNumber(days)}`,
      inputs: { recoveryTier: tier },
      binding: 'time for which the trail must be kept',
      limits: { minimum: 1, because: 'Object Lock counts in days' },
      facts: [retentionFact],
    }),
  ];
  return { mode, retention: Duration.days(days), decisions };
}
