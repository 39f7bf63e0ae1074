import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';

/** What the proxy of a shard is made of. */
export interface DatabaseProxiesProps {
  readonly cluster: rds.DatabaseCluster;
  /** Port of the cluster. */
  readonly port: number;
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.ISubnet[];
  readonly securityGroup: ec2.ISecurityGroup;
  /** Database users that may come through it. */
  readonly users: readonly string[];
  /** Whether there are readers. */
  readonly readers: boolean;
  /** Share of the connections of an instance that it may take. */
  readonly connectionShare: number;
}

/**
 * RDS Proxy of one shard: an endpoint for reading, which spreads clients over readers, and one for writing, for functions. Clients prove by IAM who
 * they are, and so does the proxy to the database: there is no secret in it.
 */
export class DatabaseProxies extends Construct {
  /** The proxy. Its own endpoint leads to the writer. */
  readonly proxy: rds.DatabaseProxy;
  /** Where functions that write connect, as `host:port`. */
  readonly writerEndpoint: string;
  /** Where clients that read connect, as `host:port`; none without readers. */
  readonly readerEndpoint?: string;

  constructor(scope: Construct, id: string, props: DatabaseProxiesProps) {
    super(scope, id);
    const vpcSubnets = { subnets: props.subnets };
    const securityGroups = [props.securityGroup];
    const { borrow, idleClient, idlePercent } = DEFAULTS.database;
    // CDK would let the proxy in by a port that only the deployment knows, beside the rule that is there; auditors cannot see what such a rule opens.
    const target = rds.DatabaseCluster.fromDatabaseClusterAttributes(this, 'Target', {
      clusterIdentifier: props.cluster.clusterIdentifier, engine: props.cluster.engine, port: props.port,
    });
    this.proxy = new rds.DatabaseProxy(this, 'Proxy', {
      proxyTarget: rds.ProxyTarget.fromCluster(target),
      vpc: props.vpc,
      vpcSubnets,
      securityGroups,
      defaultAuthScheme: rds.DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      role: this.createRole(props),
      // The others are for workers, who connect directly.
      maxConnectionsPercent: Math.round(props.connectionShare * PERCENT),
      maxIdleConnectionsPercent: idlePercent,
      borrowTimeout: borrow,
      idleClientTimeout: idleClient,
    });
    // Its target group asks for the instances.
    this.proxy.node.addDependency(props.cluster);
    this.writerEndpoint = `${this.proxy.endpoint}:${LIMITS.database.proxyPort}`;
    if (props.readers) {
      const reading = this.proxy.addEndpoint('Readers', { vpc: props.vpc, vpcSubnets, securityGroups, targetRole: rds.ProxyEndpointTargetRole.READ_ONLY });
      this.readerEndpoint = `${reading.endpoint}:${LIMITS.database.proxyPort}`;
    }
  }

  private createRole({ cluster, users }: DatabaseProxiesProps): iam.Role {
    const stack = Stack.of(this);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('rds.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': stack.account } } }),
    });
    users.forEach((user) => cluster.grantConnect(role, user));
    return role;
  }
}

const PERCENT = 100;
