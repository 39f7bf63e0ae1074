import { Fn, type RemovalPolicy } from 'aws-cdk-lib';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { ValkeySizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { OperationsLog } from '../observability/operations-log';
import { CacheDurability } from './cache-deployment';
import type { NodePlan } from './cache-plan';
import type { CacheTierProps } from './cache-tier-props';

/** What a cache of nodes is made of, beside its own size. */
export interface NodeCacheParts {
  readonly subnetIds: string[];
  readonly securityGroupId: string;
  readonly userGroupId: string;
  readonly encryptionKey: kms.IKey;
  readonly logKey: kms.IKey;
  readonly snapshotDays: number;
  readonly port: number;
  readonly removalPolicy: RemovalPolicy;
}

/** A replication group of Valkey in cluster mode, with its parameters and logs. */
export class NodeCache extends Construct {
  readonly replicationGroup: elasticache.CfnReplicationGroup;
  readonly parameterGroup: elasticache.CfnParameterGroup;
  readonly subnetGroup: elasticache.CfnSubnetGroup;
  /** What takes long, and what the engine says of itself. */
  readonly logGroups: { readonly slow: OperationsLog; readonly engine: OperationsLog };
  /** Ids of the nodes that are primaries when the cache is made; after a failover one of the replicas is. */
  readonly primaries: string[];
  /** Ids of the other nodes. */
  readonly replicas: string[];

  constructor(scope: Construct, id: string, private readonly props: CacheTierProps, plan: NodePlan, sizing: ValkeySizing, parts: NodeCacheParts) {
    super(scope, id);
    const log = (name: string): OperationsLog => new OperationsLog(this, name, {
      encryptionKey: parts.logKey, retention: props.logRetention, removalPolicy: parts.removalPolicy,
    });
    this.logGroups = { slow: log('SlowLog'), engine: log('EngineLog') };
    this.subnetGroup = new elasticache.CfnSubnetGroup(this, 'Subnets', { description: `Subnets of ${this.node.path}`, subnetIds: parts.subnetIds });
    this.parameterGroup = this.createParameters(sizing);
    const { replicasPerShard, shards } = plan;
    this.replicationGroup = new elasticache.CfnReplicationGroup(this, 'Nodes', {
      replicationGroupDescription: `Cache of ${this.node.path}`,
      engine: 'valkey',
      engineVersion: props.engineVersion ?? '9.0',
      cacheNodeType: plan.nodeType,
      numNodeGroups: shards,
      replicasPerNodeGroup: replicasPerShard,
      clusterMode: 'enabled',
      durability: props.durability ?? CacheDurability.NONE,
      // Cluster mode asks for it, also where there is no replica to fail over to.
      automaticFailoverEnabled: true,
      multiAzEnabled: replicasPerShard > 0,
      cacheParameterGroupName: this.parameterGroup.ref,
      cacheSubnetGroupName: this.subnetGroup.ref,
      securityGroupIds: [parts.securityGroupId],
      port: parts.port,
      atRestEncryptionEnabled: true,
      kmsKeyId: parts.encryptionKey.keyArn,
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      userGroupIds: [parts.userGroupId],
      snapshotRetentionLimit: parts.snapshotDays,
      autoMinorVersionUpgrade: true,
      notificationTopicArn: props.notificationTopic?.topicArn,
      logDeliveryConfigurations: [this.delivery('slow-log', this.logGroups.slow), this.delivery('engine-log', this.logGroups.engine)],
      ...props.replicationGroupProps,
    });
    // Otherwise another number of shards would be another cluster, and an empty one.
    this.replicationGroup.cfnOptions.updatePolicy = { useOnlineResharding: true };
    this.replicationGroup.applyRemovalPolicy(parts.removalPolicy);
    const nodeOf = (shard: number, position: number): string => Fn.join('-', [this.replicationGroup.ref, padded(shard, SHARD_DIGITS), padded(position, NODE_DIGITS)]);
    const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
    this.primaries = upTo(shards).map((shard) => nodeOf(shard, 1));
    this.replicas = upTo(shards).flatMap((shard) => upTo(replicasPerShard).map((replica) => nodeOf(shard, 1 + replica)));
  }

  private createParameters(sizing: ValkeySizing): elasticache.CfnParameterGroup {
    const eviction = sizing.decisions.find(({ name }) => name === 'evictionPolicy')!;
    return new elasticache.CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: `valkey${(this.props.engineVersion ?? '9.0').split('.')[0]}`,
      description: `Parameters of ${this.node.path}`,
      properties: {
        'cluster-enabled': 'yes',
        'maxmemory-policy': String(eviction.value),
        // Large entries are freed beside the commands, not between them.
        'lazyfree-lazy-eviction': 'yes',
        'lazyfree-lazy-expire': 'yes',
        'slowlog-log-slower-than': String(DEFAULTS.cache.slowMicroseconds),
        'timeout': String(DEFAULTS.cache.idle.toSeconds()),
        ...this.props.parameters,
      },
    });
  }

  private delivery(logType: string, logGroup: OperationsLog): elasticache.CfnReplicationGroup.LogDeliveryConfigurationRequestProperty {
    return {
      destinationType: 'cloudwatch-logs',
      destinationDetails: { cloudWatchLogsDetails: { logGroup: logGroup.logGroupName } },
      logFormat: 'json',
      logType,
    };
  }
}

/** ElastiCache numbers a node `<replication group>-0001-001`. */
const SHARD_DIGITS = '0000'.length;
const NODE_DIGITS = '000'.length;

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
