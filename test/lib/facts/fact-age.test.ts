import { ageInDays, Facts, isStale } from '../../../lib/facts';

const TODAY = new Date('2026-11-22T18:00:00Z');

describe('the age of a fact', () => {
  it.each([
    ['2026-11-22', 0],
    ['2026-11-21', 1],
    ['2026-11', 21],
    ['2026', 325],
    ['2024-02-29', 997],
    ['2026-12-24', 0],
  ])('of %s is %d days: a month or a year counts from its first day', (asOf, days) => {
    expect(ageInDays({ asOf }, TODAY)).toBe(days);
  });

  it('is not known without a date', () => {
    expect(ageInDays({ asOf: null }, TODAY)).toBeUndefined();
  });

  it('makes a fact stale when it is passed, or where there is none', () => {
    expect(isStale({ asOf: '2026-11-01', confidence: 'high' }, 21, TODAY)).toBe(false);
    expect(isStale({ asOf: '2026-11-01', confidence: 'high' }, 20, TODAY)).toBe(true);
    expect(isStale({ asOf: null, confidence: 'knowledge' }, 36_500, TODAY)).toBe(true);
  });

  it('does not matter for what was chosen or stated', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'kinesis/shardQuota.account': 500 });
    const stale = facts.stale(0, TODAY).map((fact) => fact.id);
    expect(stale).toContain('kinesis/shard.writeBytesPerSec');
    expect(stale).not.toContain('kinesis/shardQuota.account');
    expect(stale.filter((id) => id.startsWith('target/'))).toEqual([]);
    expect(facts.stale(1_000, TODAY).length).toBeLessThan(stale.length);
  });
});
