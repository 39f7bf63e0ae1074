import { Size } from 'aws-cdk-lib';
import { type Fact, Facts } from '../../../lib/facts';
import { Decision, sizeAuditLock, sizeKinesisStream, sizeLedger, SizingPlan } from '../../../lib/sizing';
import { leastRegret, liesBetween, regretOf } from '../../../lib/sizing/least-regret';
import { planned, type Sized } from '../../../lib/sizing/planned';
import { sizeReference } from '../../../lib/sizing/reference-plan';
import { Band, Rate, Workload } from '../../../lib/workload';

const rule = { shortfallWeight: 1.25, exponent: 1.2, scale: 10 };
const facts = Facts.DEFAULT;

describe('regret', () => {
  it('is the excess, or the shortfall times its weight, as a share of the typical cost and to a power', () => {
    expect(regretOf([20], [[10]], rule)).toBeCloseTo(1, 12);
    expect(regretOf([10], [[20]], rule)).toBeCloseTo(1.25 ** 1.2, 12);
    expect(regretOf([15], [[10], [20]], rule)).toBeCloseTo((0.5 ** 1.2 + (0.5 * 1.25) ** 1.2) / 2, 12);
    expect(regretOf([10], [[10]], rule)).toBe(0);
  });

  it('is counted for each capacity, so that too much of one does not make up for too little of another', () => {
    expect(regretOf([20, 10], [[10, 20]], rule)).toBeCloseTo(1 + 1.25 ** 1.2, 12);
  });

  it('does not depend on the currency', () => {
    const inYen = { ...rule, scale: 1500 };
    expect(regretOf([15 * 150], [[10 * 150], [20 * 150]], inYen)).toBeCloseTo(regretOf([15], [[10], [20]], rule), 12);
  });

  it('is least above the middle of what may come, because a shortfall weighs more', () => {
    const outcomes = Array.from({ length: 101 }, (_, index) => [index]);
    const { index, regret } = leastRegret(outcomes, outcomes, rule);
    expect(index).toBeGreaterThan(50);
    expect(index).toBeLessThan(60);
    expect(regret).toBeLessThan(regretOf([50], outcomes, rule));
  });

  it('takes the first of equal candidates', () => {
    expect(leastRegret([[3], [5], [5]], [[5]], rule)).toEqual({ index: 1, regret: 0 });
  });

  it('can tell what lies between two plans', () => {
    expect(liesBetween([2, 5], [1, 9], [3, 4])).toBe(true);
    expect(liesBetween([2, 10], [1, 9], [3, 4])).toBe(false);
    expect(liesBetween([0.5, 5], [1, 9], [3, 4])).toBe(false);
  });
});

/** A model whose one size is the peak in hundreds. */
function hundreds(most = Infinity): (workload: Workload) => Sized & { readonly units: number } {
  return ({ peak: { perSecond } }) => {
    const units = Math.ceil(perSecond / 100);
    if (units > most) {
      throw new Error(`\`peak\` must be at most ${100 * most}, got: ${perSecond}`);
    }
    return {
      units,
      decisions: [
        Decision.derive({ path: 'part', name: 'units', value: units, formula: `1 = ${units}`, inputs: {}, binding: 'the peak', demand: perSecond / 100 }),
        Decision.derive({ path: 'part', name: 'color', value: 'red', formula: '1', inputs: {}, binding: 'taste' }),
      ],
    };
  };
}

const dollars = ({ units }: { units: number }) => [{ amount: units, unitCost: 2, facts: ['kinesis/provisioned.shardHour'] }];
const certain = new Workload({ peak: Rate.perSecond(1000) });
const uncertain = certain.with({ uncertainty: { peak: Band.between(500, 4000) } });

describe('a plan', () => {
  it('is that of the model where nothing is uncertain, made once', () => {
    const size = jest.fn(hundreds());
    const plan = planned(certain, facts, size, dollars);
    expect(size.mock.results).toHaveLength(1);
    expect(plan).toBe(size.mock.results[0].value);
  });

  it('is made for the point of the bands that is regretted least, and tells both ends', () => {
    const plan = planned(uncertain, facts, hundreds(), dollars);
    expect(plan.units).toBeGreaterThan(10);
    expect(plan.units).toBeLessThan(30);
    const units = Decision.find(plan.decisions, 'units');
    expect(units).toMatchObject({ value: plan.units, band: { low: 5, high: 40 }, demand: 10, headroom: expect.closeTo(1 - 10 / plan.units, 4) });
    expect(units.binding).toMatch(/^the peak; planned for the \d+(\.\d+)? % point of the bands, which is regretted least over 256 draws$/);
    expect(units.rejected).toEqual([{
      option: '10, the value for the stated numbers', because: expect.stringMatching(/^its regret over the draws is [\d.]+, that of this plan [\d.]+$/),
    }]);
    const [typical, chosen] = units.rejected[0].because.match(/[\d.]+/g)!.map(Number);
    expect(chosen).toBeLessThan(typical);
    expect(units.facts).toEqual(['target/planning.draws', 'target/planning.shortfallWeight', 'target/planning.regretExponent', 'kinesis/provisioned.shardHour']);
    expect(Decision.find(plan.decisions, 'color').band).toBeUndefined();
  });

  it('is cheaper where a shortfall weighs less', () => {
    const careless = planned(uncertain, facts.withOverrides({ 'target/planning.shortfallWeight': 0.2 }), hundreds(), dollars);
    const anxious = planned(uncertain, facts.withOverrides({ 'target/planning.shortfallWeight': 5 }), hundreds(), dollars);
    expect(careless.units).toBeLessThan(planned(uncertain, facts, hundreds(), dollars).units);
    expect(anxious.units).toBeGreaterThan(planned(uncertain, facts, hundreds(), dollars).units);
  });

  it('is that for the stated numbers where it comes to the same, or nothing is paid for', () => {
    const narrow = certain.with({ uncertainty: { peak: Band.between(995, 1000) } });
    expect(planned(narrow, facts, hundreds(), dollars)).toEqual(hundreds()(certain));
    const free = planned(uncertain, facts, hundreds(), () => []);
    expect(Decision.find(free.decisions, 'units')).toMatchObject({ value: 10, band: { low: 5, high: 40 }, binding: 'the peak; planned for the stated numbers' });
  });

  it('tells which part of the bands a hard limit cuts off', () => {
    expect(() => planned(uncertain, facts, hundreds(39), dollars)).toThrow(
      /^`peak` must be at most 3900, got: [\d.]+; this is (\d+|\d+\.\d+) % up in the bands of `uncertainty` \(peak 500 to 4000\)$/);
    expect(() => planned(uncertain, facts, hundreds(4), dollars)).toThrow('`peak` must be at most 400, got: 1000');
  });

  it('moves up with its band', () => {
    const units = (low: number, high: number): number =>
      planned(certain.with({ uncertainty: { peak: Band.between(low, high) } }), facts, hundreds(), dollars).units;
    expect([units(500, 1500), units(500, 3000), units(900, 3000), units(900, 6000)].map((it, index, all) => index === 0 || it >= all[index - 1]))
      .toEqual([true, true, true, true]);
  });
});

describe('the reference with bands', () => {
  const workload = new Workload({
    peak: Rate.perSecond(100_000), cells: 4, payload: { mean: Size.bytes(512) },
    uncertainty: { peak: Band.between(60_000, 200_000), payloadMeanBytes: Band.between(400, 900), paymentsPerRequest: Band.between(1, 20) },
  });
  const plan = sizeReference(workload);

  it('is planned between its ends, part by part, the same every time', () => {
    const [low, high] = [sizeReference(workload.low()), sizeReference(workload.high())];
    expect(plan.stream.shards).toBeGreaterThan(low.stream.shards);
    expect(plan.stream.shards).toBeLessThan(high.stream.shards);
    expect(plan.ledger.writeUnitsPerSecond).toBeGreaterThan(low.ledger.writeUnitsPerSecond);
    expect(plan.ledger.writeUnitsPerSecond).toBeLessThan(high.ledger.writeUnitsPerSecond);
    expect(JSON.stringify(sizeReference(workload))).toBe(JSON.stringify(plan));
  });

  it('agrees with itself: what follows from a part follows from the part as it was chosen', () => {
    expect(plan.worker.reservedConcurrency).toBe(plan.stream.shards);
    expect(Decision.find(plan.projector.decisions, 'reservedConcurrency').inputs.streamShards).toBe(plan.ledger.streamShards);
  });

  it('publishes the bands with the decisions', () => {
    const { decisions } = new SizingPlan(plan.decisions).toJSON();
    const shards = decisions.find(({ path, name }) => path === 'stream' && name === 'shards');
    expect(shards?.band).toEqual({
      low: sizeKinesisStream(workload.low().cellShare()).shards, high: sizeKinesisStream(workload.high().cellShare()).shards,
    });
    expect(SizingPlan.fromJSON(JSON.parse(JSON.stringify({ decisions }))).decisions).toEqual(decisions);
  });

  it('names the price facts that it was chosen by, and reads no others without bands', () => {
    const read = new Set<string>();
    class RecordingFacts extends Facts {
      override get(id: string, region?: string): Fact {
        read.add(id);
        return super.get(id, region);
      }
    }
    const { decisions } = sizeLedger(workload, new RecordingFacts());
    expect(Decision.find(decisions, 'writeUnitsPerSecond').facts).toEqual(expect.arrayContaining(['dynamodb/onDemand.wru', 'dynamodb/onDemand.rru']));
    read.clear();
    sizeLedger(workload.low(), new RecordingFacts());
    expect([...read].filter((id) => id.startsWith('target/planning.') || id.startsWith('dynamodb/onDemand.wru'))).toEqual([]);
  });

  it('leaves alone what no band moves', () => {
    expect(sizeAuditLock(workload)).toEqual(sizeAuditLock(workload.low()));
  });
});
