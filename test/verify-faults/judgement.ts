import { faultNamed, type FaultName } from '../../local/faults';
import { shortcomings, type Verdict } from '../../local/run/verdict';

/** What of a run is judged. */
export interface JudgedOutcome {
  readonly verdict: Verdict | undefined;
  readonly exitCode: number;
}

/**
 * What is wrong with a run under faults, one sentence each. Nothing where every fault was seen, everything that it must not touch held,
 * and the run says so itself.
 */
export function complaints({ verdict, exitCode }: JudgedOutcome, faults: readonly FaultName[]): string[] {
  if (!verdict) {
    return [`the run gave no verdict (exit code ${exitCode})`];
  }
  const { lost, doubled, outOfBalance, sent, acked, drained } = verdict;
  const found = [
    ...(lost === 0 && doubled === 0 && outOfBalance === 0 ? [] : [`lost ${lost}, doubled ${doubled}, out of balance ${outOfBalance}`]),
    ...(drained ? [] : ['the backlog did not drain']),
    ...(sent > 0 && acked > 0 ? [] : ['nothing was acknowledged that a fault could have touched']),
    ...faults.filter((name) => !((verdict.faults[name] ?? 0) > 0)).map((name) => `${name} was not seen`),
    ...unmovedFields(verdict, faults).map((field) => `${field} is 0`),
    ...(verdict.parkedUnreadable === verdict.unreadablePut ? [] : [
      `${verdict.unreadablePut} records of random bytes were put and ${verdict.parkedUnreadable} are parked`,
    ]),
  ];
  if (found.length > 0 || exitCode === 0) {
    return found;
  }
  return [`the run ended with exit code ${exitCode}: ${shortcomings(verdict).join('; ') || 'it does not say why'}`];
}

/** Fields of the verdict that these faults move, and that were not moved. */
function unmovedFields(verdict: Verdict, faults: readonly FaultName[]): string[] {
  const fields = new Set(faults.flatMap((name) => faultNamed(name).verdictFields));
  return [...fields].filter((field) => !(verdict[field] > 0));
}

/** What a person wants to see of a run that went well: how often each fault was seen, and what the system got over. */
export function summary(verdict: Verdict, faults: readonly FaultName[]): string {
  const seen = faults.map((name) => (faults.length === 1 ? `seen ${verdict.faults[name] ?? 0}` : `${name} ${verdict.faults[name] ?? 0}`)).join(', ');
  return `${seen}; acked ${verdict.acked}, kills ${verdict.kills}, redelivered ${verdict.redelivered}, throttled ${verdict.throttled}, parked ${verdict.parked}`;
}
