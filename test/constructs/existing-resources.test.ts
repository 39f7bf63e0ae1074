import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as kit from '../../constructs';
import { Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testStack } from '../support/app';

const ACCOUNT = '111122223333';
const arn = (service: string, resource: string) => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${resource}`;
const workload = new Workload({ peak: Rate.perSecond(2_000), recoveryTier: RecoveryTier.SUPPORTING });
const code = lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });');
const image = ecs.ContainerImage.fromRegistry('example.org/api:1');
const certificateArn = arn('acm', 'certificate/0b1c2d3e-0000-1111-2222-333344445555');

/** What a team has already: a network, a key, a stream, a table, a bucket and a topic. None of it is made here. */
class Existing {
  readonly key: kms.IKey;
  readonly vpc: ec2.IVpc;
  readonly topic: sns.ITopic;
  readonly keys: { readonly encryptionKey: kms.IKey; readonly logEncryptionKey: kms.IKey };
  readonly isolated: ec2.SubnetSelection;
  readonly private: ec2.SubnetSelection;
  readonly public: ec2.SubnetSelection;

  constructor(readonly stack: Stack) {
    this.key = kms.Key.fromKeyArn(stack, 'TheirKey', arn('kms', 'key/0b1c2d3e-0000-1111-2222-333344445555'));
    this.vpc = ec2.Vpc.fromVpcAttributes(stack, 'TheirNetwork', {
      vpcId: 'vpc-1',
      vpcCidrBlock: '10.0.0.0/16',
      availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
      publicSubnetIds: ['subnet-1', 'subnet-2', 'subnet-3'],
      privateSubnetIds: ['subnet-4', 'subnet-5', 'subnet-6'],
      isolatedSubnetIds: ['subnet-7', 'subnet-8', 'subnet-9'],
      publicSubnetRouteTableIds: ['rtb-1', 'rtb-2', 'rtb-3'],
      privateSubnetRouteTableIds: ['rtb-4', 'rtb-5', 'rtb-6'],
      isolatedSubnetRouteTableIds: ['rtb-7', 'rtb-8', 'rtb-9'],
    });
    this.topic = sns.Topic.fromTopicArn(stack, 'TheirTopic', arn('sns', 'alarms'));
    this.keys = { encryptionKey: this.key, logEncryptionKey: this.key };
    this.isolated = { subnets: this.vpc.isolatedSubnets };
    this.private = { subnets: this.vpc.privateSubnets };
    this.public = { subnets: this.vpc.publicSubnets };
  }

  stream(): kit.IKinesisEventStream {
    const stream = kinesis.Stream.fromStreamAttributes(this.stack, 'TheirStream', { streamArn: arn('kinesis', 'stream/payments'), encryptionKey: this.key });
    return kit.KinesisEventStream.fromStream(this.stack, 'Stream', { stream, workload, encryptionKey: this.key });
  }

  table(): kit.ShardedTable {
    return new kit.ShardedTable(this.stack, 'Table', {
      capacity: kit.TableCapacity.ledger(workload), changeStream: dynamodb.StreamViewType.NEW_AND_OLD_IMAGES, encryptionKey: this.key,
    });
  }

  auth(): kit.ApiAuth {
    const route = { ...kit.PAYMENT_ROUTES.payments, paths: [...kit.PAYMENT_ROUTES.payments.paths] };
    return new kit.ApiAuth(this.stack, 'Auth', {
      issuer: 'https://issuer.example.org/', jwksEndpoint: 'https://issuer.example.org/keys', keySet: '{"keys":[]}', routes: [route], encryptionKey: this.key,
    });
  }

  tier(): kit.StatelessTier {
    return new kit.StatelessTier(this.stack, 'Tier', { workload, vpc: this.vpc, taskSubnets: this.private, image, logEncryptionKey: this.key });
  }
}

/** Makes one construct of what is there already. */
const CONSTRUCTS: { readonly [name: string]: (it: Existing) => unknown } = {
  KinesisEventStream: ({ stack, key }) => new kit.KinesisEventStream(stack, 'It', { workload, encryptionKey: key }),
  'KinesisEventStream.fromStream': (it) => it.stream().grantWrite(new iam.Role(it.stack, 'Writer', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })),
  KafkaEventStream: ({ isolated, keys, stack, vpc }) => new kit.KafkaEventStream(stack, 'It', { workload, vpc, vpcSubnets: isolated, ...keys }),
  StreamWorker: (it) => new kit.StreamWorker(it.stack, 'It', { stream: it.stream(), code, vpc: it.vpc, vpcSubnets: it.private, ...it.keys }),
  TableStreamWorker: (it) => new kit.TableStreamWorker(it.stack, 'It', { workload, table: it.table(), code, vpc: it.vpc, vpcSubnets: it.private, ...it.keys }),
  QueueWorker: (it) => new kit.QueueWorker(it.stack, 'It', { workload, code, vpc: it.vpc, vpcSubnets: it.private, ...it.keys }),
  EventBusFanout: ({ key, stack }) => new kit.EventBusFanout(stack, 'It', { workload: workload.share(0.01), encryptionKey: key }),
  ShardedTable: (it) => it.table(),
  ShardDirectory: ({ key, stack }) => new kit.ShardDirectory(stack, 'It', { encryptionKey: key }),
  ShardedDatabase: ({ keys, stack, vpc }) => new kit.ShardedDatabase(stack, 'It', { workload, vpc, ...keys }),
  CacheTier: ({ isolated, keys, stack, vpc }) => new kit.CacheTier(stack, 'It', { workload, vpc, subnets: isolated, ...keys }),
  TieredArchive: (it) => new kit.TieredArchive(it.stack, 'It', { workload, source: it.stream(), newlines: false, ...it.keys }),
  AuditTrail: (it) => new kit.AuditTrail(it.stack, 'It', { workload, table: it.table(), vpc: it.vpc, vpcSubnets: it.private, ...it.keys }),
  FraudDetection: (it) => new kit.FraudDetection(it.stack, 'It', { events: it.stream(), stateEncryptionKey: it.key, ...it.keys }),
  StatelessTier: (it) => it.tier(),
  CapacityMix: (it) => it.tier().capacity,
  TlsEdge: (it) => new kit.TlsEdge(it.stack, 'It', { workload, vpc: it.vpc, subnets: it.public, certificateArn }).serve(it.tier()),
  PublicEdge: (it) => new kit.PublicEdge(it.stack, 'It', {
    workload, vpc: it.vpc, subnets: it.public, certificateArn, auth: it.auth(), logEncryptionKey: it.key,
  }).serve(it.tier()),
  PartnerEdge: (it) => new kit.PartnerEdge(it.stack, 'It', {
    workload, vpc: it.vpc, subnets: it.public, certificateArn, auth: it.auth(),
    authoritiesBucket: s3.Bucket.fromBucketName(it.stack, 'TheirBucket', 'authorities'),
  }).serve(it.tier()),
  ApiAuth: (it) => it.auth(),
  RecoveryPlan: (it) => new kit.RecoveryPlan(it.stack, 'It', { workload, encryptionKey: it.key, notificationTopic: it.topic })
    .protectTables(it.stack, 'Tables', it.table().tables, it.key),
  ServiceRegistry: (it) => new kit.ServiceRegistry(it.stack, 'It', { vpc: it.vpc, domain: 'payments.internal' }).register('api', it.tier()),
  FeatureConfig: (it) => new kit.FeatureConfig(it.stack, 'It', {
    content: { payouts: true }, schema: { type: 'object' }, rollbackAlarms: [it.table().alarms.alarms.WriteThrottled0], encryptionKey: it.key,
  }),
  GoldenSignals: (it) => new kit.GoldenSignals(it.stack, 'It', {
    workload, topics: { critical: it.topic, high: it.topic, low: it.topic, changes: it.topic }, encryptionKey: it.key,
  }).watchTable(it.table()),
  CanaryPayment: ({ key, private: vpcSubnets, stack, vpc }) => new kit.CanaryPayment(stack, 'It', {
    workload, endpoint: 'https://pay.example.org', merchantId: 'canary', vpc, vpcSubnets, logEncryptionKey: key,
    credentials: secretsmanager.Secret.fromSecretCompleteArn(stack, 'TheirSecret', arn('secretsmanager', 'secret:canary-AbCdEf')),
  }),
  TelemetryCollector: (it) => new kit.TelemetryCollector(it.stack, 'It', { workload }).addTo(it.tier(), 'api'),
};

describe.each(Object.entries(CONSTRUCTS))('%s, with a network, a key and a stream that are there', (name, make) => {
  it('makes no other ones', () => {
    const stack = testStack();
    make(new Existing(stack));
    const resources = Object.values(Template.fromStack(stack).toJSON().Resources as { [id: string]: { Type: string } }).map(({ Type }) => Type);
    expect(resources.length).toBeGreaterThan(0);
    const own = name === 'KinesisEventStream' ? [] : ['AWS::Kinesis::Stream'];
    // Decisions of fraud detection are a stream of its own.
    const unwanted = ['AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::EC2::NatGateway', 'AWS::KMS::Key', ...(name === 'FraudDetection' ? [] : own)];
    expect(resources.filter((type) => unwanted.includes(type))).toEqual([]);
  });
});
