import fc from 'fast-check';
import { AdaptiveConcurrencyLimit } from '../../../../lambdas/runtime/resilience/adaptive-concurrency-limit';
import { CRITICALITIES, type Criticality, LoadShedder, LoadShedError } from '../../../../lambdas/runtime/resilience/load-shedder';
import { ManualClock } from '../support/manual-clock';

const fixed = (limit: number): AdaptiveConcurrencyLimit => new AdaptiveConcurrencyLimit({
  initial: limit, minimum: limit, maximum: Math.max(limit, 4),
});

describe('LoadShedder', () => {
  it('never has more under way than the limit, and refuses nobody who matters more than somebody it lets in', () => {
    const steps = fc.array(fc.oneof(fc.constantFrom(...CRITICALITIES), fc.constant('leave' as const)), { maxLength: 120 });
    fc.assert(fc.property(fc.integer({ min: 4, max: 30 }), steps, (limit, all) => {
      const shedder = new LoadShedder({ limit: fixed(limit) });
      let inFlight = 0;
      for (const step of all) {
        if (step === 'leave') {
          if (inFlight > 0) {
            shedder.leave(1);
            inFlight--;
          }
          continue;
        }
        const room = Math.ceil(shedder.limit * { criticalPlus: 1, critical: 0.9, sheddablePlus: 0.7, sheddable: 0.5 }[step]);
        const isLetIn = shedder.tryEnter(step);
        expect(isLetIn).toBe(inFlight < room);
        inFlight += isLetIn ? 1 : 0;
        expect(shedder.inFlight).toBe(inFlight);
        expect(inFlight).toBeLessThanOrEqual(shedder.limit);
      }
    }), { numRuns: 200 });
  });

  it('sheds what matters least first as load grows', () => {
    const shedder = new LoadShedder({ limit: fixed(10) });
    const refused = new Set<Criticality>();
    const order: Criticality[] = [];
    for (let load = 0; load < 10; load++) {
      for (const criticality of CRITICALITIES) {
        if (!refused.has(criticality) && shedder.tryEnter(criticality)) {
          shedder.leave(1);
        } else if (!refused.has(criticality)) {
          refused.add(criticality);
          order.push(criticality);
        }
      }
      shedder.tryEnter('criticalPlus');
    }
    expect(shedder.tryEnter('criticalPlus')).toBe(false);
    expect(order).toEqual(['sheddable', 'sheddablePlus', 'critical']);
  });

  it('lets something of each kind in when nothing is under way', () => {
    for (const criticality of CRITICALITIES) {
      expect(new LoadShedder({ limit: fixed(1) }).tryEnter(criticality)).toBe(true);
    }
  });

  it('tells its limit how long requests take and which were dropped', async () => {
    const clock = new ManualClock();
    const reports: unknown[][] = [];
    const limit = fixed(8);
    limit.report = (...report) => { reports.push(report); };
    const shedder = new LoadShedder({ limit, clock });
    await shedder.run('critical', async () => { clock.time += 30; });
    const refused = new Error('throttled');
    await expect(shedder.run('sheddable', async () => { clock.time += 5; throw refused; }, (error) => error === refused)).rejects.toBe(refused);
    expect(reports).toEqual([[30, 1, false], [5, 1, true]]);
    expect(shedder.inFlight).toBe(0);
  });

  it('says what it refuses, and does not begin it', async () => {
    const shedder = new LoadShedder({ limit: fixed(1) });
    shedder.tryEnter('criticalPlus');
    let begun = 0;
    const call = shedder.run('sheddable', async () => { begun++; });
    await expect(call).rejects.toThrow(LoadShedError);
    await expect(call).rejects.toThrow('overloaded: requests that are sheddable are refused for a moment');
    expect(begun).toBe(0);
  });

  it('gives nobody a larger share than those who matter more', () => {
    expect(() => new LoadShedder({ shares: { critical: 0.5 } })).toThrow('`shares.sheddablePlus` must be above 0 and at most 0.5, got: 0.7');
    expect(() => new LoadShedder({ shares: { criticalPlus: 1.1 } })).toThrow('`shares.criticalPlus` must be above 0 and at most 1, got: 1.1');
  });
});
