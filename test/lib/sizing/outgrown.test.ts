import { Facts } from '../../../lib/facts';
import { Decision, quotaUse, SIZING_METADATA_KEY } from '../../../lib/sizing';
import { type GrowingPart, growingParts } from '../../../lib/sizing/growing-parts';
import { forecastGrowth } from '../../../lib/sizing/outgrown';
import { readPlanMetadata } from '../../../lib/sizing/plan-metadata';
import { sizeReference } from '../../../lib/sizing/reference-plan';
import { Band, GrowthModel, Rate, Workload } from '../../../lib/workload';

const from = '2026-11-01';
/** The rates double every year. */
const growth = GrowthModel.compound({ perYear: 1, from });
const facts = Facts.DEFAULT;
const QUOTA = 'lambda/concurrency.accountDefault';

/** A part that needs 100 units at the stated rates, and was deployed with some. */
function part(units: number, most = Infinity): GrowingPart {
  const decision = (needed: number): Decision => Decision.derive({
    path: 'app/part', name: 'units', value: needed, unit: 'units', formula: `1 = ${needed}`, inputs: {}, binding: 'the peak',
    demand: needed / 2, quota: quotaUse(facts, QUOTA, needed), facts: [QUOTA],
  });
  const report = Decision.derive({ path: 'app/part', name: 'unitsPerSecond', value: 1, formula: '1 = 1', inputs: {}, binding: 'told' });
  return {
    path: 'app/part',
    decisions: [decision(units), report],
    sizeAt: (day) => {
      const needed = Math.ceil(100 * growth.factorAt(day) - 1e-9);
      if (needed > most) {
        throw new Error(`\`peak\` must be lower, got: ${needed}`);
      }
      return [decision(needed), { ...report, value: needed }];
    },
  };
}

describe('a forecast of growth', () => {
  it('finds the day on which more would be planned, and the one on which the peak needs all', () => {
    const { outgrown: [units, ...others] } = forecastGrowth([part(200)], { growth });
    expect(others).toEqual([]);
    // At 2027-11-01 exactly 200 units are needed, on the next day 201; half of the units are headroom, which lasts another year.
    expect(units).toMatchObject({ path: 'app/part', name: 'units', now: 200, needed: 201, day: '2027-11-02' });
    expect(units.factor).toBeCloseTo(growth.factorAt('2027-11-02'), 12);
    expect(units.usedUp?.day).toBe('2028-11-02');
  });

  it('finds what does not suffice even now', () => {
    expect(forecastGrowth([part(90)], { growth }).outgrown[0]).toMatchObject({ now: 90, needed: 100, day: from, factor: 1 });
  });

  it('finds nothing beyond the last day that is asked for', () => {
    const forecast = forecastGrowth([part(200)], { growth, until: '2027-11-01' });
    expect(forecast.outgrown).toEqual([]);
    expect(forecast.quotas).toEqual([]);
    expect(forecast.bottleneck).toBeUndefined();
    expect(forecast.days).toEqual([{ day: from, factor: 1 }, { day: '2027-11-01', factor: 2 }]);
    expect(forecast.sizes[0]).toMatchObject({ name: 'units', now: 200, values: [100, 200] });
  });

  it('tells when a quota is exceeded, and by when to ask for more', () => {
    // 1,000 executions, of which 100 are kept back for functions without a reservation: 900 is 9 times 100.
    const { quotas: [quota], bottleneck } = forecastGrowth([part(200)], { growth });
    expect(quota).toMatchObject({ raise: { id: QUOTA, now: 1000 } });
    expect(quota.factor).toBeGreaterThan(9);
    expect(quota.factor).toBeLessThan(9.05);
    expect(Date.parse(quota.day) - Date.parse(quota.askBy)).toBe(86_400_000 * quota.raise.leadTimeDays);
    expect(bottleneck).toMatchObject({ what: 'app/part/units', day: '2028-11-02' });
  });

  it('asks at once for what is exceeded already', () => {
    const { quotas: [quota], bottleneck } = forecastGrowth([part(950)], { growth });
    expect(quota).toMatchObject({ day: from, askBy: from, factor: 1 });
    expect(bottleneck).toEqual({ what: `quota ${QUOTA}`, day: from, factor: 1 });
  });

  it('adds up what all parts use of a shared quota', () => {
    const second: GrowingPart = { ...part(200), path: 'app/second' };
    const two = [part(200), { ...second, decisions: second.decisions.map((it) => Decision.withPath(it, 'app/second')) }];
    expect(forecastGrowth(two, { growth }).quotas[0].day < forecastGrowth([part(200)], { growth }).quotas[0].day).toBe(true);
  });

  it('stops where a hard limit leaves no plan', () => {
    const { stop, bottleneck, sizes } = forecastGrowth([part(200, 150)], { growth });
    expect(stop).toMatchObject({ because: '`peak` must be lower, got: 151' });
    expect(stop!.factor).toBeGreaterThan(1.5);
    expect(stop!.factor).toBeLessThan(1.51);
    expect(bottleneck).toEqual({ what: stop!.because, day: stop!.day, factor: stop!.factor });
    expect(sizes).toEqual([]);
  });

  it('shows a handful of days, the first and the last among them', () => {
    const { days, until } = forecastGrowth([part(200)], { growth });
    expect(until).toBe('2036-11-01');
    expect(days.map(({ day }) => day)).toEqual([from, '2028-11-01', '2030-11-01', '2032-11-01', '2034-11-01', '2036-11-01']);
  });

  it.each(['2026-11-01', '2020-01-01'])('refuses to look until %s', (until) => {
    expect(() => forecastGrowth([part(200)], { growth, until })).toThrow(`\`until\` must be after \`growth.from\` (2026-11-01), got: ${until}`);
  });
});

describe('the growing parts of an app', () => {
  const workload = new Workload({ peak: Rate.perSecond(30_000), growth, uncertainty: { refundShare: Band.between(0, 0.5) } });
  const plan = sizeReference(workload.low());
  const at = (path: string, decisions: readonly Decision[]): Decision[] => decisions.map((it) => Decision.withPath(it, path));
  const metadata = {
    [SIZING_METADATA_KEY]: JSON.parse(JSON.stringify({
      decisions: [...at('app/Stream', plan.stream.decisions), ...at('app/Refunds', plan.queue.decisions), ...at('app/Table', plan.ledger.decisions),
        ...at('app/Given', plan.tier.decisions), { ...plan.stream.decisions[0], path: 'app/Other', name: 'somethingElse' }],
      workloads: ['app', 'app/Stream', 'app/Refunds', 'app/Table', 'app/Other'].map((path) => ({ path, workload })),
    })) as unknown,
  };
  const read = readPlanMetadata([{}, metadata, { somethingElse: 5 }]);

  it('are those with a workload and the decisions of a model', () => {
    expect(growingParts(read, undefined).map(({ path }) => path)).toEqual(['app/Stream', 'app/Refunds', 'app/Table']);
  });

  it('have the sizes of the model for another day, without bands', () => {
    const [stream, , table] = growingParts(read, undefined);
    const later = sizeReference(workload.with({ plannedFor: '2027-11-01', uncertainty: undefined }));
    expect(stream.sizeAt('2027-11-01')).toEqual(at('app/Stream', later.stream.decisions));
    expect(table.sizeAt('2027-11-01')).toEqual(at('app/Table', later.ledger.decisions));
    expect(stream.decisions.find(({ name }) => name === 'shards')?.value).toBe(plan.stream.shards);
  });

  it('grow as is asked for instead of as they state', () => {
    const [stream] = growingParts(read, GrowthModel.linear({ perYear: 9, from: '2027-01-01' }));
    expect(stream.sizeAt('2028-01-01')).toEqual(at('app/Stream', sizeReference(new Workload({ peak: Rate.perSecond(300_000) })).stream.decisions));
  });

  it('do not grow where nothing tells how', () => {
    const workloads = read.workloads.map((it) => ({ ...it, workload: it.workload.with({ growth: undefined, uncertainty: undefined }) }));
    const still = { ...read, workloads };
    expect(growingParts(still, undefined)).toEqual([]);
    expect(growingParts(still, growth)).toHaveLength(3);
  });

  it('are outgrown as an override leaves them', () => {
    const small = { ...read, decisions: read.decisions.map((it) => (it.name === 'shards' ? Decision.override(it, 5) : it)) };
    const { outgrown } = forecastGrowth(growingParts(small, undefined), { growth });
    expect(outgrown.find(({ name }) => name === 'shards')).toMatchObject({ now: 5, day: from });
  });

  it('are refused when the metadata is not as it was written', () => {
    expect(() => readPlanMetadata([{ [SIZING_METADATA_KEY]: { decisions: 5 } }])).toThrow('a sizing plan must be an object with a list `decisions`');
    expect(() => readPlanMetadata([{ [SIZING_METADATA_KEY]: { workloads: [{ workload: { peak: 1 } }] } }])).toThrow('must have a `path` each, got: undefined');
    expect(() => readPlanMetadata([{ [SIZING_METADATA_KEY]: { workloads: [{ path: 'a', workload: { peak: 0 } }] } }])).toThrow('`peak` must be greater than 0');
  });
});
