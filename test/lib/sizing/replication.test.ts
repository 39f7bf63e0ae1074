import { Facts } from '../../../lib/facts';
import { Decision, sizeLedger } from '../../../lib/sizing';
import { FactTrail } from '../../../lib/sizing/fact-trail';
import { type ReplicationSizing, sizeReplication } from '../../../lib/sizing/replication';
import { Rate, RecoveryTier, Workload, type WorkloadProps } from '../../../lib/workload';
import { expectExplained } from './explained';

function size(props: Partial<WorkloadProps> = {}, facts = Facts.DEFAULT): ReplicationSizing {
  const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4, recoveryRegion: 'eu-west-1', ...props });
  return sizeReplication(workload, sizeLedger(workload), facts);
}

describe('replication', () => {
  it('makes one replica where a recovery region is stated', () => {
    const { replicas, region, replicatedWriteUnitsPerSecond, decisions } = size();
    expect({ replicas, region, replicatedWriteUnitsPerSecond }).toEqual({ replicas: 1, region: 'eu-west-1', replicatedWriteUnitsPerSecond: 107_180 });
    expect(Decision.find(decisions, 'replicatedWriteUnitsPerSecond').quota?.used).toBe(38_279);
    expect(Decision.find(decisions, 'tableStreamReaders')).toMatchObject({ value: 2, binding: expect.stringContaining('AWS advises 1 reader of a shard') });
  });

  it('makes none where none is', () => {
    const none = size({ recoveryRegion: undefined });
    expect(none).toMatchObject({ replicas: 0, replicatedWriteUnitsPerSecond: 0 });
    expect(none.delayAlarm).toBeUndefined();
    expect(none.decisions.map((it) => it.name)).toEqual(['replicas']);
  });

  it('calls somebody half way to the recovery point of the tier', () => {
    const alarms = RecoveryTier.ALL.map((recoveryTier) => size({ recoveryTier }).delayAlarm?.toSeconds());
    expect(alarms).toEqual([30, 150, 450, 1800]);
  });

  it('never calls for what replication takes anyway', () => {
    const slow = Facts.DEFAULT.withOverrides({ 'dynamodb/globalTable.replication.high': 45_000 });
    expect(size({}, slow).delayAlarm?.toSeconds()).toBe(45);
  });

  it('refuses a tier that may lose less than replication keeps back, and the region itself', () => {
    const slow = Facts.DEFAULT.withOverrides({ 'dynamodb/globalTable.replication.high': 90_000 });
    expect(() => size({}, slow)).toThrow(
      '`recoveryTier` must allow to lose at least 90 s, what replication to another region may keep back, got: 60 s (critical)');
    expect(() => size({ recoveryRegion: 'us-east-1' })).toThrow('`recoveryRegion` must be another region than that of the system, got: us-east-1');
  });

  it('explains itself', () => {
    expectExplained(size().decisions);
    expectExplained(size({ recoveryRegion: undefined }).decisions);
    expectExplained(size({ peak: Rate.perSecond(1_000_000), recoveryTier: RecoveryTier.ANALYTICS }).decisions);
  });

  it('names the facts that were read, and no other', () => {
    const workload = new Workload({ peak: Rate.perSecond(100_000), recoveryRegion: 'eu-west-1' });
    const trail = new FactTrail(Facts.DEFAULT);
    const named = new Set(sizeReplication(workload, sizeLedger(workload), trail).decisions.flatMap((it) => it.facts));
    expect([...named].sort()).toEqual([...trail.ids()].sort());
  });
});
