import { quotaServiceCode } from '../../../lib/facts';

describe('quotaServiceCode', () => {
  it.each([
    ['alb', 'elasticloadbalancing'],
    ['nlb', 'elasticloadbalancing'],
    ['msk', 'kafka'],
    ['waf', 'wafv2'],
    ['keyspaces', 'cassandra'],
    ['flink', 'kinesisanalytics'],
    ['cloudwatch', 'monitoring'],
    ['lambda-esm', 'lambda'],
    ['kinesis', 'kinesis'],
    ['fargate', 'fargate'],
  ])('knows that quotas of %s are kept under %s', (service, code) => {
    expect(quotaServiceCode(service)).toBe(code);
  });

  it.each(['target', 'payment-worker', 'network', 'nothing'])('knows that %s has none', (service) => {
    expect(quotaServiceCode(service)).toBeUndefined();
  });
});
