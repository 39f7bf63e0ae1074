import { Names, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import type { DatabaseParameters } from './database-parameters';
import type { DatabasePlan } from './database-plan';
import { DatabaseProxies } from './database-proxies';
import type { ShardedDatabaseProps } from './sharded-database-props';

/** What all shards share. */
export interface DatabaseShardParts {
  readonly engine: rds.IClusterEngine;
  readonly parameters: DatabaseParameters;
  readonly subnetGroup: rds.SubnetGroup;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroup: ec2.ISecurityGroup;
  /** Of the proxies; none without. */
  readonly proxySecurityGroup?: ec2.ISecurityGroup;
  readonly monitoringRole: iam.IRole;
  readonly encryptionKey: kms.IKey;
  readonly logKey: kms.IKey;
  /** Database users who may come through a proxy. */
  readonly users: readonly string[];
  /** Share of the connections of an instance that a proxy may take. */
  readonly connectionShare: number;
}

/** One cluster of a `ShardedDatabase`: a writer, its readers, and a proxy before them. */
export class DatabaseShard extends Construct {
  /** The cluster. */
  readonly cluster: rds.DatabaseCluster;
  /** Log of the cluster. */
  readonly logGroup: logs.LogGroup;
  /** The proxy before readers and for functions; none where there is none. */
  readonly proxies?: DatabaseProxies;
  /** Where workers that write in batches connect, as `host:port`. */
  readonly writerEndpoint: string;
  /** Where the readers are, as `host:port`: each new connection goes to one of them. With a proxy, clients take `readerProxyEndpoint`. */
  readonly readerEndpoint: string;
  /** Secret of the administrator, which RDS renews by itself. Migrations take it; nothing else does. */
  readonly secret: secretsmanager.ISecret;

  constructor(scope: Construct, id: string, private readonly props: ShardedDatabaseProps, plan: DatabasePlan, parts: DatabaseShardParts) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const most = LIMITS.database.identifierLength;
    const clusterIdentifier = Names.uniqueResourceName(this, { separator: '-', maxLength: most }).toLowerCase().replace(/-+/g, '-').replace(/-$/, '');
    // RDS would make it by itself, without a key and without an end. It goes by the cluster's name, so the cluster has one.
    this.logGroup = new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/rds/cluster/${clusterIdentifier}/postgresql`,
      encryptionKey: parts.logKey,
      retention: props.logRetention ?? logs.RetentionDays.ONE_YEAR,
      removalPolicy,
    });
    this.cluster = this.createCluster(clusterIdentifier, plan, parts, removalPolicy);
    this.cluster.node.addDependency(this.logGroup);
    lay(this.cluster.node.defaultChild as rds.CfnDBCluster, props.clusterProps);
    for (const instance of this.cluster.node.findAll().filter((it) => it instanceof rds.CfnDBInstance)) {
      lay(instance, props.instanceProps);
    }
    this.secret = this.cluster.secret!;
    this.writerEndpoint = this.cluster.clusterEndpoint.socketAddress;
    this.readerEndpoint = this.cluster.clusterReadEndpoint.socketAddress;
    if (parts.proxySecurityGroup !== undefined) {
      this.proxies = new DatabaseProxies(this, 'Proxy', {
        cluster: this.cluster,
        port: props.port ?? DEFAULTS.database.port,
        vpc: props.vpc,
        subnets: parts.subnets,
        securityGroup: parts.proxySecurityGroup,
        users: parts.users,
        readers: plan.readers > 0,
        connectionShare: parts.connectionShare,
      });
    }
  }

  /** Where clients that read connect, as `host:port`; none without a proxy and readers. */
  get readerProxyEndpoint(): string | undefined {
    return this.proxies?.readerEndpoint;
  }

  /** Where functions that write connect, as `host:port`; none without a proxy. */
  get writerProxyEndpoint(): string | undefined {
    return this.proxies?.writerEndpoint;
  }

  /** What is free, or all that there is. */
  private get insightRetention(): rds.PerformanceInsightRetention {
    const { DEFAULT, MONTHS_15 } = rds.PerformanceInsightRetention;
    return this.props.databaseInsights === rds.DatabaseInsightsMode.ADVANCED ? MONTHS_15 : DEFAULT;
  }

  private createCluster(clusterIdentifier: string, plan: DatabasePlan, parts: DatabaseShardParts, removalPolicy: RemovalPolicy): rds.DatabaseCluster {
    const { props } = this;
    const { serverless } = plan;
    return new rds.DatabaseCluster(this, 'Cluster', {
      engine: parts.engine,
      clusterIdentifier,
      defaultDatabaseName: props.databaseName ?? 'ledger',
      // RDS makes the password, keeps it in Secrets Manager and renews it, without a function in the network. Who works has none: IAM vouches.
      manageMasterUserPassword: true,
      credentials: rds.Credentials.fromUsername('administrator', { encryptionKey: parts.encryptionKey }),
      iamAuthentication: true,
      port: props.port ?? DEFAULTS.database.port,
      writer: this.instance('Writer', plan, parts, true),
      readers: Array.from({ length: plan.readers }, (_, index) => this.instance(`Reader${index}`, plan, parts, index === 0)),
      ...(serverless && { serverlessV2MinCapacity: serverless.minimum, serverlessV2MaxCapacity: serverless.maximum }),
      instanceUpdateBehaviour: rds.InstanceUpdateBehaviour.ROLLING,
      vpc: props.vpc,
      vpcSubnets: { subnets: parts.subnets },
      subnetGroup: parts.subnetGroup,
      securityGroups: [parts.securityGroup],
      parameterGroup: parts.parameters.cluster,
      storageEncrypted: true,
      storageEncryptionKey: parts.encryptionKey,
      storageType: plan.storageMode === 'io-optimized' ? rds.DBClusterStorageType.AURORA_IOPT1 : rds.DBClusterStorageType.AURORA,
      backup: { retention: plan.backupRetention },
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: removalPolicy === RemovalPolicy.DESTROY,
      deletionProtection: removalPolicy !== RemovalPolicy.DESTROY,
      removalPolicy,
      cloudwatchLogsExports: ['postgresql'],
      monitoringInterval: DEFAULTS.database.monitoring,
      monitoringRole: parts.monitoringRole,
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: parts.encryptionKey,
      databaseInsightsMode: props.databaseInsights ?? rds.DatabaseInsightsMode.STANDARD,
      performanceInsightRetention: this.insightRetention,
    });
  }

  /** The first reader takes over from the writer: it grows with it, and is of its class. */
  private instance(id: string, plan: DatabasePlan, { encryptionKey, parameters }: DatabaseShardParts, first: boolean): rds.IClusterInstance {
    const common = {
      parameterGroup: parameters.instance,
      publiclyAccessible: false,
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      performanceInsightEncryptionKey: encryptionKey,
      performanceInsightRetention: this.insightRetention,
    };
    const reader = id !== 'Writer';
    if (plan.serverless !== undefined) {
      return rds.ClusterInstance.serverlessV2(id, { ...common, scaleWithWriter: reader && first });
    }
    // CDK's type has no prefix.
    const instanceType = new ec2.InstanceType(plan.instanceClass.replace(/^db\./, ''));
    return rds.ClusterInstance.provisioned(id, { ...common, instanceType, ...(reader && { promotionTier: first ? 0 : 1 }) });
  }
}

/** Lays stated properties over those of a resource. */
function lay(resource: rds.CfnDBCluster | rds.CfnDBInstance, properties: rds.CfnDBClusterProps | rds.CfnDBInstanceProps = {}): void {
  Object.assign(resource, properties);
}
