import { Aspects, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ManagedPolicies, PrivateBucket, ServerAccessLogs } from '../../constructs';
import { testApp, testStack } from '../support/app';
import { onlyResource, resourcesOf } from '../support/template';

describe('ManagedPolicies', () => {
  const app = testApp();
  const stack = testStack(app);
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  new iam.Role(stack, 'Idle', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
  new iam.Policy(stack, 'Unused');
  const queue = new sqs.Queue(stack, 'Queue');
  const other = new sqs.Queue(stack, 'Other');
  queue.grantSendMessages(role).applyBefore(other);
  Aspects.of(app).add(new ManagedPolicies());
  const template = Template.fromStack(stack);

  it('leave no inline policy, and one managed policy for each role that may do anything', () => {
    template.resourceCountIs('AWS::IAM::Policy', 0);
    expect(onlyResource(template, 'AWS::IAM::ManagedPolicy').Properties).toMatchObject({
      Roles: [{ Ref: expect.stringMatching(/^Role/) }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: expect.arrayContaining(['sqs:SendMessage']) }] },
    });
  });

  it('are there before what waits for the grant', () => {
    const [id] = Object.keys(resourcesOf(template, 'AWS::IAM::ManagedPolicy'));
    const waiting = Object.entries(resourcesOf(template, 'AWS::SQS::Queue')).find(([name]) => name.startsWith('Other'))![1];
    expect(waiting.DependsOn).toEqual(expect.arrayContaining([id]));
  });
});

describe('ServerAccessLogs', () => {
  const app = testApp();
  const stack = testStack(app, 'logs');
  const abroad = new Stack(app, 'abroad', { env: { region: 'us-east-1' } });
  const logs = new PrivateBucket(stack, 'AccessLogs', { expiration: Duration.days(30) });
  new s3.Bucket(stack, 'Data');
  new s3.Bucket(stack, 'Own', { serverAccessLogsPrefix: 'mine/' });
  new s3.Bucket(abroad, 'Data');
  Aspects.of(app).add(new ServerAccessLogs(logs));
  const template = Template.fromStack(stack);
  const bucket = (name: string) => Object.entries(resourcesOf(template, 'AWS::S3::Bucket')).find(([id]) => id.startsWith(name))!;

  it('tell every bucket where to log, under the path of its construct', () => {
    expect(bucket('Data')[1].Properties.LoggingConfiguration).toEqual({ DestinationBucketName: { Ref: bucket('AccessLogs')[0] }, LogFilePrefix: 'logs/Data/' });
  });

  it('leave alone what logs elsewhere, the logs themselves, and other regions', () => {
    expect(bucket('Own')[1].Properties.LoggingConfiguration).toEqual({ LogFilePrefix: 'mine/' });
    expect(bucket('AccessLogs')[1].Properties.LoggingConfiguration).toBeUndefined();
    expect(onlyResource(Template.fromStack(abroad), 'AWS::S3::Bucket').Properties?.LoggingConfiguration).toBeUndefined();
  });

  it('let S3 write, for buckets of this account alone', () => {
    const policy = Object.values(resourcesOf(template, 'AWS::S3::BucketPolicy')).find((it) => it.Properties.Bucket.Ref === bucket('AccessLogs')[0])!;
    expect(policy.Properties.PolicyDocument.Statement).toContainEqual(expect.objectContaining({
      Action: 's3:PutObject',
      Effect: 'Allow',
      Principal: { Service: 'logging.s3.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    }));
  });
});
