import type { FaultSettings } from '../../local/faults';
import type { VerdictRun } from '../support/verdict-run';
import { complaint, type PlantedDefect } from './defects';

/** One run. */
export interface Trial {
  readonly title: string;
  readonly faults: FaultSettings;
  /** Undefined for the correct build. */
  readonly planted: PlantedDefect | undefined;
}

/** What came of a trial, as a line that says why where it failed. A run without a verdict has failed, and the next one begins. */
export function report(
  { title, planted }: Trial, { verdict, exitCode, seconds, output }: VerdictRun,
): { readonly passed: boolean; readonly line: string } {
  const wrong = verdict === undefined ? `no verdict (exit code ${exitCode})` : complaint(verdict, exitCode, planted);
  const numbers = verdict === undefined ? ''
    : `  lost ${verdict.lost}, doubled ${verdict.doubled}, out of balance ${verdict.outOfBalance}${verdict.drained ? '' : ', not drained'}`;
  const tail = verdict === undefined ? `${output.trimEnd()}\n` : '';
  return {
    passed: wrong === undefined,
    line: `${wrong === undefined ? 'ok    ' : 'FAILED'}  ${title.padEnd(44)}${numbers}  after ${seconds.toFixed(1)} s${wrong === undefined ? '' : `: ${wrong}`}\n${tail}`,
  };
}
