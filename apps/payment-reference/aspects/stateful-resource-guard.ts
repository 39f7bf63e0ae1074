import { Annotations, CfnDeletionPolicy, CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Types of resource that hold what cannot be made again from the sources. */
const STATEFUL_TYPES = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::KMS::Key',
  'AWS::Kinesis::Stream',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SQS::Queue',
]);

const RETAINED = new Set<CfnDeletionPolicy | undefined>([CfnDeletionPolicy.RETAIN, CfnDeletionPolicy.RETAIN_EXCEPT_ON_CREATE]);

/** Refuses a resource that holds data and would go with its stack, or be thrown away when an update replaces it. */
export class StatefulResourceGuard implements IAspect {
  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node) || !STATEFUL_TYPES.has(node.cfnResourceType)) {
      return;
    }
    const { deletionPolicy, updateReplacePolicy } = node.cfnOptions;
    if (!RETAINED.has(deletionPolicy) || !RETAINED.has(updateReplacePolicy)) {
      Annotations.of(node).addError(`\`removalPolicy\` of a resource that holds data must be RETAIN, got: ${deletionPolicy ?? 'Delete'}`);
    }
  }
}
