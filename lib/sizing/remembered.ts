import type { Facts } from '../facts';
import type { Workload } from '../workload';

/**
 * What a sizing function gave, by workload and facts. Several constructs of one app are sized by the same ledger or the same recovery tier; neither
 * a workload nor facts ever change, so the second one need not derive it again. Nothing is kept longer than the workload and the facts themselves.
 */
export class Remembered<S> {
  private readonly known = new WeakMap<Workload, WeakMap<Facts, Map<string, S>>>();

  /**
   * @param derive what gives the sizing where it is not known; an error is not remembered
   * @param options what else the sizing depends on, as a text
   */
  of(workload: Workload, facts: Facts, derive: () => S, options = ''): S {
    const ofWorkload = this.known.get(workload) ?? new WeakMap<Facts, Map<string, S>>();
    const ofFacts = ofWorkload.get(facts) ?? new Map<string, S>();
    const known = ofFacts.get(options);
    if (known !== undefined) {
      return known;
    }
    const derived = derive();
    this.known.set(workload, ofWorkload.set(facts, ofFacts.set(options, derived)));
    return derived;
  }
}
