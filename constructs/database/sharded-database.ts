import { Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { type AuroraShardsSizing, type Decision, sizeAuroraShards, sizeReaderProxy } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { tierSubnets } from '../security/tier-subnets';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween, requirePattern } from '../validation';
import { addDatabaseAlarms, databaseMetric, type DatabaseRole } from './database-alarms';
import { DatabaseParameters } from './database-parameters';
import { planDatabase } from './database-plan';
import { DatabaseShard } from './database-shard';
import type { ShardedDatabaseProps } from './sharded-database-props';

const SHORTEST_BACKUP = Duration.days(1);
const USER = 'small letters, digits and `_`, starting with a letter, at most 63 characters';

/**
 * A ledger in Aurora PostgreSQL: as many clusters as the workload needs, each with one writer and readers in other zones. Workers that write in
 * batches connect to the writers; clients that read, and functions, come through RDS Proxy. Whoever connects proves by IAM who it is, over TLS.
 *
 * A merchant lies in one cluster, found by a hash of its id unless the directory says otherwise: the hottest are placed
 * (`sizing.placedMerchants`), and clusters that are added get merchants by moves.
 */
export class ShardedDatabase extends Construct implements ec2.IConnectable {
  /** The clusters, in the order that clients must use. */
  readonly shards: readonly DatabaseShard[];
  /** Who may connect to the clusters themselves: nobody yet. `database.connections.allowDefaultPortFrom(workers)` lets one in. */
  readonly connections: ec2.Connections;
  /** Who may connect to the proxies; none without them. */
  readonly proxyConnections?: ec2.Connections;
  /** Parameters of clusters and instances. */
  readonly parameters: DatabaseParameters;
  /** Key of storage, backups, secrets and Database Insights. */
  readonly encryptionKey: kms.IKey;
  /** What was derived from the workload, without what was stated in its place: `decisions` have that. */
  readonly sizing: AuroraShardsSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly writerUser: string;
  private readonly readerUser: string;

  constructor(scope: Construct, id: string, private readonly props: ShardedDatabaseProps) {
    super(scope, id);
    this.requireBounds();
    const facts = factsFor(this, props.facts);
    this.sizing = sizeAuroraShards(props.workload, facts);
    const plan = planDatabase(props, this.sizing, facts);
    const proxy = sizeReaderProxy(this.sizing, facts);
    recordWorkload(this, props.workload);
    this.decisions = recordDecisions(this, [...this.sizing.decisions, ...proxy.decisions], {
      shards: props.shards,
      readersPerShard: props.readersPerShard,
      instanceClass: plan.instanceClass === this.sizing.instanceClass ? undefined : plan.instanceClass,
      storageMode: props.storageMode,
      readerProxy: props.readerProxy,
    });
    this.writerUser = props.writerUser ?? 'ledger_writer';
    this.readerUser = props.readerUser ?? 'ledger_reader';

    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    this.encryptionKey = customerKey(this, 'Keys', DataClass.DATABASE, props.encryptionKey, removalPolicy);
    const engine = rds.DatabaseClusterEngine.auroraPostgres({ version: props.engineVersion ?? rds.AuroraPostgresEngineVersion.VER_17_7 });
    this.parameters = new DatabaseParameters(this, 'Parameters', engine, props);
    const { subnets } = tierSubnets(props.vpc, 'data', props.subnets);
    const securityGroup = this.createSecurityGroup('SecurityGroup', 'Workers that write to the database');
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(props.port ?? DEFAULTS.database.port) });
    const proxySecurityGroup = props.readerProxy ?? (plan.readers > 0 && proxy.proxy)
      ? this.createSecurityGroup('ProxySecurityGroup', 'Clients of the proxies of the database')
      : undefined;
    if (proxySecurityGroup !== undefined) {
      this.proxyConnections = new ec2.Connections({ securityGroups: [proxySecurityGroup], defaultPort: ec2.Port.tcp(LIMITS.database.proxyPort) });
      this.connections.allowDefaultPortFrom(proxySecurityGroup, 'Proxies');
    }
    const parts = {
      engine,
      parameters: this.parameters,
      subnets,
      subnetGroup: new rds.SubnetGroup(this, 'Subnets', { description: `Subnets of ${this.node.path}`, vpc: props.vpc, vpcSubnets: { subnets }, removalPolicy }),
      securityGroup,
      proxySecurityGroup,
      monitoringRole: this.createMonitoringRole(),
      encryptionKey: this.encryptionKey,
      logKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, removalPolicy),
      users: [this.writerUser, this.readerUser],
      connectionShare: facts.number('target/aurora.connectionShare'),
    };
    this.shards = Array.from({ length: plan.shards }, (_, index) => new DatabaseShard(this, `Shard${index}`, props, plan, parts));
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.shards.forEach((shard, index) => addDatabaseAlarms(this.alarms, shard, index, plan, this.sizing, facts));
  }

  /**
   * What handlers are told: `DATABASE_WRITERS` and `DATABASE_READERS` (host:port of each shard, comma-separated and in order; readers by the proxies
   * where there are any), `DATABASE_NAME`, `DATABASE_WRITER_USER`, `DATABASE_READER_USER`, and `DATABASE_POOL`, the connections of one worker to one
   * shard. The certificates of the clusters come from authorities of RDS, which no operating system knows (those of proxies do not): Node.js takes
   * them from `NODE_EXTRA_CA_CERTS`, in functions `/var/runtime/ca-cert.pem`.
   */
  get variables(): { readonly [name: string]: string } {
    return {
      DATABASE_WRITERS: commaList(this.shards.map((shard) => shard.writerEndpoint)),
      DATABASE_READERS: commaList(this.shards.map((shard) => shard.readerProxyEndpoint ?? shard.readerEndpoint)),
      DATABASE_NAME: this.props.databaseName ?? 'ledger',
      DATABASE_WRITER_USER: this.writerUser,
      DATABASE_READER_USER: this.readerUser,
      DATABASE_POOL: String(this.sizing.poolPerWorker),
    };
  }

  /**
   * What migrations are told besides: `DATABASE_OWNER_SECRETS`, the ARNs of the administrators' secrets, comma-separated and in the order of the
   * shards. Grant them with `grantOwn`.
   */
  get ownerVariables(): { readonly [name: string]: string } {
    return { DATABASE_OWNER_SECRETS: commaList(this.shards.map(({ secret }) => secret.secretArn)) };
  }

  /** Lets the grantee become the administrator of every cluster, by its password: for migrations alone. */
  grantOwn(grantee: iam.IGrantable): iam.Grant {
    // Not by the secret's own grant, which would name the grantee in the policy of the key: then the key's stack would wait for that of the grantee.
    const read = iam.Grant.addToPrincipal({
      grantee, actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], resourceArns: this.shards.map(({ secret }) => secret.secretArn),
    });
    return read.combine(this.encryptionKey.grant(grantee, 'kms:Decrypt'));
  }

  /** Lets the grantee connect to every cluster as a database user. The way there is opened by `connections`. */
  grantConnect(grantee: iam.IGrantable, user: string): iam.Grant {
    return combined(this.shards.map((shard) => shard.cluster.grantConnect(grantee, user)));
  }

  /**
   * Lets the grantee connect to every proxy as a database user, one of `writerUser` and `readerUser`. The way there is opened by `proxyConnections`.
   *
   * @throws Error where there are no proxies, or for another user: a proxy connects for these two alone.
   */
  grantProxyConnect(grantee: iam.IGrantable, user: string): iam.Grant {
    if (![this.writerUser, this.readerUser].includes(user)) {
      throw new Error(`\`user\` must be ${this.writerUser} or ${this.readerUser}, for whom the proxies connect, got: ${user}`);
    }
    return combined(this.shards.map(({ proxies }) => {
      if (proxies === undefined) {
        throw new Error('`readerProxy` must be true for clients of a proxy, got: none');
      }
      return proxies.proxy.grantConnect(grantee, user);
    }));
  }

  /** Lets a worker write: it connects to the writers themselves. */
  grantWrite(grantee: iam.IGrantable): iam.Grant {
    return this.grantConnect(grantee, this.writerUser);
  }

  /** Lets a client read: through the proxies where there are any, else from the clusters. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.proxyConnections === undefined ? this.grantConnect(grantee, this.readerUser) : this.grantProxyConnect(grantee, this.readerUser);
  }

  /** Lets a client read from the writers themselves what may not be late. It is the user of the readers, who cannot write. */
  grantReadWriters(grantee: iam.IGrantable): iam.Grant {
    return this.grantConnect(grantee, this.readerUser);
  }

  /**
   * A metric of one of the shards, by its CloudWatch name.
   *
   * @param role of its writer or its readers only; of the cluster if left out
   */
  metric(shardIndex: number, metricName: string, role?: DatabaseRole, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return databaseMetric(this.shards[shardIndex].cluster.clusterIdentifier, metricName, role, options);
  }

  private requireBounds(): void {
    const { props } = this;
    requireIntegerBetween('shards', props.shards, 1, Number.MAX_SAFE_INTEGER);
    requireIntegerBetween('readersPerShard', props.readersPerShard, 0, LIMITS.database.readers);
    requireIntegerBetween('port', props.port, LIMITS.database.port.minimum, LIMITS.database.port.maximum);
    requireDurationBetween('backupRetention', props.backupRetention, SHORTEST_BACKUP, LIMITS.database.backup);
    for (const property of ['databaseName', 'readerUser', 'writerUser'] as const) {
      requirePattern(property, props[property], /^[a-z][a-z0-9_]{0,62}$/, USER);
    }
    if (props.readerProxy === true && props.readersPerShard === 0) {
      throw new Error('`readersPerShard` must be at least 1 for a proxy before readers, got: 0');
    }
  }

  private createSecurityGroup(id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc: this.props.vpc, description, allowAllOutbound: false });
  }

  /** Instead of the managed policy, which may write to every log whose name begins with RDS. */
  private createMonitoringRole(): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Monitoring', {
      assumedBy: new iam.ServicePrincipal('monitoring.rds.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
    });
    const logGroup = (streams: string): string => `arn:${stack.partition}:logs:${stack.region}:${stack.account}:log-group:RDSOSMetrics${streams}`;
    role.addToPolicy(new iam.PolicyStatement({ actions: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy'], resources: [logGroup('')] }));
    role.addToPolicy(new iam.PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:GetLogEvents', 'logs:PutLogEvents'],
      resources: [logGroup(':log-stream:*')],
    }));
    return role;
  }
}

function commaList(items: readonly string[]): string {
  return items.length === 1 ? items[0] : Fn.join(',', [...items]);
}

function combined(grants: readonly iam.Grant[]): iam.Grant {
  return grants.reduce((all, grant) => all.combine(grant));
}
