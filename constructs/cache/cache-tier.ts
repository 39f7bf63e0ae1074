import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, sizeValkey, type ValkeySizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { tierSubnets } from '../security/tier-subnets';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireIntegerBetween } from '../validation';
import { addNodeAlarms, addServerlessAlarms, cacheMetric, ofNodes } from './cache-alarms';
import { type CachePlan, planCache, type ServerlessPlan } from './cache-plan';
import type { CacheTierProps } from './cache-tier-props';
import { CacheUsers, cacheName, DEFAULT_ACCESS } from './cache-users';
import { NodeCache } from './node-cache';

/**
 * A cache of Valkey: on nodes in cluster mode or serverless, whichever is cheaper for the workload. TLS is required, entries lie under a customer
 * key, users prove who they are by IAM, and nobody is let in who has no right to.
 *
 * It holds what tables hold as well. Losing it costs time, and the read units that `coldReadUnits` of its sizing tells.
 */
export class CacheTier extends Construct implements ec2.IConnectable {
  /** Who may connect: nobody yet. `cache.connections.allowDefaultPortFrom(tier)` lets one in. */
  readonly connections: ec2.Connections;
  /** Who is let in, by name. */
  readonly users: CacheUsers;
  /** The user that `variables` names. */
  readonly user: elasticache.CfnUser;
  /** The nodes with their parameters and logs; none for a serverless cache. */
  readonly nodes?: NodeCache;
  /** The serverless cache; none where there are nodes. */
  readonly serverlessCache?: elasticache.CfnServerlessCache;
  /** Where clients begin, as `host:port`. */
  readonly endpoint: string;
  /** Id of the replication group, or name of the serverless cache: what tokens are made for. */
  readonly cacheName: string;
  /** ARN of the cache. */
  readonly cacheArn: string;
  /** Key of entries and snapshots. */
  readonly encryptionKey: kms.IKey;
  /** What was derived from the workload, without what was stated in its place: `decisions` have that. */
  readonly sizing: ValkeySizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: CacheTierProps) {
    super(scope, id);
    requireIntegerBetween('port', props.port, LIMITS.cache.port.minimum, LIMITS.cache.port.maximum);
    requireIntegerBetween('snapshotDays', props.snapshotDays, 0, LIMITS.cache.snapshotDays);
    const facts = factsFor(this, props.facts);
    this.sizing = sizeValkey(props.workload, facts);
    const plan = planCache(props, this.sizing, facts);
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, this.sizing.decisions, plan.overrides);

    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.CACHE, props.encryptionKey, removalPolicy);
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc, description: `Clients of the cache ${this.node.path}`, allowAllOutbound: false,
    });
    const port = props.port ?? DEFAULTS.cache.port;
    const { serverlessPort, serverlessReaderPort } = LIMITS.cache;
    this.connections = new ec2.Connections({
      securityGroups: [securityGroup],
      defaultPort: plan.nodes ? ec2.Port.tcp(port) : ec2.Port.tcpRange(serverlessPort, serverlessReaderPort),
    });
    this.users = new CacheUsers(this, 'Users');
    this.user = this.users.add('app', props.accessString ?? DEFAULT_ACCESS);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);

    const subnetIds = tierSubnets(props.vpc, 'data', props.subnets).subnetIds;
    const snapshotDays = props.snapshotDays ?? facts.number(`target/cache.snapshotDays.${props.workload.recoveryTier.name}`);
    const parts = { subnetIds, securityGroupId: securityGroup.securityGroupId, snapshotDays, removalPolicy };
    if (plan.nodes === undefined) {
      this.requireNodesFor(plan);
      const cache = this.serverlessCache = this.createServerless(plan.serverless!, parts, facts);
      this.cacheName = cache.ref;
      this.cacheArn = cache.attrArn;
      this.endpoint = `${cache.attrEndpointAddress}:${cache.attrEndpointPort}`;
      addServerlessAlarms(this.alarms, this.sizing, cache.ref, {
        gigabytes: plan.serverless!.maximumGigabytes, unitsPerSecond: plan.serverless!.maximumUnitsPerSecond,
      });
      return;
    }
    const logKey = customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, removalPolicy);
    this.nodes = new NodeCache(this, 'Cluster', props, plan.nodes, this.sizing, {
      ...parts, port, logKey, encryptionKey: this.encryptionKey, userGroupId: this.users.group.ref,
    });
    const { replicationGroup } = this.nodes;
    this.cacheName = replicationGroup.ref;
    this.cacheArn = Stack.of(this).formatArn({
      service: 'elasticache', resource: 'replicationgroup', resourceName: replicationGroup.ref, arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.endpoint = `${replicationGroup.attrConfigurationEndPointAddress}:${replicationGroup.attrConfigurationEndPointPort}`;
    addNodeAlarms(this.alarms, this.sizing, this.nodes.primaries, this.nodes.replicas);
  }

  /**
   * What clients are told: `CACHE_ENDPOINTS` (host:port), `CACHE_MODE` (cluster), `CACHE_TLS` (true), `CACHE_USER` and `CACHE_NAME`, for which the
   * client makes a token with its own role, and `CACHE_SERVERLESS`, which is part of the token.
   */
  get variables(): { readonly [name: string]: string } {
    return {
      CACHE_ENDPOINTS: this.endpoint,
      CACHE_MODE: 'cluster',
      CACHE_TLS: 'true',
      CACHE_USER: this.user.ref,
      CACHE_NAME: this.cacheName,
      CACHE_SERVERLESS: String(this.nodes === undefined),
    };
  }

  /**
   * Lets the grantee authenticate as a user of the cache. The way there is opened by `connections`.
   *
   * @param user one that `users.add` returned; the user that `variables` names if left out
   */
  grantConnect(grantee: iam.IGrantable, user: elasticache.CfnUser = this.user): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['elasticache:Connect'], resourceArns: [this.cacheArn, user.attrArn] });
  }

  /** A metric of the cache, by its CloudWatch name: the average, or whatever else is asked for, of all nodes where there are any. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.IMetric {
    return this.nodes === undefined
      ? cacheMetric({ clusterId: this.cacheName }, metricName, options)
      : ofNodes([...this.nodes.primaries, ...this.nodes.replicas], metricName, 'Average');
  }

  private createServerless(
    plan: ServerlessPlan, parts: { subnetIds: string[]; securityGroupId: string; snapshotDays: number; removalPolicy: RemovalPolicy }, facts: Facts,
  ): elasticache.CfnServerlessCache {
    const cache = new elasticache.CfnServerlessCache(this, 'Serverless', {
      serverlessCacheName: cacheName(this, 'cache'),
      description: `Cache of ${this.node.path}`,
      engine: 'valkey',
      majorEngineVersion: this.props.engineVersion ?? '8',
      cacheUsageLimits: {
        dataStorage: { maximum: plan.maximumGigabytes, unit: 'GB' },
        ecpuPerSecond: { maximum: plan.maximumUnitsPerSecond, minimum: plan.readyUnitsPerSecond },
      },
      kmsKeyId: this.encryptionKey.keyArn,
      securityGroupIds: [parts.securityGroupId],
      // It takes two or three of them, of different zones.
      subnetIds: parts.subnetIds.slice(0, facts.number('target/network.availabilityZones')),
      userGroupId: this.users.group.ref,
      snapshotRetentionLimit: parts.snapshotDays,
      ...this.props.serverlessCacheProps,
    });
    cache.applyRemovalPolicy(parts.removalPolicy);
    return cache;
  }

  private requireNodesFor(plan: CachePlan): void {
    for (const property of ['parameters', 'notificationTopic', 'port', 'replicationGroupProps'] as const) {
      if (plan.nodes === undefined && this.props[property] !== undefined) {
        throw new Error(`\`${property}\` must not be given for a serverless cache, which has none; \`deployment\` can ask for nodes`);
      }
    }
  }
}
