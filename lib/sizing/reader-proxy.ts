import { Facts } from '../facts';
import type { AuroraShardsSizing } from './aurora-shards';
import { instanceClasses } from './aurora-shards-load';
import { Decision } from './decision';
import { formatNumber } from './format';
import { dollars, HOURS_PER_MONTH } from './monthly-cost';

/** Whether RDS Proxy stands before the readers of the shards. */
export interface ReaderProxySizing {
  readonly proxy: boolean;
  /** US dollars a month; 0 without one. */
  readonly monthlyUsd: number;
  readonly decisions: readonly Decision[];
}

const MINIMUM = 'target/aurora.proxyMinimumVcpu';
const HOUR = 'rds-proxy/vcpuHour';

/**
 * Decides for clients that read, and for functions: they come and go by the hundred, each with connections of its own, while workers keep a few for
 * good. The connections of workers are `connectionProxy` of `sizeAuroraShards`.
 */
export function sizeReaderProxy(sizing: AuroraShardsSizing, facts: Facts = Facts.DEFAULT): ReaderProxySizing {
  const instances = sizing.shards * (1 + sizing.readersPerShard);
  const { vcpus: own } = instanceClasses(facts).find(({ name }) => name === sizing.instanceClass)!;
  const vcpus = instances * Math.max(facts.number(MINIMUM), own);
  const monthly = vcpus * facts.number(HOUR) * HOURS_PER_MONTH;
  const proxy = sizing.readersPerShard > 0;
  const because = proxy
    ? { option: 'connections to the readers themselves', because: 'each task and each function would keep its own to each of '
      + `${formatNumber(instances)} instances, and a failover would break them all; saves ${dollars(monthly)} a month` }
    : { option: 'RDS Proxy', because: `${dollars(monthly)} a month, and there is no reader to spread reads over` };
  return {
    proxy,
    monthlyUsd: proxy ? monthly : 0,
    decisions: [Decision.derive({
      path: 'aurora',
      name: 'readerProxy',
      value: proxy,
      formula: `${formatNumber(sizing.readersPerShard)} readers a shard: ${proxy}`,
      inputs: { readersPerShard: sizing.readersPerShard, billedVcpus: vcpus, dollarsPerMonth: monthly },
      binding: proxy ? 'clients that read come and go; workers that write connect directly' : 'no readers',
      rejected: [because],
      facts: [MINIMUM, HOUR],
    })],
  };
}
