import { Facts } from '../../../lib/facts';
import { sizeAuroraShards, sizeReaderProxy } from '../../../lib/sizing';
import { Rate, RecoveryTier, Workload } from '../../../lib/workload';

const workload = new Workload({ peak: Rate.perSecond(20_000) });

describe('the proxy before readers', () => {
  const facts = Facts.DEFAULT;

  it('is there where there are readers, and bills the processors of every instance', () => {
    const shards = sizeAuroraShards(workload);
    const { decisions, monthlyUsd, proxy } = sizeReaderProxy(shards);
    expect(proxy).toBe(true);
    expect(decisions[0]).toMatchObject({ name: 'readerProxy', value: true });
    expect(decisions[0].inputs.dollarsPerMonth).toBeCloseTo(monthlyUsd, 6);
    expect(monthlyUsd).toBeCloseTo((decisions[0].inputs.billedVcpus as number) * facts.number('rds-proxy/vcpuHour') * 730, 6);
  });

  it('is not where there are none', () => {
    const alone = sizeAuroraShards(workload.with({ recoveryTier: RecoveryTier.ANALYTICS }));
    expect(alone.readersPerShard).toBe(0);
    expect(sizeReaderProxy(alone)).toMatchObject({ proxy: false, monthlyUsd: 0 });
  });
});
