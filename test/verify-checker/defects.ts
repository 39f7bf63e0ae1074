import type { FaultSettings } from '../../local/faults';
import type { Verdict } from '../../local/run/verdict';
import { defect as acknowledgeOnFailure } from './planted/acknowledge-on-failure';
import { defect as blindBalanceFence } from './planted/blind-balance-fence';
import type { Defect } from './planted/defect';
import { defect as duplicateAppliedAgain } from './planted/duplicate-applied-again';
import { defect as earlyAcknowledgement } from './planted/early-acknowledgement';
import { defect as poisonThrown } from './planted/poison-thrown';
import { defect as projectorSkipsShard } from './planted/projector-skips-shard';
import { defect as refundKeepsRefundable } from './planted/refund-keeps-refundable';
import { defect as releaseKeepsHeld } from './planted/release-keeps-held';

/** A defect that the checkers have to find. */
export interface PlantedDefect {
  /** Module of `planted/` that defines it. */
  readonly name: string;
  readonly defect: Defect;
  /** Deployable whose bundle it takes the place of in a live run. */
  readonly deployable: 'payment-api' | 'payment-worker' | 'balance-projector';
  /** The load has to hold and release money to show it. @default false */
  readonly needsHolds?: boolean;
  /** Faults that a live run needs to show it. */
  readonly faults: FaultSettings;
  /** Field of the verdict that has to report it. */
  readonly reportedIn: 'lost' | 'doubled' | 'outOfBalance' | 'drained';
  /** Invariant that has to be named by the seeds. */
  readonly violates: string;
}

/** Whenever a real defect is found, its planted form joins this list before it is mended. */
export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'duplicate-applied-again',
    defect: duplicateAppliedAgain,
    deployable: 'payment-worker',
    faults: {},
    reportedIn: 'doubled',
    violates: 'INV2',
  },
  {
    name: 'projector-skips-shard',
    defect: projectorSkipsShard,
    deployable: 'balance-projector',
    faults: {},
    reportedIn: 'outOfBalance',
    violates: 'INV1',
  },
  {
    name: 'refund-keeps-refundable',
    defect: refundKeepsRefundable,
    deployable: 'payment-worker',
    faults: {},
    reportedIn: 'outOfBalance',
    violates: 'INV5',
  },
  {
    name: 'release-keeps-held',
    defect: releaseKeepsHeld,
    deployable: 'balance-projector',
    needsHolds: true,
    faults: {},
    reportedIn: 'outOfBalance',
    violates: 'INV1',
  },
  {
    name: 'acknowledge-on-failure',
    defect: acknowledgeOnFailure,
    deployable: 'payment-worker',
    // So low that a batch cannot be stored within the retries of one invocation.
    faults: { 'throttle-table': 0.05 },
    reportedIn: 'lost',
    violates: 'INV3',
  },
  {
    name: 'blind-balance-fence',
    defect: blindBalanceFence,
    deployable: 'balance-projector',
    faults: { 'kill-worker': 1 },
    reportedIn: 'outOfBalance',
    violates: 'INV1',
  },
  {
    name: 'poison-thrown',
    defect: poisonThrown,
    deployable: 'payment-worker',
    faults: { poison: 0.01 },
    reportedIn: 'drained',
    violates: 'INV7',
  },
  {
    name: 'early-acknowledgement',
    defect: earlyAcknowledgement,
    deployable: 'payment-api',
    // Longer than the producer tries.
    faults: { 'stream-unavailable': 8 },
    reportedIn: 'lost',
    violates: 'INV3',
  },
];

/** @throws Error naming the defects that there are */
export function plantedDefect(name: string): PlantedDefect {
  const planted = PLANTED_DEFECTS.find((candidate) => candidate.name === name);
  if (planted === undefined) {
    throw new Error(`--planted must be one of ${PLANTED_DEFECTS.map((candidate) => candidate.name).join(', ')}, got: ${name}`);
  }
  return planted;
}

/** What is wrong with a verdict on a run with this defect, or with none; undefined where it is as it should be. */
export function complaint(verdict: Verdict, exitCode: number, planted: PlantedDefect | undefined): string | undefined {
  if (verdict.sent === 0 || verdict.acked === 0) {
    return 'the run sent nothing that could have shown it';
  }
  if (planted === undefined) {
    const { lost, doubled, outOfBalance, drained } = verdict;
    return exitCode === 0 && drained && lost + doubled + outOfBalance === 0 ? undefined : `the correct build was reported (exit code ${exitCode})`;
  }
  if (planted.needsHolds === true && !((verdict.releases ?? 0) > 0)) {
    return 'nothing was released: the API of this environment takes no holds, or the load was too short';
  }
  if (exitCode === 0) {
    return 'the run ended with exit code 0';
  }
  if (planted.reportedIn === 'drained') {
    return verdict.drained ? 'drained is true' : undefined;
  }
  return verdict[planted.reportedIn] > 0 ? undefined : `${planted.reportedIn} is 0`;
}
