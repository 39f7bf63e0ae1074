import { Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { S3_CREATE_DEFAULT_LOGGING_POLICY } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, sizeNetworkEndpoints } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireIntegerBetween, requirePattern } from '../validation';
import { gatewayEndpointPolicy, interfaceEndpointPolicy } from './endpoint-policy';
import { PrivateBucket } from './private-bucket';

/** Properties of `NetworkFoundation`. */
export interface NetworkFoundationProps {
  /**
   * Address range of the network, /16 to /24.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * How many availability zones are used, 2 to 6. The region must have as many.
   *
   * @default 3
   */
  readonly availabilityZones?: number;

  /**
   * AWS services that are reached through an interface endpoint, without leaving the network. `addEndpoint` adds others later.
   *
   * @default - what a container on Fargate needs that writes to Kinesis: Kinesis Data Streams, ECR (API and Docker), CloudWatch Logs
   */
  readonly interfaceEndpoints?: ec2.InterfaceVpcEndpointAwsService[];

  /**
   * Numbers of further accounts whose resources may be reached through the endpoints: that of a central archive, for example. Whoever calls
   * is always of this account.
   *
   * @default - none: no data leaves the account through an endpoint
   */
  readonly trustedAccounts?: string[];

  /**
   * NAT gateways, through which `egress` subnets, and no others, reach the internet. One for each zone outlives the loss of a zone; the `data`
   * subnets never have a way out.
   *
   * @default 0
   */
  readonly natGateways?: number;

  /**
   * Whether nodes of Kubernetes run in the `egress` subnets, which need `natGateways`. Images of the add-ons of EKS lie in accounts of AWS: those
   * of any account that lets us may then be read through the endpoints of ECR. And DynamoDB is reached from there through its endpoint, past the
   * NAT gateways and what they charge.
   *
   * @default false
   */
  readonly kubernetesNodes?: boolean;

  /**
   * What passes the endpoints: the whole workload, since cells share a network. What it comes to is written beside the decisions of the stack.
   *
   * @default - traffic and cost of the endpoints are not told
   */
  readonly workload?: Workload;

  /**
   * Prices and limits that those rest on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Key of the flow logs. Its policy must name `delivery.logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a key of S3 (SSE-S3)
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long flow logs are kept.
   *
   * @default Duration.days(365)
   */
  readonly flowLogRetention?: Duration;

  /**
   * What becomes of the flow logs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Properties of CDK's own network, laid over what this construct decides.
   *
   * @default - none
   */
  readonly vpcProps?: ec2.VpcProps;
}

/**
 * A network of three tiers: `edge` (load balancers, reachable from the internet), `application` and `data` (no route to the internet
 * in either direction). There is no NAT gateway unless one is asked for: AWS services are reached through endpoints, which carry data to
 * resources of this account only, and nothing else is reached.
 */
export class NetworkFoundation extends Construct {
  /** Services that a container on Fargate calls which writes to Kinesis: Kinesis Data Streams, ECR (API and Docker), CloudWatch Logs. */
  static readonly DEFAULT_ENDPOINTS: ec2.InterfaceVpcEndpointAwsService[] = [
    ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
    ec2.InterfaceVpcEndpointAwsService.ECR,
    ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  ];

  /** The network. */
  readonly vpc: ec2.Vpc;
  /** Subnets of load balancers. */
  readonly edgeSubnets: ec2.SubnetSelection = { subnetGroupName: 'edge' };
  /** Subnets of containers and other compute. */
  readonly applicationSubnets: ec2.SubnetSelection = { subnetGroupName: 'application' };
  /** Subnets of what must reach the internet; there only with `natGateways`. */
  readonly egressSubnets: ec2.SubnetSelection = { subnetGroupName: 'egress' };
  /** Subnets of data stores that live in a network. */
  readonly dataSubnets: ec2.SubnetSelection = { subnetGroupName: 'data' };
  /** Endpoint of S3; free of charge. Image layers come this way. */
  readonly s3Endpoint: ec2.GatewayVpcEndpoint;
  /** Endpoint of DynamoDB; free of charge. */
  readonly dynamoDbEndpoint: ec2.GatewayVpcEndpoint;
  /** Interface endpoints, in the order in which they were added. */
  readonly interfaceEndpoints: ec2.InterfaceVpcEndpoint[] = [];
  /** The only way into the interface endpoints: their ports from inside the network. */
  readonly endpointSecurityGroup: ec2.SecurityGroup;
  /** Where flow logs are kept. */
  readonly flowLogBucket: PrivateBucket;
  /** What the endpoints carry and cost, as it stands in the template's metadata; empty without a workload. */
  readonly decisions: readonly Decision[];

  private readonly openPorts = new Set<number>();

  constructor(scope: Construct, id: string, private readonly props: NetworkFoundationProps = {}) {
    super(scope, id);
    requireIntegerBetween('natGateways', props.natGateways, 0, props.availabilityZones ?? DEFAULTS.network.availabilityZones);
    if (props.kubernetesNodes && !props.natGateways) {
      throw new Error(`\`natGateways\` must be at least 1 with \`kubernetesNodes\`, whose subnets are there only then, got: ${props.natGateways ?? 0}`);
    }
    for (const account of props.trustedAccounts ?? []) {
      requirePattern('trustedAccounts', account, /^\d{12}$/, 'numbers of accounts, 12 digits');
    }
    requirePattern('cidr', props.cidr, /^(\d{1,3}\.){3}\d{1,3}\/(1[6-9]|2[0-4])$/, 'an IPv4 range from /16 to /24');
    requireIntegerBetween('availabilityZones', props.availabilityZones, LEAST_ZONES, LIMITS.network.availabilityZones);
    const zones = props.availabilityZones ?? DEFAULTS.network.availabilityZones;

    // CDK names the delivery service in the bucket's policy only under this flag. Without it EC2 would write the policy by itself, and
    // CloudFormation over it: no log would arrive, and nothing would say so.
    this.node.setContext(S3_CREATE_DEFAULT_LOGGING_POLICY, true);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(props.cidr ?? DEFAULT_RANGE),
      // Selected at deployment: a stack without an account knows no zone by name, and CDK would settle for two.
      availabilityZones: Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs())),
      natGateways: props.natGateways ?? 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'edge', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'application', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        // Their addresses are kept free where there are none: other subnets would get other addresses, and be replaced, on the day they come.
        { name: 'egress', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, reserved: !props.natGateways },
      ],
      ...props.vpcProps,
    });

    this.flowLogBucket = new PrivateBucket(this, 'FlowLogs', {
      encryptionKey: props.encryptionKey,
      expiration: props.flowLogRetention ?? DEFAULTS.logs.flowRetention,
      removalPolicy: props.removalPolicy,
    });
    const flowLog = this.vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toS3(this.flowLogBucket),
      trafficType: ec2.FlowLogTrafficType.ALL,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
    });
    // CDK's own options come out in small letters, which is not how CloudFormation spells them.
    (flowLog.node.defaultChild as ec2.CfnFlowLog).addPropertyOverride('DestinationOptions', {
      FileFormat: ec2.FlowLogFileFormat.PARQUET,
      HiveCompatiblePartitions: false,
      PerHourPartition: true,
    });

    const inside = [this.applicationSubnets, this.dataSubnets];
    this.s3Endpoint = this.addGateway('S3', 's3', ec2.GatewayVpcEndpointAwsService.S3, inside);
    this.dynamoDbEndpoint = this.addGateway('DynamoDb', 'dynamodb', ec2.GatewayVpcEndpointAwsService.DYNAMODB, [
      ...inside, ...props.kubernetesNodes ? [this.egressSubnets] : [],
    ]);

    this.endpointSecurityGroup = new ec2.SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'HTTPS from inside the network to the endpoints of AWS services',
      allowAllOutbound: false,
    });
    this.openPort(HTTPS, 'HTTPS from inside the network');
    const services = props.interfaceEndpoints ?? NetworkFoundation.DEFAULT_ENDPOINTS;
    services.forEach((service) => this.addEndpoint(service));
    this.decisions = props.workload ? this.tellTraffic(props.workload, services, zones) : [];
  }

  /**
   * Adds an interface endpoint in the `application` subnets, whose policy lets callers of this account reach resources of this account.
   *
   * @throws Error for a service that has one.
   */
  addEndpoint(service: ec2.InterfaceVpcEndpointAwsService): ec2.InterfaceVpcEndpoint {
    const id = service.shortName.replace(/[^A-Za-z0-9]/g, '-');
    if (this.vpc.node.tryFindChild(id)) {
      throw new Error(`\`interfaceEndpoints\` must name each service once, got: ${service.shortName} twice`);
    }
    // Amazon Keyspaces listens on a port of its own.
    if (service.port !== HTTPS) {
      this.openPort(service.port, `${service.shortName} from inside the network`);
    }
    const endpoint = this.vpc.addInterfaceEndpoint(id, {
      service,
      subnets: this.applicationSubnets,
      securityGroups: [this.endpointSecurityGroup],
      privateDnsEnabled: true,
      // The rules above are all that is wanted.
      open: false,
    });
    const { kubernetesNodes = false, trustedAccounts = [] } = this.props;
    for (const statement of interfaceEndpointPolicy(this, service.shortName, trustedAccounts, kubernetesNodes)) {
      endpoint.addToPolicy(statement);
    }
    this.interfaceEndpoints.push(endpoint);
    return endpoint;
  }

  private addGateway(
    id: string, name: 'dynamodb' | 's3', service: ec2.GatewayVpcEndpointAwsService, subnets: ec2.SubnetSelection[],
  ): ec2.GatewayVpcEndpoint {
    const endpoint = this.vpc.addGatewayEndpoint(id, { service, subnets });
    for (const statement of gatewayEndpointPolicy(this, name, this.props.trustedAccounts ?? [])) {
      endpoint.addToPolicy(statement);
    }
    return endpoint;
  }

  /** The range as it was stated, so that whoever reads the template sees that it is not the whole internet; else as CloudFormation knows it. */
  private get cidr(): string {
    return this.props.vpcProps?.ipAddresses ? this.vpc.vpcCidrBlock : this.props.cidr ?? DEFAULT_RANGE;
  }

  private openPort(port: number, description: string): void {
    if (!this.openPorts.has(port)) {
      this.openPorts.add(port);
      this.endpointSecurityGroup.addIngressRule(ec2.Peer.ipv4(this.cidr), ec2.Port.tcp(port), description);
    }
  }

  /** What was chosen here stands for what would be cheaper: endpoints keep data inside, whatever they cost. */
  private tellTraffic(workload: Workload, services: readonly ec2.InterfaceVpcEndpointAwsService[], availabilityZones: number): Decision[] {
    const names = services.map(({ shortName }) => shortName);
    const sizing = sizeNetworkEndpoints(workload, factsFor(this, this.props.facts), { services: names, availabilityZones });
    recordWorkload(this, workload);
    return recordDecisions(this, sizing.decisions, sizing.access === 'nat' ? { access: 'endpoints' } : {});
  }
}

/** A load balancer takes no fewer. */
const LEAST_ZONES = 2;

const HTTPS = 443;
const DEFAULT_RANGE = '10.0.0.0/16';
