import { Duration } from 'aws-cdk-lib';
import { Facts, isAssumption } from '../../../lib/facts';
import { recoveryJson, renderRecoveryMarkdown, renderRecoveryText } from '../../../lib/report/recovery-text';
import { Decision, sizeAuditLock, sizeKinesisStream, sizeLedger } from '../../../lib/sizing';
import { FactTrail } from '../../../lib/sizing/fact-trail';
import { type RecoveryOptions, type RecoverySizing, sizeRecovery } from '../../../lib/sizing/recovery';
import type { Disaster, RecoveryCoverage } from '../../../lib/sizing/recovery-coverage';
import type { DataClass } from '../../../lib/sizing/recovery-data';
import { Band, KeySkew, Rate, RecoveryTier, Workload, type WorkloadProps } from '../../../lib/workload';
import { expectExplained } from './explained';

const ELSEWHERE = { recoveryRegion: 'eu-west-1' };

function size(props: Partial<WorkloadProps> = {}, options?: RecoveryOptions, facts = Facts.DEFAULT): RecoverySizing {
  return sizeRecovery(new Workload({ peak: Rate.perSecond(100_000), cells: 4, ...props }), facts, options);
}

function covered(sizing: RecoverySizing, name: DataClass, disaster: Disaster): RecoveryCoverage {
  return sizing.data.find((it) => it.name === name)!.coverages.find((it) => it.disaster === disaster)!;
}

function tiers<T>(of: (sizing: RecoverySizing) => T): T[] {
  return RecoveryTier.ALL.map((recoveryTier) => of(size({ recoveryTier })));
}

describe('a recovery tier', () => {
  it('sets how far back tables go, when backups are taken, and how long they and logs are kept', () => {
    expect(tiers((it) => [it.pointInTimeRecovery, it.backupRetention, it.logRetention].map((time) => time.toDays()))).toEqual(
      [[35, 35, 365], [35, 35, 365], [14, 28, 90], [7, 28, 30]]);
    expect(tiers((it) => it.backupFrequency.toHours())).toEqual([24, 24, 168, 168]);
  });

  it('copies the ledger once a week, and keeps no copy longer than its rows live: 7 days and 2 until they are deleted', () => {
    expect(tiers((it) => [it.ledgerBackupFrequency.toHours(), it.ledgerBackupRetention.toDays()])).toEqual([[168, 9], [168, 9], [168, 9], [168, 9]]);
    expect(Decision.find(size().decisions, 'ledgerBackupRetention').rejected).toEqual([
      expect.objectContaining({ option: expect.stringContaining('every 24 h kept for 35 days'), because: expect.stringMatching(/^each is a whole copy: .* a month/) }),
    ]);
  });

  it('keeps copies of rows that live longer as long as others, and always one', () => {
    expect(size({ refundWindow: Duration.days(60) }).ledgerBackupRetention.toDays()).toBe(35);
    expect(size({ refundWindow: Duration.days(60), recoveryTier: RecoveryTier.SUPPORTING }).ledgerBackupRetention.toDays()).toBe(28);
    const seldom = Facts.DEFAULT.withOverrides({ 'target/recovery.ledgerBackupHours.critical': 14 * 24 });
    expect(size({}, undefined, seldom).ledgerBackupRetention.toDays()).toBe(14);
  });

  it('sets alarms: unsettled payments and replication within the recovery point, backups when they are late', () => {
    expect(tiers((it) => it.unsettledAlarm.toSeconds())).toEqual([30, 150, 450, 1800]);
    expect(tiers((it) => it.missedBackupAlarm.toHours())).toEqual([36, 36, 252, 252]);
    const delays = RecoveryTier.ALL.map((recoveryTier) => size({ recoveryTier, ...ELSEWHERE }).replication.delayAlarm?.toSeconds());
    expect(delays).toEqual([30, 150, 450, 1800]);
  });

  it('has zones to lose, and protects from deletion, always', () => {
    expect(tiers((it) => [it.zones, Decision.find(it.decisions, 'zonesLostAtPeak').value, it.deletionProtection])).toEqual(
      [[3, 1, true], [3, 1, true], [3, 0, true], [3, 0, true]]);
  });

  it('has a replica where a recovery region is stated, and only there', () => {
    expect(size().replication.replicas).toBe(0);
    expect(size(ELSEWHERE).replication).toMatchObject({ replicas: 1, region: 'eu-west-1' });
  });
});

describe('bytes', () => {
  it('follow from rate and windows', () => {
    const bytes = Object.fromEntries(size().data.map((it) => [it.name, it.bytes]));
    // 39,600 rows a second of 502 B and 100 B of DynamoDB's own, for 7 days and 2 until they are deleted.
    expect(bytes.ledger / (39_600 * 602 * 9 * 86_400)).toBeCloseTo(1, 3);
    // 40,000 payments of 397 B and 8 B of packing, for 72 h.
    expect(bytes.stream / (40_000 * 405 * 72 * 3600)).toBeCloseTo(1, 3);
    expect(bytes.auditArchive / (40_000 * 64 * 2555 * 86_400)).toBeCloseTo(1, 3);
    expect(bytes.balances).toBe(500 * 32 * 260);
  });

  it('grow with rate and window', () => {
    const ledger = (props: Partial<WorkloadProps>): number => size(props).data.find((it) => it.name === 'ledger')!.bytes;
    const base = ledger({});
    expect(ledger({ peak: Rate.perSecond(200_000) }) / base).toBeCloseTo(2, 6);
    expect(ledger({ refundWindow: Duration.days(30) }) / base).toBeCloseTo(32 / 9, 6);
  });
});

describe('the loss of a zone', () => {
  it.each(['stream', 'ledger', 'balances', 'parkedItems', 'auditArchive', 'configuration'] as const)('costs %s nothing: the service keeps it elsewhere', (name) => {
    expect(covered(size(), name, 'zoneLoss')).toMatchObject({
      mechanism: 'serviceReplication', time: { low: 0, high: 30 }, point: { low: 0, high: 0 }, timeVerdict: 'met', pointVerdict: 'met', assumption: true,
    });
  });

  it('empties a cache, which is filled again', () => {
    expect(covered(size(), 'cache', 'zoneLoss')).toMatchObject({ mechanism: 'rebuild', timeVerdict: 'met' });
    expect(covered(size({ keySkew: KeySkew.uniform(1_000_000) }), 'cache', 'zoneLoss')).toMatchObject({ time: { low: 100, high: 1030 }, timeVerdict: 'notShown' });
  });
});

describe('deletion or corruption', () => {
  it('of a large ledger takes hours, which no critical tier allows; nothing accepted is lost, because the stream is read again', () => {
    const { time, ...coverage } = covered(size(ELSEWHERE), 'ledger', 'dataLoss');
    expect(coverage).toMatchObject({ mechanism: 'restore', timeVerdict: 'notMet', point: { low: 0, high: 0 }, pointVerdict: 'met', assumption: true });
    expect(coverage.how).toContain('A replica does not help: it copies a deletion too');
    // A quarter of 16.9 TiB at 500 and 50 MiB/s, and a quarter more for what came meanwhile.
    const table = size().data.find((it) => it.name === 'ledger')!.bytes / 4;
    expect(time!.low).toBeCloseTo((600 + table / 524_288_000) * 1.25, 3);
    expect(time!.high).toBeCloseTo((120 + 1500 + table / 52_428_800) * 1.25, 3);
  });

  it('of a small ledger fits the slower tiers', () => {
    const verdicts = RecoveryTier.ALL.map((recoveryTier) => covered(size({ peak: Rate.perSecond(50), cells: 1, recoveryTier }), 'ledger', 'dataLoss').timeVerdict);
    expect(verdicts).toEqual(['notMet', 'notShown', 'met', 'met']);
  });

  it('loses what the stream no longer has, where restoring takes longer than it keeps payments', () => {
    const slow = covered(size({ recoveryTier: RecoveryTier.SUPPORTING }), 'ledger', 'dataLoss');
    expect(slow.time!.high).toBeGreaterThan(24 * 3600);
    expect(slow).toMatchObject({ point: { low: 0, high: 300 }, pointVerdict: 'met', how: expect.stringContaining('may take longer than the 24 h that the stream keeps') });
  });

  it('of the stream is not covered, and says how much is lost', () => {
    expect(covered(size(), 'stream', 'dataLoss')).toMatchObject({
      mechanism: 'notCovered', timeVerdict: 'notCovered', how: expect.stringMatching(/a stream has no backup: .* about 100,000 payments that were accepted but not settled/),
    });
  });

  it('of the archive is prevented where its lock holds for everybody', () => {
    expect(covered(size(), 'auditArchive', 'dataLoss')).toMatchObject({ mechanism: 'prevented', timeVerdict: 'met', pointVerdict: 'met' });
    expect(covered(size({ recoveryTier: RecoveryTier.SUPPORTING }), 'auditArchive', 'dataLoss').mechanism).toBe('notCovered');
  });

  it('of balances takes the faster of restoring and adding up again', () => {
    expect(covered(size(), 'balances', 'dataLoss').mechanism).toBe('restore');
    expect(covered(size({ peak: Rate.perSecond(50), cells: 1 }), 'balances', 'dataLoss').mechanism).toBe('rebuild');
  });
});

describe('the loss of a region', () => {
  it('is not covered without a recovery region', () => {
    for (const { name } of size().data) {
      expect({ name, ...covered(size(), name, 'regionLoss') }).toMatchObject({ name, mechanism: 'notCovered', timeVerdict: 'notCovered', pointVerdict: 'notCovered' });
    }
  });

  it('lets the replica take over by a fenced switch, within the time of every tier', () => {
    for (const recoveryTier of RecoveryTier.ALL) {
      for (const name of ['ledger', 'parkedItems', 'configuration'] as const) {
        expect(covered(size({ recoveryTier, ...ELSEWHERE }), name, 'regionLoss')).toMatchObject({ mechanism: 'replica', timeVerdict: 'met', pointVerdict: 'met' });
      }
    }
    expect(covered(size(ELSEWHERE), 'ledger', 'regionLoss')).toMatchObject({ time: { low: 120, high: 240 }, point: { low: 0.5, high: 2.5 } });
  });

  it('loses the unsettled part of the stream even then', () => {
    expect(covered(size(ELSEWHERE), 'stream', 'regionLoss')).toMatchObject({
      mechanism: 'notCovered', how: expect.stringContaining('new payments go to the stream of the recovery region'),
    });
  });

  it('adds balances up again, and may lose the last minutes of the archive', () => {
    expect(covered(size(ELSEWHERE), 'balances', 'regionLoss')).toMatchObject({ mechanism: 'rebuild', timeVerdict: 'notMet', pointVerdict: 'met' });
    expect(covered(size(ELSEWHERE), 'auditArchive', 'regionLoss')).toMatchObject({ point: { low: 5, high: 900 }, pointVerdict: 'notShown' });
  });
});

describe('a mechanism that is asked for', () => {
  const restore: RecoveryOptions = { mechanism: { ledger: 'restore' } };

  it('is refused where it may take longer than the tier allows', () => {
    expect(() => size(ELSEWHERE, restore)).toThrow(
      '`mechanism.ledger` must be \'replica\', or the tier one that may take longer: restoring 16.9 TiB takes 3.28 h to 31.3 h, '
      + 'recovery tier critical allows 5 min, got: restore');
    expect(() => size({ ...ELSEWHERE, peak: Rate.perSecond(50), cells: 1, recoveryTier: RecoveryTier.IMPORTANT }, restore)).toThrow('allows 15 min');
  });

  it('is refused where backups are further apart than the tier may lose', () => {
    expect(() => size({ ...ELSEWHERE, peak: Rate.perSecond(50), cells: 1, recoveryTier: RecoveryTier.SUPPORTING }, restore)).toThrow(
      '`mechanism.ledger` must be \'replica\', or the tier one that may lose more: backups are 60 min apart, recovery tier supporting allows to lose 15 min, got: restore');
  });

  it('is refused without a region to come back in', () => {
    for (const mechanism of ['restore', 'replica'] as const) {
      expect(() => size({}, { mechanism: { parkedItems: mechanism } })).toThrow(
        `\`mechanism.parkedItems\` must not be stated without a \`recoveryRegion\` to come back in, got: ${mechanism}`);
    }
  });

  it('is taken where it fits', () => {
    const small = size({ ...ELSEWHERE, peak: Rate.perSecond(50), cells: 1, recoveryTier: RecoveryTier.ANALYTICS }, restore);
    expect(covered(small, 'ledger', 'regionLoss')).toMatchObject({ mechanism: 'restore', timeVerdict: 'met', pointVerdict: 'met', how: expect.stringContaining('every 1 h') });
    expect(covered(small, 'parkedItems', 'regionLoss').mechanism).toBe('replica');
    expect(size(ELSEWHERE, { mechanism: { ledger: 'replica' } })).toEqual(size(ELSEWHERE));
  });
});

describe('recovery at all sizes', () => {
  it.each([10, 1_000, 100_000, 1_000_000])('explains itself at %d payments/s', (rate) => {
    for (const recoveryTier of RecoveryTier.ALL) {
      const { decisions, data } = size({ peak: Rate.perSecond(rate), cells: rate >= 100_000 ? 4 : 1, recoveryTier, ...ELSEWHERE });
      expectExplained(decisions);
      for (const { coverages } of data) {
        expect(coverages.map((it) => it.disaster)).toEqual(['zoneLoss', 'dataLoss', 'regionLoss']);
        for (const { time, how, assumption, facts } of coverages) {
          expect(how).not.toMatch(/NaN|undefined|Infinity/);
          expect(time === undefined || (Number.isFinite(time.high) && time.low <= time.high && time.low >= 0)).toBe(true);
          expect(assumption).toBe(facts.some((id) => isAssumption(Facts.DEFAULT.get(id))));
        }
      }
    }
  });

  it('never restores a larger ledger faster', () => {
    const times = [10, 1_000, 100_000, 400_000].map((rate) => covered(size({ peak: Rate.perSecond(rate) }), 'ledger', 'dataLoss').time!);
    const bytes = [10, 1_000, 100_000, 400_000].map((rate) => size({ peak: Rate.perSecond(rate) }).data.find((it) => it.name === 'ledger')!.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
    // Tables restore side by side, so that time follows the bytes of one of them.
    expect(times[2].high).toBeGreaterThan(times[1].high);
    expect(times[1].high).toBeGreaterThan(times[0].high);
  });

  it('is the same twice, and takes a workload with bands', () => {
    expect(size(ELSEWHERE)).toEqual(size(ELSEWHERE));
    const uncertain = size({ uncertainty: { refundShare: Band.between(0.005, 0.02) } });
    expect(uncertain.data.map((it) => it.name)).toEqual(size().data.map((it) => it.name));
  });

  it('names the facts that were read, and no other', () => {
    const workload = new Workload({ peak: Rate.perSecond(100_000), cells: 4, ...ELSEWHERE });
    const trail = new FactTrail(Facts.DEFAULT);
    const { decisions, data } = sizeRecovery(workload, trail);
    const named = new Set([...decisions.flatMap((it) => it.facts), ...data.flatMap((it) => it.coverages.flatMap((coverage) => coverage.facts))]);
    const beneath = new FactTrail(Facts.DEFAULT);
    sizeLedger(workload, beneath);
    sizeKinesisStream(workload.cellShare(), beneath);
    sizeAuditLock(workload, beneath);
    expect(trail.ids().filter((id) => !named.has(id) && !beneath.ids().includes(id))).toEqual([]);
    expect([...named].filter((id) => !trail.ids().includes(id))).toEqual([]);
  });
});

describe('recovery in words', () => {
  const sizing = size(ELSEWHERE);

  it('has a line for each kind of data and disaster, and says what is not kept and why', () => {
    const text = renderRecoveryText(sizing, { width: 1000 });
    expect(text).toContain('Recovery tier critical: back within 5 min (RTO), at most 60 s of the latest data lost (RPO). Recovery region: eu-west-1.');
    expect(text).toMatch(/ledger \(16\.9 TiB\) +zone lost +the service \* +30 s +met +nothing +met/);
    expect(text).toMatch(/deleted or corrupted +restore \* +3\.28 h to 31\.3 h +not met +nothing +met/);
    expect(text).toMatch(/region lost +replica +2 min to 4 min +met +500 ms to 2\.5 s +met/);
    expect(text).toMatch(/^ {2}ledger, deleted or corrupted: 3\.28 h to 31\.3 h instead of 5 min: /m);
    expect(text).toMatch(/^ {2}stream, region lost: not covered: the stream is not copied to another region/m);
    expect(text).toMatch(/ {2}pointInTimeDays +35 days/);
  });

  it('tells a reason that several kinds of data share once', () => {
    const text = renderRecoveryText(size(), { width: 1000 });
    expect(text.match(/no `recoveryRegion` is stated/g)).toHaveLength(1);
    expect(text).toContain('ledger, balances, parked items, audit archive, cache, configuration, region lost: not covered: no `recoveryRegion` is stated');
  });

  it('is the same as Markdown and as JSON', () => {
    const markdown = renderRecoveryMarkdown(sizing);
    expect(markdown).toContain('| ledger (16.9 TiB) | region lost | replica | 2 min to 4 min | met | 500 ms to 2.5 s | met |');
    expect(markdown).toContain('- stream, region lost: not covered:');
    expect(JSON.parse(JSON.stringify(recoveryJson(sizing)))).toMatchObject({
      tier: 'critical', recoveryTimeSeconds: 300, recoveryPointSeconds: 60, recoveryRegion: 'eu-west-1',
      data: expect.arrayContaining([expect.objectContaining({ name: 'ledger' })]),
      decisions: expect.arrayContaining([expect.objectContaining({ path: 'recovery', name: 'pointInTimeDays' })]),
    });
  });
});
