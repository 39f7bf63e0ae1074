import { Stack, TimeZone } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CacheTier, CacheWarmer, NetworkFoundation, Rate, ShardedTable, TableCapacity, Workload } from '../../../index';

export class ExampleStack extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const workload = new Workload({ peak: Rate.perSecond(20_000) });
    const { vpc } = new NetworkFoundation(this, 'Network');
    const cache = new CacheTier(this, 'Cache', { vpc, workload });
    const profiles = new ShardedTable(this, 'Profiles', { capacity: TableCapacity.profiles(workload), sorted: false });
    new CacheWarmer(this, 'Warmer', { vpc, workload, cache, profiles, quietHours: { from: 1, to: 4 }, timeZone: TimeZone.EUROPE_BERLIN });
  }
}
