import type { Verdict } from '../../local/run/verdict';

/** A defect that the checker has to find. */
export interface PlantedDefect {
  /** Module of `planted/` with the defective handler. */
  readonly name: string;
  /** Deployable whose bundle it takes the place of. */
  readonly deployable: string;
  /** Field of the verdict that has to report it. */
  readonly reportedIn: 'lost' | 'doubled' | 'outOfBalance';
}

/** Whenever a real defect is found, its planted form joins this list before it is mended. */
export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  { name: 'duplicate-applied-again', deployable: 'payment-worker', reportedIn: 'doubled' },
  { name: 'projector-skips-shard', deployable: 'balance-projector', reportedIn: 'outOfBalance' },
  { name: 'refund-keeps-refundable', deployable: 'payment-worker', reportedIn: 'outOfBalance' },
];

/** What is wrong with a verdict on a run with this defect, or with none; undefined where it is as it should be. */
export function complaint(verdict: Verdict, exitCode: number, defect: PlantedDefect | undefined): string | undefined {
  if (verdict.sent === 0 || verdict.acked === 0) {
    return 'the run sent nothing that could have shown it';
  }
  if (!defect) {
    const { lost, doubled, outOfBalance } = verdict;
    return exitCode === 0 && lost + doubled + outOfBalance === 0 ? undefined : `the correct build was reported (exit code ${exitCode})`;
  }
  if (exitCode === 0) {
    return 'the run ended with exit code 0';
  }
  return verdict[defect.reportedIn] > 0 ? undefined : `${defect.reportedIn} is 0`;
}
