import { Facts } from '../../../lib/facts';
import { sizeRecovery } from '../../../lib/sizing';
import { Remembered } from '../../../lib/sizing/remembered';
import { Rate, Workload } from '../../../lib/workload';

const workload = (): Workload => new Workload({ peak: Rate.perSecond(1000), recoveryRegion: 'eu-central-1' });

describe('Remembered', () => {
  it('derives once for a workload, its facts and its options', () => {
    const remembered = new Remembered<object>();
    const [first, second] = [workload(), workload()];
    const facts = new Facts();
    const of = (it: Workload, from: Facts, options?: string): object => remembered.of(it, from, () => ({}), options);

    expect(of(first, facts)).toBe(of(first, facts));
    expect(of(first, facts)).not.toBe(of(second, facts));
    expect(of(first, facts)).not.toBe(of(first, new Facts()));
    expect(of(first, facts)).not.toBe(of(first, facts, 'other'));
  });

  it('does not remember an error', () => {
    const remembered = new Remembered<number>();
    const it = workload();
    const facts = new Facts();

    expect(() => remembered.of(it, facts, () => { throw new Error('too much'); })).toThrow('too much');
    expect(remembered.of(it, facts, () => 7)).toBe(7);
  });

  it('tells mechanisms of a recovery apart', () => {
    const it = workload();

    expect(sizeRecovery(it)).toBe(sizeRecovery(it));
    expect(sizeRecovery(it, Facts.DEFAULT, { mechanism: { ledger: 'replica' } })).not.toBe(sizeRecovery(it));
  });
});
