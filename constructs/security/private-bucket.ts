import { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';

/** Properties of `PrivateBucket`. */
export interface PrivateBucketProps {
  /** How long an object is kept. */
  readonly expiration: Duration;

  /**
   * Age at which objects move to S3 Glacier Instant Retrieval: read as fast as before, at a price for each GB that is read. It bills 90 days
   * at least. Those below 128 KiB stay.
   *
   * @default - they stay in S3 Standard
   */
  readonly coldAfter?: Duration;

  /**
   * Key of the objects.
   *
   * @default - a key of S3 (SSE-S3), which is all that load balancers can write with
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What becomes of the bucket when the stack goes. With DESTROY its objects go first: S3 deletes no bucket that holds any.
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
 * A bucket that nobody outside reads: no public access, TLS 1.2 or newer only, no ACLs, encrypted, with an end to every object. What is written
 * over or deleted can be brought back for 30 days.
 */
export class PrivateBucket extends s3.Bucket {
  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    const removalPolicy = props.bucketProps?.removalPolicy ?? props.removalPolicy ?? RemovalPolicy.RETAIN;
    super(scope, id, {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...(props.encryptionKey
        ? { encryption: s3.BucketEncryption.KMS, encryptionKey: props.encryptionKey, bucketKeyEnabled: true }
        : { encryption: s3.BucketEncryption.S3_MANAGED }),
      versioned: true,
      lifecycleRules: [{
        id: 'expire',
        expiration: props.expiration,
        transitions: props.coldAfter && [{ storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: props.coldAfter }],
        noncurrentVersionExpiration: DEFAULTS.audit.noncurrentExpiration,
        abortIncompleteMultipartUploadAfter: props.expiration,
      }],
      removalPolicy,
      autoDeleteObjects: removalPolicy === RemovalPolicy.DESTROY,
      ...props.bucketProps,
    });
  }
}
