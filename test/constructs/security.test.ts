import { App, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DataClass } from '../../constructs/security/data-class';
import { DataKeys } from '../../constructs/security/data-keys';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { PrivateBucket, type PrivateBucketProps } from '../../constructs/security/private-bucket';
import { testStack } from '../support/app';
import { onlyResource, referencesIn, resourcesOf } from '../support/template';

describe('DataKeys', () => {
  let template: Template;

  beforeAll(() => {
    const stack = testStack();
    new DataKeys(stack, 'Keys', { aliasPrefix: 'payments' });
    template = Template.fromStack(stack);
  });

  it('makes one rotating, retained key for each class of data', () => {
    const keys = Object.values(resourcesOf(template, 'AWS::KMS::Key'));
    expect(keys).toHaveLength(3);
    for (const key of keys) {
      expect(key.Properties).toMatchObject({ EnableKeyRotation: true, RotationPeriodInDays: 365, PendingWindowInDays: 30 });
      expect(key).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });

  it('names each key by its class', () => {
    for (const name of ['events', 'ledger', 'operations']) {
      template.hasResourceProperties('AWS::KMS::Alias', { AliasName: `alias/payments/${name}` });
    }
  });

  it('lets services use only the key of what operators read, and only for this account', () => {
    const policies = Object.values(resourcesOf(template, 'AWS::KMS::Key')).map((key) => key.Properties);
    const serviceStatements = (description: string) =>
      policies
        .find((it) => it.Description.endsWith(description))!
        .KeyPolicy.Statement.filter((it: { Principal: { Service?: string } }) => it.Principal.Service !== undefined);
    expect(serviceStatements('events')).toEqual([]);
    expect(serviceStatements('ledger')).toEqual([]);
    const services = serviceStatements('operations');
    expect(services.flatMap((it: { Principal: { Service: string | string[] } }) => it.Principal.Service)).toEqual([
      'cloudwatch.amazonaws.com', 'delivery.logs.amazonaws.com', 'logs.eu-west-1.amazonaws.com',
    ]);
    for (const statement of services) {
      expect(referencesIn(statement.Condition)).toContain('AWS::AccountId');
    }
  });

  it('makes its aliases unique by default', () => {
    const stack = testStack();
    new DataKeys(stack, 'A', { dataClasses: [DataClass.LEDGER] });
    new DataKeys(stack, 'B', { dataClasses: [DataClass.LEDGER] });
    const names = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::KMS::Alias')).map((alias) => alias.Properties.AliasName);
    expect(new Set(names).size).toBe(2);
  });

  it('takes CDK properties over its own', () => {
    const stack = testStack();
    new DataKeys(stack, 'Keys', { dataClasses: [DataClass.LEDGER], removalPolicy: RemovalPolicy.DESTROY, keyProps: { multiRegion: true } });
    Template.fromStack(stack).hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete', Properties: { MultiRegion: true } });
  });

  it.each([
    [{ rotationPeriod: Duration.days(30) }, '`rotationPeriod` must be between 7776000 and 221184000 seconds, got: 2592000'],
    [{ pendingWindow: Duration.days(3) }, '`pendingWindow` must be between 604800 and 2592000 seconds, got: 259200'],
    [{ aliasPrefix: 'aws/mine' }, '`aliasPrefix` must be letters, digits, `_`, `/` and `-` and must not start with `aws/`, got: aws/mine'],
    [{ dataClasses: [] }, '`dataClasses` must name at least one data class, got: none'],
    [{ dataClasses: [DataClass.LEDGER, DataClass.of('ledger')] }, '`dataClasses` must differ in name, got: ledger twice'],
  ])('refuses %j', (props, message) => {
    expect(() => new DataKeys(testStack(), 'Keys', props)).toThrow(message);
  });

  it('refuses a class without a key, and a class without a proper name', () => {
    const keys = new DataKeys(testStack(), 'Keys', { dataClasses: [DataClass.LEDGER] });
    expect(() => keys.key(DataClass.EVENTS)).toThrow('`dataClass` must be one of ledger, got: events');
    expect(() => DataClass.of('Card Data')).toThrow(
      '`name` must be lower-case letters, digits and dashes, starting with a letter, at most 32 characters, got: Card Data',
    );
  });
});

describe('PrivateBucket', () => {
  it('is encrypted, closed to the public and to plain HTTP, and lets objects go', () => {
    const stack = testStack();
    const key = new DataKeys(stack, 'Keys', { dataClasses: [DataClass.EVENTS] }).key(DataClass.EVENTS);
    new PrivateBucket(stack, 'Bucket', { expiration: Duration.days(7), encryptionKey: key });
    const template = Template.fromStack(stack);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: Match.anyValue() } },
          ],
        },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7, Status: 'Enabled' })] },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } }),
        ]),
      },
    });
  });
});

describe('PrivateBucket that may be thrown away', () => {
  /** A bucket in a stack of its own. */
  function bucketWith(props: Partial<PrivateBucketProps>): Template {
    const stack = testStack();
    new PrivateBucket(stack, 'Bucket', { expiration: Duration.days(7), ...props });
    return Template.fromStack(stack);
  }

  it('is emptied first, because S3 deletes no bucket with objects in it', () => {
    const template = bucketWith({ removalPolicy: RemovalPolicy.DESTROY });
    template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Delete' });
    template.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
    bucketWith({ bucketProps: { removalPolicy: RemovalPolicy.DESTROY } }).resourceCountIs('Custom::S3AutoDeleteObjects', 1);
  });

  it('is never emptied where it stays', () => {
    bucketWith({}).resourceCountIs('Custom::S3AutoDeleteObjects', 0);
    const kept = bucketWith({ removalPolicy: RemovalPolicy.DESTROY, bucketProps: { removalPolicy: RemovalPolicy.RETAIN } });
    kept.resourceCountIs('Custom::S3AutoDeleteObjects', 0);
  });
});

describe('NetworkFoundation', () => {
  let template: Template;

  beforeAll(() => {
    const stack = testStack();
    new NetworkFoundation(stack, 'Network');
    template = Template.fromStack(stack);
  });

  it('has three tiers in three zones, chosen at deployment', () => {
    const subnets = Object.values(resourcesOf(template, 'AWS::EC2::Subnet'));
    expect(subnets).toHaveLength(9);
    const zones = new Set(subnets.map((subnet) => JSON.stringify(subnet.Properties.AvailabilityZone)));
    expect([...zones].sort()).toEqual([0, 1, 2].map((index) => JSON.stringify({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })));
  });

  it('gives no subnet but those of the edge a way to the internet, and nothing an address by itself', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 0);
    const routes = Object.keys(resourcesOf(template, 'AWS::EC2::Route'));
    expect(routes).toHaveLength(3);
    expect(routes.every((id) => id.includes('edge'))).toBe(true);
    for (const subnet of Object.values(resourcesOf(template, 'AWS::EC2::Subnet'))) {
      expect(subnet.Properties.MapPublicIpOnLaunch).toBe(false);
    }
  });

  it('reaches the services of a container that writes to Kinesis through endpoints', () => {
    const names = Object.values(resourcesOf(template, 'AWS::EC2::VPCEndpoint')).map((endpoint) => JSON.stringify(endpoint.Properties.ServiceName));
    for (const service of ['kinesis-streams', 'ecr.api', 'ecr.dkr', 'logs', '.s3', '.dynamodb']) {
      expect(names.filter((name) => name.includes(service))).toHaveLength(1);
    }
    expect(names).toHaveLength(6);
  });

  it('lets only HTTPS from inside the network to the endpoints', () => {
    const group = onlyResource(template, 'AWS::EC2::SecurityGroup');
    expect(group.Properties.SecurityGroupIngress).toMatchObject([{ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }]);
    expect(referencesIn(group.Properties.SecurityGroupIngress[0].CidrIp)).toHaveLength(1);
  });

  it('keeps flow logs of all traffic', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', {
      TrafficType: 'ALL',
      LogDestinationType: 's3',
      // As CloudFormation spells them; the CDK's own options come out in small letters.
      DestinationOptions: { FileFormat: 'parquet', HiveCompatiblePartitions: false, PerHourPartition: true },
    });
    template.resourceCountIs('AWS::S3::Bucket', 1);
  });

  it('lets flow logs be delivered, whatever flags the app has set', () => {
    const stack = testStack(new App());
    new NetworkFoundation(stack, 'Network');
    const own = Template.fromStack(stack);
    own.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Allow', Action: 's3:PutObject', Principal: { Service: 'delivery.logs.amazonaws.com' } }),
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'delivery.logs.amazonaws.com' } }),
        ]),
      },
    });
    const [policy] = Object.keys(resourcesOf(own, 'AWS::S3::BucketPolicy'));
    expect(onlyResource(own, 'AWS::EC2::FlowLog').DependsOn).toContain(policy);
  });

  it('empties the default security group', () => {
    template.resourceCountIs('Custom::VpcRestrictDefaultSG', 1);
  });

  it('takes its own endpoints and CDK properties', () => {
    const stack = testStack();
    new NetworkFoundation(stack, 'Network', {
      availabilityZones: 2,
      interfaceEndpoints: [ec2.InterfaceVpcEndpointAwsService.SQS],
      vpcProps: { vpcName: 'shared' },
    });
    const custom = Template.fromStack(stack);
    custom.resourceCountIs('AWS::EC2::Subnet', 6);
    custom.resourceCountIs('AWS::EC2::VPCEndpoint', 3);
    custom.hasResourceProperties('AWS::EC2::VPC', { Tags: Match.arrayWith([{ Key: 'Name', Value: 'shared' }]) });
  });

  it.each([
    [{ cidr: '10.0.0.0/8' }, '`cidr` must be an IPv4 range from /16 to /24, got: 10.0.0.0/8'],
    [{ availabilityZones: 1 }, '`availabilityZones` must be between 2 and 6, got: 1'],
    [{ availabilityZones: 2.5 }, '`availabilityZones` must be a whole number, got: 2.5'],
  ])('refuses %j', (props, message) => {
    expect(() => new NetworkFoundation(testStack(), 'Network', props)).toThrow(message);
  });
});
