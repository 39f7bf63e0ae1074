import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { cacheName } from '../../../constructs/cache/cache-users';
import { LIMITS } from '../../../constructs/limits';

/** Properties of `LimitCounters`. */
export interface LimitCountersProps {
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly encryptionKey: kms.IKey;
}

/**
 * Where Envoy Gateway counts what each tenant sent in this second. Its rate limit service cannot prove itself by IAM, as clients of `CacheTier` must:
 * the security group lets in the nodes of the cell alone, TLS is demanded, and there is nothing in it but counters.
 */
export class LimitCounters extends Construct implements ec2.IConnectable {
  /** Address, as `host:port`. */
  readonly endpoint: string;
  readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, props: LimitCountersProps) {
    super(scope, id);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc: props.vpc, description: 'Counters of rate limits', allowAllOutbound: false });
    const cache = new elasticache.CfnServerlessCache(this, 'Counters', {
      serverlessCacheName: cacheName(this, 'limits'),
      engine: 'valkey',
      description: 'Requests of tenants in this second',
      kmsKeyId: props.encryptionKey.keyArn,
      securityGroupIds: [securityGroup.securityGroupId],
      subnetIds: props.vpc.selectSubnets(props.subnets).subnetIds,
    });
    cache.applyRemovalPolicy(RemovalPolicy.DESTROY);
    this.endpoint = `${cache.attrEndpointAddress}:${cache.attrEndpointPort}`;
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(LIMITS.cache.serverlessPort) });
  }
}
