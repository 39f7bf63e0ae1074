import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Topology } from '../../lib/topology';
import { testApp } from './app';
import { matches, Permissions } from './permissions';

describe('the permissions that tests judge by', () => {
  const app = testApp();
  const stack = new Stack(app, 'rights', { env: { region: 'eu-west-1' } });
  const service = new iam.ServicePrincipal('lambda.amazonaws.com');
  const role = (name: string, ...statements: iam.PolicyStatementProps[]) => {
    const made = new iam.Role(stack, name, { assumedBy: service });
    statements.forEach((it) => made.addToPolicy(new iam.PolicyStatement(it)));
    return made;
  };
  const bucket = new s3.Bucket(stack, 'Bucket');
  const objects = bucket.arnForObjects('*');
  role('Reader', { actions: ['s3:Get*'], resources: [objects] });
  role('Conditional', { actions: ['s3:GetObject'], resources: [objects], conditions: { Bool: { 'aws:SecureTransport': 'true' } } });
  role('Denied', { actions: ['s3:*'], resources: ['*'] }, { effect: iam.Effect.DENY, actions: ['s3:DeleteObject'], resources: ['*'] });
  role('Others', { notActions: ['s3:Delete*'], resources: ['*'] });
  const named = role('Named');
  bucket.addToResourcePolicy(new iam.PolicyStatement({ actions: ['s3:PutObject'], resources: [objects], principals: [named] }));
  const vault = new kms.Key(stack, 'Vault');
  new kms.Key(stack, 'Shared');
  const keeper = role('Keeper', { actions: ['kms:Decrypt'], resources: ['*'] });
  vault.addToResourcePolicy(new iam.PolicyStatement({
    effect: iam.Effect.DENY, actions: ['kms:Decrypt'], resources: ['*'], principals: [new iam.AnyPrincipal()],
    conditions: { ArnNotEquals: { 'aws:PrincipalArn': keeper.roleArn } },
  }));
  role('Stranger', { actions: ['kms:Decrypt'], resources: ['*'] });
  const topology = Topology.read(app.synth().directory);
  const permissions = new Permissions(topology);
  const [there] = topology.ofType('AWS::S3::Bucket');
  const may = (name: string, action: string) => permissions.may(permissions.role(`/${name}`), action, `${there.arn}/key`);

  it('follow patterns of actions and resources', () => {
    expect(may('Reader', 's3:GetObject')).toBe(true);
    expect(may('Reader', 's3:getobject')).toBe(true);
    expect(may('Reader', 's3:PutObject')).toBe(false);
    expect(permissions.may(permissions.role('/Reader'), 's3:GetObject', 'arn:aws:s3:::another/key')).toBe(false);
    expect(matches('arn:aws:s3:::a?c/*', 'arn:aws:s3:::abc/d/e')).toBe(true);
    expect(matches('a.c', 'abc')).toBe(false);
  });

  it('let a denial win, and everything that is not excepted', () => {
    expect(may('Denied', 's3:GetObject')).toBe(true);
    expect(may('Denied', 's3:DeleteObject')).toBe(false);
    expect(may('Others', 's3:GetObject')).toBe(true);
    expect(may('Others', 's3:DeleteObject')).toBe(false);
  });

  it('count an allowance under a condition', () => {
    expect(may('Conditional', 's3:GetObject')).toBe(true);
  });

  it('know that a key is opened by its own policy, and by IAM where that leaves it to the account', () => {
    const key = (name: string) => topology.ofType('AWS::KMS::Key').find((it) => it.constructPath.includes(name))!;
    const opens = (name: string, which: string) => permissions.may(permissions.role(`/${name}`), 'kms:Decrypt', key(which));
    expect(opens('Keeper', '/Vault')).toBe(true);
    expect(opens('Stranger', '/Vault')).toBe(false);
    expect(opens('Stranger', '/Shared')).toBe(true);
    expect(opens('Reader', '/Shared')).toBe(false);
  });

  it('know what a resource allows by itself', () => {
    expect(permissions.may(permissions.role('/Named'), 's3:PutObject', there)).toBe(true);
    expect(permissions.may(permissions.role('/Reader'), 's3:PutObject', there)).toBe(false);
  });
});
