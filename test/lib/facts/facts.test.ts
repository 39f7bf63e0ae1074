import { type FactRow, Facts, isAssumption, UnknownFactError } from '../../../lib/facts';
import latencies from '../../../lib/facts/latencies.json';
import measurements from '../../../lib/facts/measurements.json';
import quotas from '../../../lib/facts/quotas.json';
import targets from '../../../lib/facts/targets.json';

const rows = [...quotas, ...latencies, ...measurements, ...targets] as unknown as readonly FactRow[];
const CONFIDENCES = ['high', 'medium', 'low', 'reported', 'knowledge', 'chosen'];

describe('the data files', () => {
  it('hold each fact once for each region', () => {
    const ids = rows.map((row) => `${row.service}/${row.key}@${row.region}`);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it.each(rows.map((row) => [`${row.service}/${row.key}@${row.region}`, row] as const))('give %s a unit, a trust and what backs it', (_, row) => {
    expect(row.unit).not.toBe('');
    expect(CONFIDENCES).toContain(row.confidence);
    expect(['number', 'string', 'boolean']).toContain(typeof row.value);
    if (row.confidence === 'high' || row.confidence === 'medium') {
      expect(row.source).toMatch(/\S{5}/);
      expect(row.asOf).toMatch(/^20\d\d(-\d\d(-\d\d)?)?$/);
    }
    if (row.confidence === 'knowledge' || row.confidence === 'reported') {
      expect(row.source).toBeNull();
    }
  });

  it('name a quota code only for what can be raised', () => {
    expect(rows.filter((row) => row.quotaCode !== undefined && row.adjustable !== true)).toEqual([]);
    expect(rows.filter((row) => row.quotaCode !== undefined && !/^L-[0-9A-F]{8}$/.test(row.quotaCode))).toEqual([]);
  });

  it('say of a measurement where and when it was taken', () => {
    const measured = (measurements as unknown as readonly FactRow[]).filter((row) => row.confidence === 'medium');
    expect(measured.length).toBeGreaterThan(0);
    for (const row of measured) {
      expect(row.source).toMatch(/shared 2-core machine.*November 2026/);
    }
  });
});

describe('Facts', () => {
  it('reads a number', () => {
    expect(Facts.DEFAULT.number('kinesis/shard.writeBytesPerSec')).toBe(1_048_576);
  });

  it('prefers the row of the region, then that of all others', () => {
    expect(Facts.DEFAULT.number('kinesis/shardQuota.account', 'eu-west-1')).toBe(20_000);
    expect(Facts.DEFAULT.number('kinesis/shardQuota.account', 'sa-east-1')).toBe(1_000);
    expect(Facts.DEFAULT.forRegion('sa-east-1').number('kinesis/shardQuota.account')).toBe(1_000);
    expect(Facts.DEFAULT.get('kinesis/shardQuota.account', 'sa-east-1').fallback).toBe(false);
  });

  it('shows where a row of another region stands in', () => {
    const fact = Facts.DEFAULT.get('lambda-esm/kinesis.efo.p99', 'us-east-1');
    expect(fact).toMatchObject({ value: 109, region: 'eu-west-1', requestedRegion: 'us-east-1', fallback: true });
  });

  it('tells assumptions from evidence', () => {
    expect(isAssumption(Facts.DEFAULT.get('dynamodb/putItem.p99.default'))).toBe(true);
    expect(isAssumption(Facts.DEFAULT.get('kinesis/shard.writeRecordsPerSec'))).toBe(false);
    expect(isAssumption(Facts.DEFAULT.get('payment-worker/cpuPerPayment'))).toBe(false);
  });

  it('lets the user state a value, and says so', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'kinesis/shardQuota.account': 500 }).withOverrides({ 'target/kinesis.shardUtilization': 0.5 });
    expect(facts.number('kinesis/shardQuota.account')).toBe(500);
    expect(facts.number('target/kinesis.shardUtilization')).toBe(0.5);
    expect(facts.get('kinesis/shardQuota.account')).toMatchObject({ confidence: 'stated', note: 'stated by the user; shipped: 20000', source: null });
    expect(Facts.DEFAULT.number('kinesis/shardQuota.account')).toBe(20_000);
  });

  it('names ids that look like an unknown one', () => {
    expect(() => Facts.DEFAULT.number('kinesis/shard.writeBytesPerSecond')).toThrow(UnknownFactError);
    expect(() => Facts.DEFAULT.number('kinesis/shard.writeBytesPerSecond')).toThrow(
      "there is no fact 'kinesis/shard.writeBytesPerSecond'; did you mean 'kinesis/shard.writeBytesPerSec'");
    expect(() => Facts.DEFAULT.number('zzz')).toThrow(/^there is no fact 'zzz'$/);
    expect(() => new Facts({ overrides: { 'kinesis/shards': 1 } })).toThrow("there is no fact 'kinesis/shards'");
  });

  it('refuses what is no region, and an override of another type', () => {
    expect(() => new Facts({ region: 'Frankfurt' })).toThrow('`region` must be a region code such as us-east-1, got: Frankfurt');
    expect(() => new Facts({ overrides: { 'kinesis/shard.writeRecordsPerSec': 'many' } }))
      .toThrow("override of 'kinesis/shard.writeRecordsPerSec' must be a number, got: many");
    expect(() => new Facts({ overrides: { 'kinesis/shard.writeRecordsPerSec': Number.NaN } })).toThrow('must be a number, got: NaN');
  });

  it('lists the facts of a service', () => {
    const ids = Facts.DEFAULT.list('alb').map((fact) => fact.id);
    expect(ids).toContain('alb/targets');
    expect(ids.every((id) => id.startsWith('alb/'))).toBe(true);
    expect(Facts.DEFAULT.list().length).toBe(new Set(rows.map((row) => `${row.service}/${row.key}`)).size);
  });
});
