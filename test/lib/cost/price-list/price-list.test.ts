import { comparePrices, type PriceComparison, priceListServices, priceSelectors, readOffer, refreshedFacts } from '../../../../lib/cost/price-list';
import { METER_NAMES, meterOf } from '../../../../lib/cost/meters';
import { type FactOverrides, Facts } from '../../../../lib/facts';
import { offerText, type PlainProduct } from './offer';

const compare = (service: string, products: readonly PlainProduct[], facts = Facts.DEFAULT): PriceComparison => (
  comparePrices([readOffer(offerText(service, products))], facts)
);
const updateOf = ({ changed, same }: PriceComparison, id: string) => [...changed, ...same].find((it) => it.id === id);
const whyMissing = ({ missing }: PriceComparison, id: string) => missing.find((it) => it.id === id)?.why;

describe('a price list file', () => {
  it('is read with its steps in order', () => {
    const offer = readOffer(offerText('AWSLambda', [{ usageType: 'Request', price: [[0, 100, '0.2'], [100, 'Inf', '0.1']] }]));
    expect(offer).toMatchObject({ service: 'AWSLambda', published: '2026-11-20' });
    expect(offer.steps(offer.products[0].sku)).toEqual([{ usd: 0.2, unit: 'Unit', from: 0, upTo: 100 }, { usd: 0.1, unit: 'Unit', from: 100, upTo: Infinity }]);
    expect(offer.steps('unknown')).toEqual([]);
  });

  it.each([
    ['no JSON', 'JSON'],
    ['[]', '`the file` must be an object, got: []'],
    [offerText('x', [], { formatVersion: 'v2.0' }), '`formatVersion` must be v1.…, got: v2.0'],
    [offerText('x', [], { publicationDate: 'today' }), '`publicationDate` and `offerCode` must be there, got: today and x'],
    [offerText('x', [], { products: 1 }), '`products` must be an object, got: 1'],
    [offerText('x', [], { terms: null }), '`terms` must be an object, got: null'],
  ])('is refused where it is none: %#', (text, message) => {
    expect(() => readOffer(text)).toThrow(message);
  });

  it('is refused for a price that is no number', () => {
    const offer = readOffer(offerText('x', [{ usageType: 'Request', price: 'free' }]));
    expect(() => offer.steps(offer.products[0].sku)).toThrow('a price must be a number with a range, got: free from 0 to Inf');
  });
});

describe('the table of selectors', () => {
  it('names prices that are there, each once', () => {
    const ids = priceSelectors(Facts.DEFAULT).flatMap(({ id, steps }) => (steps === undefined ? [id] : Array.from({ length: steps }, (_, step) => `${id}.tier${step + 1}`)));
    for (const id of ids) {
      expect(Facts.DEFAULT.price(id)).toBeGreaterThanOrEqual(0);
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has as many steps as the meters', () => {
    const steps = new Map(METER_NAMES.map((name) => meterOf(name)).map(({ tiers }) => [tiers[0].price, tiers.length]));
    for (const selector of priceSelectors(Facts.DEFAULT).filter((it) => it.steps !== undefined)) {
      expect(steps.get(`${selector.id}.tier1`)).toBe(selector.steps);
    }
  });

  it('reads the nodes of caches that there is a price of', () => {
    expect(priceSelectors(Facts.DEFAULT)).toContainEqual({
      id: 'elasticache/onDemand.valkey.cache.r7g.large.hour', service: 'AmazonElastiCache', usageTypes: ['NodeUsage:cache.r7g.large'], attributes: { cacheEngine: 'Valkey' },
    });
  });

  it('means only lists that are read', () => {
    expect(new Set(priceSelectors(Facts.DEFAULT).map(({ service }) => service))).toEqual(new Set(priceListServices()));
  });
});

describe('comparing prices', () => {
  it.each(['Storage-ShardHour', 'USE1-Storage-ShardHour'])('finds the usage type %s', (usageType) => {
    const comparison = compare('AmazonKinesis', [{ usageType, price: '0.0165' }]);
    expect(comparison.changed).toEqual([{
      id: 'kinesis/provisioned.shardHour', unit: 'USD/shard-h', old: 0.015, new: 0.0165, change: expect.closeTo(0.1, 9), service: 'AmazonKinesis', published: '2026-11-20', doubtful: false,
    }]);
  });

  it('turns the price of one into that of our unit', () => {
    const comparison = compare('AWSQueueService', [
      { usageType: 'Requests-RBP', price: '0.0000004', attributes: { queueType: 'Standard' } },
      { usageType: 'USE1-Requests-FIFO-RBP', price: '0.0000005', attributes: { queueType: 'FIFO (first-in, first-out)' } },
    ]);
    expect(comparison.same.map((it) => [it.id, it.new])).toEqual([['sqs/standardMillion', 0.4], ['sqs/fifoMillion', 0.5]]);
  });

  it('does not take a class of storage for another', () => {
    const comparison = compare('AmazonDynamoDB', [{ usageType: 'IA-TimedStorage-ByteHrs', price: '0.1' }, { usageType: 'EU-IA-TimedStorage-ByteHrs', price: '0.9', attributes: { regionCode: 'eu-west-1' } }]);
    expect(updateOf(comparison, 'dynamodb/storage.ia.gbMonth')?.new).toBe(0.1);
    expect(whyMissing(comparison, 'dynamodb/storage.gbMonth')).toBe('no product with a price has the usage type TimedStorage-ByteHrs');
  });

  it('leaves free allowances out', () => {
    const comparison = compare('awskms', [{ usageType: 'us-east-1-KMS-Requests', price: [[0, 20_000, '0'], [20_000, 'Inf', '0.000003']] }]);
    expect(updateOf(comparison, 'kms/request10k')).toMatchObject({ old: 0.03, new: 0.03 });
  });

  it('reads steps and where they end', () => {
    const comparison = compare('AmazonS3', [{ usageType: 'TimedStorage-ByteHrs', price: [[0, 51_200, '0.024'], [51_200, 600_000, '0.022'], [600_000, 'Inf', '0.021']] }]);
    expect(comparison.changed.map((it) => [it.id, it.old, it.new])).toEqual([
      ['s3/standard.gbMonth.tier2.upTo', 512_000, 600_000],
      ['s3/standard.gbMonth', 0.023, 0.024],
      ['s3/standard.gbMonth.tier1', 0.023, 0.024],
    ]);
    expect(whyMissing(compare('AmazonS3', [{ usageType: 'TimedStorage-ByteHrs', price: '0.02' }]), 's3/standard.gbMonth')).toBe('its price has 1 steps, not 3');
  });

  it('takes products at one price for one, and none where they differ', () => {
    const two = (price: string) => compare('AmazonVPC', [{ usageType: 'VpcEndpoint-Hours', price: '0.01' }, { usageType: 'USE1-VpcEndpoint-Hours', price }]);
    expect(updateOf(two('0.01'), 'vpc/interfaceEndpoint.hour')?.new).toBe(0.01);
    expect(whyMissing(two('0.02'), 'vpc/interfaceEndpoint.hour')).toBe('2 products of the usage type VpcEndpoint-Hours differ in price');
  });

  it('tells products of a usage type apart by family, attribute and region', () => {
    const comparison = compare('AWSELB', [
      { usageType: 'LoadBalancerUsage', family: 'Load Balancer-Network', price: '0.03' },
      { usageType: 'LoadBalancerUsage', family: 'Load Balancer-Application', price: '0.02' },
      { usageType: 'LoadBalancerUsage', family: 'Load Balancer-Application', price: '0.05', attributes: { regionCode: 'us-west-2' } },
    ]);
    expect(updateOf(comparison, 'alb/hour')?.new).toBe(0.02);
    expect(updateOf(comparison, 'nlb/hour')?.new).toBe(0.03);
  });

  it('reads the region of the facts', () => {
    const products = [{ usageType: 'EU-LoadBalancerUsage', family: 'Load Balancer-Application', price: '0.03', attributes: { regionCode: 'eu-west-1' } }];
    expect(updateOf(compare('AWSELB', products, Facts.DEFAULT.forRegion('eu-west-1')), 'alb/hour')).toMatchObject({ old: 0.0252, new: 0.03 });
    expect(updateOf(compare('AWSELB', products), 'alb/hour')).toBeUndefined();
  });

  it('doubts a price that differs more than tenfold', () => {
    const doubtful = (price: string) => compare('AmazonKinesis', [{ usageType: 'Storage-ShardHour', price }]).changed[0].doubtful;
    expect([doubtful('0.15'), doubtful('0.1501'), doubtful('0.0015'), doubtful('0.00149')]).toEqual([false, true, false, true]);
  });
});

describe('values that follow price lists', () => {
  const refresh = (overrides: FactOverrides, price: string) => refreshedFacts(overrides, compare('AmazonKinesis', [{ usageType: 'Storage-ShardHour', price }], new Facts({ overrides })));
  const id = 'kinesis/provisioned.shardHour';

  it('say where they come from, and leave the others alone', () => {
    expect(refresh({ 'kinesis/shardQuota.account': 5000 }, '0.016')).toEqual({
      overrides: { 'kinesis/shardQuota.account': 5000, [id]: { value: 0.016, note: 'AWS price list AmazonKinesis, us-east-1, 2026-11-20' } },
      written: [id], kept: [], doubtful: [],
    });
  });

  it('are replaced by those of a later list, and go where the shipped one is right again', () => {
    const first = refresh({}, '0.016').overrides;
    expect(refresh(first, '0.017').overrides[id]).toMatchObject({ value: 0.017 });
    expect(refresh(first, '0.015')).toMatchObject({ overrides: {}, written: [id] });
  });

  it.each([0.012, { value: 0.012 }, { value: 0.012, note: 'negotiated' }])('stay where somebody stated %j', (own) => {
    expect(refresh({ [id]: own }, '0.016')).toEqual({ overrides: { [id]: own }, written: [], kept: [id], doubtful: [] });
  });

  it('are not written where they are doubtful', () => {
    expect(refresh({}, '15')).toEqual({ overrides: {}, written: [], kept: [], doubtful: [id] });
  });
});
