import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision, sizeLedger, sizeProjector } from '../../../lib/sizing';
import { FactTrail } from '../../../lib/sizing/fact-trail';
import { sizeReadConsistency, type ReadConsistencySizing } from '../../../lib/sizing/read-consistency';
import { readUnitsFactor, readUnitsFacts } from '../../../lib/sizing/read-units';
import { type ConsistencyByDataClass, ConsistencyLevel, KeySkew, Rate, Workload, type WorkloadProps } from '../../../lib/workload';
import { expectExplained } from './explained';

const eventual = (milliseconds: number): ConsistencyLevel => ConsistencyLevel.eventual(Duration.millis(milliseconds));

function size(props: Partial<WorkloadProps> = {}, facts = Facts.DEFAULT): ReadConsistencySizing {
  const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4, ...props });
  return sizeReadConsistency(workload, sizeProjector(workload, sizeLedger(workload)), facts);
}

function reads(consistency: ConsistencyByDataClass, recoveryRegion?: string): ReadConsistencySizing {
  return size({ consistency, ...(recoveryRegion !== undefined && { recoveryRegion }) });
}

describe('read units of a level', () => {
  it.each([[ConsistencyLevel.STRONG, 1], [ConsistencyLevel.READ_YOUR_WRITES, 0.55], [eventual(1000), 0.5]])('are those of %s', (level, units) => {
    const trail = new FactTrail(Facts.DEFAULT);
    expect(readUnitsFactor(level, trail)).toBeCloseTo(units, 9);
    expect([...readUnitsFacts(level)].sort()).toEqual([...trail.ids()].sort());
  });
});

describe('reads of a status', () => {
  it('are consistent by default, in the writing region alone', () => {
    expect(size({ recoveryRegion: 'eu-west-1' }).status).toEqual({ consistent: true, unitsPerRead: 1, repeatedByReceipt: false, replicaReads: false });
  });

  it('are repeated by the receipt of a write, where a client is to see its own', () => {
    expect(reads({ status: ConsistencyLevel.READ_YOUR_WRITES }, 'eu-west-1').status).toMatchObject({ consistent: false, unitsPerRead: 0.55, repeatedByReceipt: true, replicaReads: false });
  });

  it('may be answered by a replica where the bound is longer than replication takes', () => {
    expect(reads({ status: eventual(2500) }, 'eu-west-1').status).toMatchObject({ consistent: false, unitsPerRead: 0.5, replicaReads: true });
    expect(reads({ status: eventual(2499) }, 'eu-west-1').status.replicaReads).toBe(false);
    expect(reads({ status: eventual(2500) }).status.replicaReads).toBe(false);
  });

  it('have an alarm before their bound is broken', () => {
    const { status, decisions } = reads({ status: eventual(10_000) });
    expect(status.lagAlarm?.toMilliseconds()).toBe(8000);
    expect(Decision.find(decisions, 'statusLagAlarm')).toMatchObject({ value: 8000, limits: { maximum: 10_000 } });
  });

  it('refuse a bound that an eventually consistent read does not keep', () => {
    expect(() => reads({ status: eventual(999) })).toThrow(
      '`consistency.status` must allow at least 1,000 ms, what an eventually consistent read may miss, got: 999 ms; state ConsistencyLevel.STRONG for less');
    expect(reads({ status: eventual(1000) }).status.staleness?.toMilliseconds()).toBe(1000);
  });
});

describe('reads of balances', () => {
  it('are eventually consistent within 5 s by default, which leaves the projector its window', () => {
    const { balances, longestProjectorWindow } = size();
    expect(balances).toMatchObject({ consistent: false, unitsPerRead: 0.5, replicaReads: false });
    expect([balances.staleness?.toSeconds(), balances.lagAlarm?.toSeconds()]).toEqual([5, 4]);
    // 5 s, less 0.552 s of delivery and 1.21 s of work.
    expect(longestProjectorWindow.toSeconds()).toBe(3);
  });

  it('shorten the window of the projector where many merchants would want a longer one', () => {
    const { longestProjectorWindow, decisions } = size({ keySkew: KeySkew.uniform(2_000_000) });
    const decision = Decision.find(decisions, 'longestProjectorWindow');
    expect(decision.inputs.windowOfProjector).toBe(5);
    expect(longestProjectorWindow.toSeconds()).toBeLessThan(5);
    expect(decision.binding).toBe('staleness of balances; the projector would take 5 s to merge more writes');
  });

  it.each([[eventual(2000), '2,000 ms'], [ConsistencyLevel.STRONG, 'strong'], [ConsistencyLevel.READ_YOUR_WRITES, 'readYourWrites']])(
    'refuse %s, which the projector cannot keep', (balances, got) => {
      expect(() => reads({ balances })).toThrow(
        new RegExp(`^\`consistency.balances\` must be ConsistencyLevel.eventual of at least 2,\\d{3} ms, what a change takes to reach a balance, got: ${got}$`));
    });

  it('have a longer window for a longer bound', () => {
    const windows = [3000, 5000, 20_000].map((bound) => reads({ balances: eventual(bound) }).longestProjectorWindow.toSeconds());
    expect(windows).toEqual([1, 3, 18]);
  });
});

describe('decisions about reads', () => {
  it.each([
    ['defaults', size()],
    ['read-your-writes', reads({ status: ConsistencyLevel.READ_YOUR_WRITES }, 'eu-west-1')],
    ['eventual', reads({ status: eventual(4000), balances: eventual(60_000) }, 'eu-west-1')],
    ['a small system', size({ peak: Rate.perSecond(10), cells: 1 })],
    ['a huge one', size({ peak: Rate.perSecond(1_000_000), keySkew: KeySkew.zipf({ keys: 1_000_000, exponent: 1 }) })],
  ])('explain themselves: %s', (_, { decisions }) => expectExplained(decisions));

  it('name the facts that were read, and no other', () => {
    const workload = new Workload({ peak: Rate.perSecond(100_000), consistency: { status: eventual(4000) } });
    const projector = sizeProjector(workload, sizeLedger(workload));
    const trail = new FactTrail(Facts.DEFAULT);
    const named = new Set(sizeReadConsistency(workload, projector, trail).decisions.flatMap((it) => it.facts));
    expect([...named].sort()).toEqual([...trail.ids()].sort());
  });
});
