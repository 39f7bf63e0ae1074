import { USAGE_METADATA_KEY } from '../../lib/cost';

/** A payment, its ledger entry and the merchant's balance, in one transaction: three items, two units each. */
const TRANSACTION_UNITS = 6;
/** The record of an idempotent call is put before it and updated after it. */
const IDEMPOTENCY_WRITES = 2;

/**
 * How such a system is usually drawn: API Gateway calls a function for each request, which puts one record; another function reads the stream, keeps
 * an idempotency table of its own and writes each payment in a transaction. All of it is public, and a web ACL looks at every request.
 *
 * @param paymentsPerSecond in the mean
 */
export function usualDesign(paymentsPerSecond: number) {
  const usage = (of: { readonly [name: string]: number }) => ({ Metadata: { [USAGE_METADATA_KEY]: of } });
  const table = (writeUnitsPerSecond: number) => ({
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST', TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
    ...usage({ writeUnitsPerSecond }),
  });
  return {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
    Integration: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId: { Ref: 'Api' }, IntegrationUri: { 'Fn::GetAtt': ['Front', 'Arn'] } } },
    WebAcl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}, {}, {}, {}, {}] } },
    Association: { Type: 'AWS::WAFv2::WebACLAssociation', Properties: { ResourceArn: { Ref: 'Api' }, WebACLArn: { 'Fn::GetAtt': ['WebAcl', 'Arn'] } } },
    Front: {
      Type: 'AWS::Lambda::Function',
      Properties: { MemorySize: 256, Architectures: ['arm64'], Environment: { Variables: { STREAM: { Ref: 'Stream' } } } },
    },
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 143 } },
    Consumer: { Type: 'AWS::Kinesis::StreamConsumer', Properties: { ConsumerName: 'worker', StreamARN: { 'Fn::GetAtt': ['Stream', 'Arn'] } } },
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::GetAtt': ['Consumer', 'ConsumerARN'] }, FunctionName: { Ref: 'Worker' }, BatchSize: 100 },
    },
    Worker: {
      Type: 'AWS::Lambda::Function',
      Properties: { MemorySize: 512, Architectures: ['arm64'], Environment: { Variables: { LEDGER: { Ref: 'Ledger' }, IDEMPOTENCY: { Ref: 'Idempotency' } } } },
    },
    Ledger: table(TRANSACTION_UNITS * paymentsPerSecond),
    Idempotency: table(IDEMPOTENCY_WRITES * paymentsPerSecond),
  };
}
