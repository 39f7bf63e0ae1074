import { GrowthModel, Rate, Workload } from '../../../lib/workload';

const from = '2026-11-01';

describe('GrowthModel', () => {
  it('compounds by the calendar, so that leap years make no difference on the day', () => {
    const growth = GrowthModel.compound({ perYear: 0.4, from });
    expect(growth.factorAt(from)).toBe(1);
    expect(growth.factorAt('2027-11-01')).toBeCloseTo(1.4, 12);
    expect(growth.factorAt('2028-11-01')).toBeCloseTo(1.96, 12);
    // Half of the 366 days from 2027-11-01 to 2028-11-01.
    expect(growth.factorAt('2028-05-02')).toBeCloseTo(1.4 * Math.sqrt(1.4), 12);
  });

  it('grows by the same amount each year when linear', () => {
    const growth = GrowthModel.linear({ perYear: 0.4, from });
    expect(growth.factorAt('2027-11-01')).toBeCloseTo(1.4, 12);
    expect(growth.factorAt('2029-11-01')).toBeCloseTo(2.2, 12);
  });

  it('starts on any day of the calendar', () => {
    const growth = GrowthModel.compound({ perYear: 1, from: '2028-02-29' });
    expect(growth.factorAt('2029-02-28')).toBeLessThan(2);
    expect(growth.factorAt('2029-03-01')).toBe(2);
    expect(growth.factorAt('2032-02-29')).toBe(16);
  });

  it.each([
    [{ perYear: -0.1, from }, '`growth.perYear` must be between 0 and 10, where 0.4 is 40 % a year, got: -0.1'],
    [{ perYear: 40, from }, '`growth.perYear` must be between 0 and 10, where 0.4 is 40 % a year, got: 40'],
    [{ perYear: Number.NaN, from }, '`growth.perYear` must be between 0 and 10'],
    [{ perYear: 0.4, from: '1.11.2026' }, '`growth.from` must be a day like 2027-11-01, got: 1.11.2026'],
    [{ perYear: 0.4, from: '2026-02-30' }, '`growth.from` must be a day like 2027-11-01, got: 2026-02-30'],
  ])('refuses %j', (props, message) => {
    expect(() => GrowthModel.compound(props)).toThrow(message);
    expect(() => GrowthModel.linear(props)).toThrow(message);
  });

  it('refuses a day before the one on which the rates were stated', () => {
    const growth = GrowthModel.compound({ perYear: 0.4, from });
    expect(() => growth.factorAt('2026-10-31')).toThrow('`plannedFor` must be on or after `growth.from` (2026-11-01), got: 2026-10-31');
  });
});

describe('a workload that is planned for a day', () => {
  const growth = GrowthModel.compound({ perYear: 0.4, from });
  const workload = new Workload({ peak: Rate.perSecond(1000), average: Rate.perSecond(500), cells: 3, growth, plannedFor: '2028-11-01' });

  it('has the rates of that day', () => {
    expect(workload.peak.perSecond).toBeCloseTo(1960, 9);
    expect(workload.average.perSecond).toBeCloseTo(980, 9);
    expect(new Workload({ peak: Rate.perSecond(1000), growth }).peak.perSecond).toBe(1000);
    expect(new Workload({ peak: Rate.perSecond(1000), growth, plannedFor: '2027-11-01' }).average.perSecond).toBeCloseTo(560, 9);
  });

  it('grows once, whatever is made of it', () => {
    expect(workload.cellShare().peak.perSecond).toBeCloseTo(980, 9);
    expect(workload.cellShare().cellShare().peak.perSecond).toBeCloseTo(980, 9);
    expect(workload.with({ refundShare: 0.5 }).peak.perSecond).toBeCloseTo(1960, 9);
    expect(workload.with({ plannedFor: undefined }).peak.perSecond).toBe(1000);
    expect(new Workload({ ...workload }).peak.perSecond).toBeCloseTo(1960, 9);
    expect(Workload.fromJSON(workload.toJSON()).peak.perSecond).toBeCloseTo(1960, 9);
  });
});
