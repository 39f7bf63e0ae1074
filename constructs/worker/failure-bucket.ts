import { type Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { PrivateBucket } from '../security/private-bucket';

/** Properties of `FailureBucket`. */
export interface FailureBucketProps {
  /** Key of the objects: they hold the records themselves. */
  readonly encryptionKey: kms.IKey;

  /**
   * How long somebody has to look at an object, 1 day or more.
   *
   * @default Duration.days(90)
   */
  readonly retention?: Duration;

  /**
   * What becomes of the bucket when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Properties of CDK's own bucket, laid over what this construct decides.
   *
   * @default - none
   */
  readonly bucketProps?: s3.BucketProps;
}

/**
 * Where an event source mapping of a stream puts the batches that it gives up. A bucket holds the records themselves; a queue or
 * topic would hold only their positions in a stream that forgets.
 */
export class FailureBucket extends Construct implements lambda.IEventSourceDlq {
  /** The bucket. */
  readonly bucket: PrivateBucket;

  constructor(scope: Construct, id: string, private readonly props: FailureBucketProps) {
    super(scope, id);
    this.bucket = new PrivateBucket(this, 'Bucket', {
      expiration: props.retention ?? DEFAULTS.failures.retention,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      bucketProps: props.bucketProps,
    });
  }

  /** Lets the function's role write objects, and no more: the mapping writes in its name. */
  bind(_mapping: lambda.IEventSourceMapping, handler: lambda.IFunction): lambda.DlqDestinationConfig {
    iam.Grant.addToPrincipal({ grantee: handler, actions: ['s3:PutObject'], resourceArns: [this.bucket.arnForObjects('*')] });
    iam.Grant.addToPrincipal({ grantee: handler, actions: ['s3:ListBucket'], resourceArns: [this.bucket.bucketArn] });
    this.props.encryptionKey.grant(handler, 'kms:GenerateDataKey');
    return { destination: this.bucket.bucketArn };
  }
}
