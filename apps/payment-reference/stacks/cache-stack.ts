import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { CacheTier, CacheWarmer, DataClass } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { DataStack } from './data-stack';
import type { NetworkStack } from './network-stack';
import type { ReferenceStackProps } from './reference-stack-props';
import type { SecurityStack } from './security-stack';

/** Properties of `CacheStack`. */
export interface CacheStackProps extends ReferenceStackProps {
  /** What the cache is filled with. */
  readonly data: Pick<DataStack, 'profiles'>;
  readonly network: NetworkStack;
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/** The cache of profiles and of the clients' shares, and what fills it at night. Everything in it can be lost. */
export class CacheStack extends Stack {
  readonly cache: CacheTier;
  readonly warmer: CacheWarmer;

  constructor(scope: Construct, id: string, props: CacheStackProps) {
    super(scope, id, props);
    const { data, network, removalPolicy, security, workload } = props;
    const common = {
      workload,
      vpc: network.foundation.vpc,
      encryptionKey: security.keys.key(DataClass.CACHE),
      logEncryptionKey: security.operationsKey,
      removalPolicy,
    };
    this.cache = new CacheTier(this, 'Cache', { ...common, subnets: network.foundation.dataSubnets });
    this.warmer = new CacheWarmer(this, 'Warmer', {
      ...common, encryptionKey: security.eventsKey, cache: this.cache, profiles: data.profiles, subnets: network.foundation.applicationSubnets,
    });
  }

  /**
   * Opens the way to the cache for tasks of another stack. The rules stand here, beside the cache's security group, and with the stack of the tasks.
   */
  letIn(tasks: ec2.IConnectable): void {
    tasks.connections.allowToDefaultPort(this.cache);
  }
}
