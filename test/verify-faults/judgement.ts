import { faultNamed, type FaultName } from '../../local/faults';
import { shortcomings, type Verdict } from '../../local/run/verdict';

const KILLS: readonly FaultName[] = ['kill-worker', 'kill-api'];
/** A kill strikes within its first period, the next one at the other moment a period later; it may take one more to find a call. */
const PERIODS_FOR_BOTH_MOMENTS = 3;

/** What of a run is judged. */
export interface JudgedOutcome {
  readonly verdict: Verdict | undefined;
  readonly exitCode: number;
}

/**
 * What is wrong with a run under faults, one sentence each. Nothing where every fault was seen, everything that it must not touch held,
 * and the run says so itself.
 *
 * @param loadSeconds how long the load was, with each fault at its suggested value
 */
export function complaints({ verdict, exitCode }: JudgedOutcome, faults: readonly FaultName[], loadSeconds: number): string[] {
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
    ...missedMoments(verdict, faults, loadSeconds),
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
  if (verdict.engine.topics !== undefined) {
    // What is killed are pods: no function ends with an error.
    fields.delete('handlerErrors');
  }
  return [...fields].filter((field) => !(verdict[field] > 0));
}

/** Moments of the kills that this run was long enough for, and that none hit. They take turns. */
function missedMoments({ killMoments }: Verdict, faults: readonly FaultName[], loadSeconds: number): string[] {
  if (!KILLS.some((name) => faults.includes(name) && loadSeconds >= PERIODS_FOR_BOTH_MOMENTS * faultNamed(name).suggested)) {
    return [];
  }
  const { inside, afterEffects } = killMoments;
  return [...(inside > 0 ? [] : ['no kill hit inside']), ...(afterEffects > 0 ? [] : ['no kill hit after the effects'])];
}

/** What a person wants to see of a run that went well: how often each fault was seen, and what the system got over. */
export function summary(verdict: Verdict, faults: readonly FaultName[]): string {
  const seen = faults.map((name) => (faults.length === 1 ? `seen ${verdict.faults[name] ?? 0}` : `${name} ${verdict.faults[name] ?? 0}`)).join(', ');
  const { inside, afterEffects } = verdict.killMoments;
  return `${seen}; acked ${verdict.acked}, kills ${verdict.kills} (${inside} inside, ${afterEffects} after the effects), redelivered ${verdict.redelivered}, throttled ${verdict.throttled}, parked ${verdict.parked}`;
}
