import * as fc from 'fast-check';
import { billOf, budgetsOf, costOf, explorerService, linesTagged, tagCoverage } from '../../../lib/cost';
import { Band, Rate, Workload } from '../../../lib/workload';
import { assemblyOf, type PlainResource } from './assembly-of';

const workload = new Workload({ peak: Rate.perSecond(1_000) });
const TAG = { key: 'application', values: ['payments'] };

function address(tag?: string): PlainResource {
  return { Type: 'AWS::EC2::EIP', Properties: { Domain: 'vpc', ...(tag !== undefined && { Tags: [{ Key: 'application', Value: tag }] }) } };
}

/** 3.65 dollars of ours twice, once of somebody else and once of nobody, and a dashboard, which takes no tags. */
const bill = billOf(assemblyOf({
  One: address('payments'), Two: address('payments'), Theirs: address('other'), Nobodys: address(),
  Dashboard: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{}' } },
}), workload);

describe('a service of Cost Explorer', () => {
  it.each([
    ['dynamodb/ondemand.wru.million', 'AWS::DynamoDB::Table', 'Amazon DynamoDB'],
    ['dynamodb/backup.gbMonth', 'AWS::Backup::BackupVault', 'AWS Backup'],
    ['cloudwatch/logs.ingest.gb', 'AWS::Lambda::Function', 'AmazonCloudWatch'],
    ['vpc/natGateway.gb', 'AWS::EC2::NatGateway', 'EC2 - Other'],
    ['vpc/interAz.gb', 'AWS::ElastiCache::ServerlessCache', 'EC2 - Other'],
    ['vpc/interfaceEndpoint.hour', 'AWS::EC2::VPCEndpoint', 'Amazon Virtual Private Cloud'],
    ['vpc/internetOut.gb.tier1', 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'Amazon Elastic Load Balancing'],
    ['fargate/arm.vcpuHour', 'AWS::ECS::Service', 'Amazon Elastic Container Service'],
  ])('of %s at %s is %s', (priceId, type, service) => {
    expect(explorerService({ priceId, type })).toBe(service);
  });

  it('is none where its name is not known for certain', () => {
    expect(explorerService({ priceId: 'keyspaces/wru.million', type: 'AWS::Cassandra::Table' })).toBeUndefined();
    expect(explorerService({ priceId: 'vpc/internetOut.gb.tier1', type: 'AWS::EC2::Instance' })).toBeUndefined();
  });
});

describe('budgets of a bill', () => {
  it('count what carries the tag alone', () => {
    expect(costOf(linesTagged(bill, TAG)).typical).toBe(7.3);
    expect(budgetsOf(bill, TAG)).toMatchObject({ monthlyLimit: 7.3, services: [{ service: 'Amazon Virtual Private Cloud', monthlyLimit: 7.3 }] });
    expect(costOf(linesTagged(bill, { ...TAG, values: ['payments', 'other'] })).typical).toBe(10.95);
  });

  it('refuse a tag that nothing carries', () => {
    expect(() => budgetsOf(bill, { key: 'team', values: ['a'] })).toThrow('`tag` must be one that resources which cost something carry, got: team=a');
  });

  it('lie between the typical bill and 1.1 times its high end, with two digits, whatever the bill is', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.5, max: 1, noNaN: true }), (count, share) => {
      const uncertain = workload.with({ uncertainty: { average: Band.between(400 * share, 400 / share) } });
      const many = billOf(assemblyOf(Object.fromEntries(Array.from({ length: count }, (_, index) => [`Address${index}`, address('payments')]))), uncertain);
      const usd = costOf(linesTagged(many, TAG));
      const { monthlyLimit, perMillionPayments } = budgetsOf(many, TAG);
      expect(monthlyLimit).toBeGreaterThanOrEqual(usd.high);
      expect(monthlyLimit).toBeLessThanOrEqual(1.1 * usd.high);
      expect(String(monthlyLimit).replace(/[.0]/g, '').length).toBeLessThanOrEqual(2);
      expect(perMillionPayments).toBeGreaterThanOrEqual(many.perMillionPayments.typical);
    }), { numRuns: 40 });
  });
});

describe('the coverage of a tag', () => {
  it('finds what costs something and does not carry it, and leaves out what cannot', () => {
    const { tagged, untagged, untaggable } = tagCoverage(bill, 'application');
    expect(tagged.typical).toBe(10.95);
    expect(untagged).toEqual([expect.objectContaining({ logicalId: 'Nobodys', type: 'AWS::EC2::EIP', usd: { low: 3.65, typical: 3.65, high: 3.65 } })]);
    expect(untaggable.typical).toBe(3);
    expect(tagged.typical + untagged[0].usd.typical + untaggable.typical).toBeCloseTo(bill.perMonth.typical, 6);
  });
});
