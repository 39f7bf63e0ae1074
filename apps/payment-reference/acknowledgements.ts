/**
 * Rules of cdk-nag's packs AwsSolutions and NIST 800-53 r5 that the reference does not follow, and why. A test runs both packs over it, and fails for
 * any other finding, and for a reason that has no finding any more.
 */
export const ACKNOWLEDGEMENTS: { readonly [rule: string]: string } = {
  'AwsSolutions-IAM5': 'Wildcards stand in paths of objects, in streams of one table, in the actions of one key, and where IAM knows no resource; what each role '
    + 'may do with the ledger and the keys is simulated in test/apps/guardrails.test.ts, which lists every action on all resources.',
  'AwsSolutions-KDS3': 'The rule wants the key of AWS; PCI DSS 3.6 and 3.7 want one that we control, rotate and can take away.',
  'AwsSolutions-SQS3': 'These queues are where EventBridge puts what it cannot deliver; the rule knows dead letters of queues only.',
  'AwsSolutions-ECS2': 'The variables name tables, streams and limits. No secret is among them: clients prove themselves by tokens, tasks by their role.',
  'AwsSolutions-EC23': 'The edges are there for everybody on port 443: the public one behind a web ACL, that of partners behind client certificates.',
  'NIST.800.53.R5-ALBWAFEnabled': 'The edge of partners asks for a client certificate before the first request; a web ACL would be paid for each of them.',
  'NIST.800.53.R5-LambdaDLQ': 'Mappings give up to a bucket or a dead-letter queue, a schedule has its own or comes again in a minute, and a state machine tries again itself.',
  'NIST.800.53.R5-S3BucketReplicationEnabled': 'The recovery region holds copies of the tables; logs and what mappings gave up are kept in one region, the archive is locked.',
  'NIST.800.53.R5-S3DefaultEncryptionKMS': 'Load balancers and S3 itself write their access logs with the key of S3 only.',
  'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW': 'Load balancers that the internet reaches stand in subnets with a route to it; nothing else does.',
};
