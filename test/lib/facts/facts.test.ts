import { Facts, isAssumption, UnknownFactError } from '../../../lib/facts';

describe('Facts', () => {
  it('reads a number', () => {
    expect(Facts.DEFAULT.number('kinesis/shard.writeBytesPerSec')).toBe(1_048_576);
    expect(() => Facts.DEFAULT.number('s3/objectLock.modes')).toThrow("fact 's3/objectLock.modes' is a string, not a number");
  });

  it('prefers the row of the region, then that of all others', () => {
    expect(Facts.DEFAULT.number('kinesis/shardQuota.account', 'eu-west-1')).toBe(20_000);
    expect(Facts.DEFAULT.number('kinesis/shardQuota.account', 'eu-central-1')).toBe(6_000);
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

  it('names ids that look like an unknown one, of its service first', () => {
    expect(() => Facts.DEFAULT.number('kinesis/shard.writeBytesPerSecond')).toThrow(UnknownFactError);
    expect(() => Facts.DEFAULT.number('kinesis/shard.writeBytesPerSecond')).toThrow(
      "there is no fact 'kinesis/shard.writeBytesPerSecond'; did you mean 'kinesis/shard.writeBytesPerSec'");
    expect(() => Facts.DEFAULT.get('kms/nothing')).toThrow(/did you mean 'kms\/[^']+' or 'kms\/[^']+'\?$/);
    expect(() => Facts.DEFAULT.number('zzz')).toThrow(/^there is no fact 'zzz'$/);
  });

  it('reads a fact once for each region, and never hands out what can be changed', () => {
    const facts = new Facts({ overrides: { 'alb/targets': 2000 } });
    expect(facts.get('alb/targets')).toBe(facts.get('alb/targets'));
    expect(Object.isFrozen(facts.get('alb/targets'))).toBe(true);
    expect(facts.number('kinesis/shardQuota.account')).toBe(20_000);
    expect(facts.number('kinesis/shardQuota.account', 'sa-east-1')).toBe(1_000);
    expect(facts.number('kinesis/shardQuota.account')).toBe(20_000);
    expect(Facts.DEFAULT.number('alb/targets')).not.toBe(2000);
    expect(facts.withOverrides({ 'alb/targets': 3000 }).number('alb/targets')).toBe(3000);
  });

  it('lists the facts of a service, prices among them', () => {
    const ids = Facts.DEFAULT.list('alb').map((fact) => fact.id);
    expect(ids).toEqual(expect.arrayContaining(['alb/targets', 'alb/hour', 'alb/added.p50.default']));
    expect(ids.every((id) => id.startsWith('alb/'))).toBe(true);
    expect(Facts.DEFAULT.services()).toEqual(expect.arrayContaining(['alb', 'kinesis', 'target']));
    expect(Facts.DEFAULT.services().flatMap((service) => Facts.DEFAULT.list(service)).length).toBe(Facts.DEFAULT.list().length);
  });

  it('hands out the rows of all regions', () => {
    expect(Facts.DEFAULT.rows('kinesis/shardQuota.account').map((row) => row.value)).toEqual(expect.arrayContaining([20_000, 6_000, 1_000]));
  });

  it('loads prices only when one is asked for', () => {
    jest.isolateModules(() => {
      let loaded = 0;
      jest.doMock('../../../lib/facts/price-rows', () => {
        loaded++;
        return jest.requireActual('../../../lib/facts/price-rows');
      });
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- a copy of the module that has read nothing yet
      const { Facts: fresh } = require('../../../lib/facts') as typeof import('../../../lib/facts');
      fresh.DEFAULT.number('kinesis/shard.writeBytesPerSec');
      expect(loaded).toBe(0);
      fresh.DEFAULT.price('kinesis/provisioned.shardHour');
      fresh.DEFAULT.price('alb/hour');
      expect(loaded).toBe(1);
    });
  });
});

describe('the readers of kinds', () => {
  it('read a price in US dollars, and nothing else', () => {
    expect(Facts.DEFAULT.price('kinesis/provisioned.shardHour')).toBe(0.015);
    expect(Facts.DEFAULT.price('alb/hour', 'eu-west-1')).toBe(0.0252);
    expect(() => Facts.DEFAULT.price('kinesis/shard.writeBytesPerSec')).toThrow("fact 'kinesis/shard.writeBytesPerSec' is no price: its unit is B/s");
    expect(() => Facts.DEFAULT.price('ec2/spot.graviton.typicalDiscount')).toThrow('is no price: its unit is share');
  });

  it('read a time in milliseconds, and nothing else', () => {
    expect(Facts.DEFAULT.latency('lambda-esm/kinesis.efo.p99', 'eu-west-1')).toBe(109);
    expect(Facts.DEFAULT.latency('payment-worker/cpuPerPayment')).toBeCloseTo(0.026, 9);
    expect(Facts.DEFAULT.latency('lambda/timeout.maxSec')).toBe(900_000);
    expect(() => Facts.DEFAULT.latency('alb/targets')).toThrow("fact 'alb/targets' is no time: its unit is targets");
  });

  it('read a quota with the codes that a request for more of it needs', () => {
    expect(Facts.DEFAULT.quota('kinesis/shardQuota.account', 'eu-central-1')).toEqual({
      id: 'kinesis/shardQuota.account', value: 6_000, unit: 'shards', adjustable: true, shared: true, quotaCode: 'L-0918CF54', serviceCode: 'kinesis',
    });
    expect(Facts.DEFAULT.quota('alb/rules')).toMatchObject({ adjustable: true, shared: false, quotaCode: 'L-7EED9B64', serviceCode: 'elasticloadbalancing' });
  });

  it('read a hard limit, and refuse what is no limit', () => {
    expect(Facts.DEFAULT.quota('dynamodb/item.maxBytes')).toMatchObject({ value: 409_600, adjustable: false, quotaCode: undefined });
    expect(() => Facts.DEFAULT.quota('alb/hour')).toThrow("fact 'alb/hour' is neither a limit nor a quota");
  });
});

describe('what the user states', () => {
  const id = 'kinesis/shardQuota.account';

  it('takes the place of the shipped value, in every region, and says so', () => {
    const facts = Facts.DEFAULT.withOverrides({ [id]: 500 }).withOverrides({ 'target/kinesis.shardUtilization': 0.5 });
    expect(facts.number(id)).toBe(500);
    expect(facts.number(id, 'sa-east-1')).toBe(500);
    expect(facts.number('target/kinesis.shardUtilization')).toBe(0.5);
    expect(facts.get(id)).toMatchObject({ confidence: 'stated', asOf: null, note: 'stated by the user; shipped: 20000', source: null, fallback: false });
    expect(facts.quota(id)).toMatchObject({ value: 500, adjustable: true, quotaCode: 'L-0918CF54' });
    expect(Facts.DEFAULT.number(id)).toBe(20_000);
  });

  it('may carry a reason', () => {
    const facts = new Facts({ region: 'eu-central-1', overrides: { [id]: { value: 8_000, note: 'raised in October' } } });
    expect(facts.get(id)).toMatchObject({ value: 8_000, confidence: 'stated', note: 'stated by the user: raised in October; shipped: 6000' });
    expect(facts.forRegion('eu-west-1').get(id).note).toBe('stated by the user: raised in October; shipped: 20000');
  });

  it('may be a price', () => {
    expect(Facts.DEFAULT.withOverrides({ 'kinesis/provisioned.shardHour': 0.0135 }).price('kinesis/provisioned.shardHour')).toBe(0.0135);
  });

  it.each([
    [{ 'kinesis/shards': 1 }, "there is no fact 'kinesis/shards'; did you mean '"],
    [{ [id]: 'many' }, `override of '${id}' must be a number, got: many`],
    [{ [id]: { value: true } }, `override of '${id}' must be a number, got: true`],
    [{ [id]: Number.NaN }, `override of '${id}' must be a number, got: NaN`],
    [{ [id]: Infinity }, `override of '${id}' must be a number, got: Infinity`],
    [{ [id]: -1 }, `override of '${id}' must be at least 0, got: -1`],
  ])('is refused where it is %j', (overrides, message) => {
    expect(() => new Facts({ overrides })).toThrow(message);
  });

  it('is read for a region that looks like one', () => {
    expect(() => new Facts({ region: 'Frankfurt' })).toThrow('`region` must be a region code such as us-east-1, got: Frankfurt');
  });
});
