import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/**
 * Refuses deletions to everybody. A lock does not refuse a deletion that names no version: that hides the object, and its key is free for
 * another. The lifecycle is no principal, and goes on.
 */
export function neverDelete(bucket: s3.IBucket): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'NeverDelete',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['s3:DeleteObject*'],
    resources: [bucket.arnForObjects('*')],
  });
}
