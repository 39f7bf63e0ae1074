import { Duration, Fn, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { S3_CREATE_DEFAULT_LOGGING_POLICY } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { requireIntegerBetween, requirePattern } from '../validation';
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
   * AWS services that are reached through an interface endpoint, without leaving the network.
   *
   * @default - what a container on Fargate needs that writes to Kinesis: Kinesis Data Streams, ECR (API and Docker), CloudWatch Logs
   */
  readonly interfaceEndpoints?: ec2.InterfaceVpcEndpointAwsService[];

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
 * in either direction). There is no NAT gateway: AWS services are reached through endpoints, and nothing else is reached.
 */
export class NetworkFoundation extends Construct {
  /** The network. */
  readonly vpc: ec2.Vpc;
  /** Subnets of load balancers. */
  readonly edgeSubnets: ec2.SubnetSelection = { subnetGroupName: 'edge' };
  /** Subnets of containers and other compute. */
  readonly applicationSubnets: ec2.SubnetSelection = { subnetGroupName: 'application' };
  /** Subnets of data stores that live in a network. */
  readonly dataSubnets: ec2.SubnetSelection = { subnetGroupName: 'data' };
  /** Endpoint of S3; free of charge. Image layers come this way. */
  readonly s3Endpoint: ec2.GatewayVpcEndpoint;
  /** Endpoint of DynamoDB; free of charge. */
  readonly dynamoDbEndpoint: ec2.GatewayVpcEndpoint;
  /** Interface endpoints, in the order of the property. */
  readonly interfaceEndpoints: ec2.InterfaceVpcEndpoint[];
  /** The only way into the interface endpoints: port 443 from inside the network. */
  readonly endpointSecurityGroup: ec2.SecurityGroup;
  /** Where flow logs are kept. */
  readonly flowLogBucket: PrivateBucket;

  constructor(scope: Construct, id: string, props: NetworkFoundationProps = {}) {
    super(scope, id);
    requirePattern('cidr', props.cidr, /^(\d{1,3}\.){3}\d{1,3}\/(1[6-9]|2[0-4])$/, 'an IPv4 range from /16 to /24');
    requireIntegerBetween('availabilityZones', props.availabilityZones, LEAST_ZONES, LIMITS.network.availabilityZones);
    const zones = props.availabilityZones ?? DEFAULTS.network.availabilityZones;

    // CDK names the delivery service in the bucket's policy only under this flag. Without it EC2 would write the policy by itself, and
    // CloudFormation over it: no log would arrive, and nothing would say so.
    this.node.setContext(S3_CREATE_DEFAULT_LOGGING_POLICY, true);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      // Selected at deployment: a stack without an account knows no zone by name, and CDK would settle for two.
      availabilityZones: Array.from({ length: zones }, (_, index) => Fn.select(index, Fn.getAzs())),
      natGateways: 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'edge', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
        { name: 'application', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
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
    this.s3Endpoint = this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3, subnets: inside });
    this.dynamoDbEndpoint = this.vpc.addGatewayEndpoint('DynamoDb', {
      service: ec2.GatewayVpcEndpointAwsService.DYNAMODB,
      subnets: inside,
    });

    this.endpointSecurityGroup = new ec2.SecurityGroup(this, 'EndpointSecurityGroup', {
      vpc: this.vpc,
      description: 'HTTPS from inside the network to the endpoints of AWS services',
      allowAllOutbound: false,
    });
    this.endpointSecurityGroup.addIngressRule(ec2.Peer.ipv4(this.vpc.vpcCidrBlock), ec2.Port.tcp(443), 'HTTPS from inside the network');
    this.interfaceEndpoints = (props.interfaceEndpoints ?? DEFAULT_ENDPOINTS).map((service) =>
      this.vpc.addInterfaceEndpoint(service.shortName.replace(/[^A-Za-z0-9]/g, '-'), {
        service,
        subnets: this.applicationSubnets,
        securityGroups: [this.endpointSecurityGroup],
        privateDnsEnabled: true,
        // The rule above is all that is wanted.
        open: false,
      }),
    );
  }
}

/** A load balancer takes no fewer. */
const LEAST_ZONES = 2;

const DEFAULT_ENDPOINTS = [
  ec2.InterfaceVpcEndpointAwsService.KINESIS_STREAMS,
  ec2.InterfaceVpcEndpointAwsService.ECR,
  ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
  ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
];
