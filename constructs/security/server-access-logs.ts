import { type IAspect, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Lets every bucket write who asked it for what into one bucket of logs, each under the path of its construct. A bucket that states its own logging
 * keeps it.
 *
 * ```ts
 * Aspects.of(app).add(new ServerAccessLogs(new PrivateBucket(stack, 'AccessLogs', { expiration: Duration.days(365) })));
 * ```
 *
 * Buckets and logs must be in one account and region; those of another region are left alone. S3 writes such logs with its own key only.
 */
export class ServerAccessLogs implements IAspect {
  /** @param destination where the logs go. Its own requests are not logged: each would make another one. */
  constructor(private readonly destination: s3.Bucket) {
    const { account } = Stack.of(destination);
    destination.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['s3:PutObject'],
        principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
        resources: [destination.arnForObjects('*')],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }

  visit(node: IConstruct): void {
    if (!(node instanceof s3.CfnBucket) || node === this.destination.node.defaultChild || node.loggingConfiguration !== undefined) {
      return;
    }
    if (Stack.of(node).region !== Stack.of(this.destination).region) {
      return;
    }
    node.loggingConfiguration = { destinationBucketName: this.destination.bucketName, logFilePrefix: `${node.node.scope?.node.path ?? node.node.path}/` };
  }
}
