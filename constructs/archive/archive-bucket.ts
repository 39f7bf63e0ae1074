import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { PrivateBucket } from '../security/private-bucket';
import type { AccessPattern } from './access-pattern';
import type { AuditLock } from './audit-lock';
import { neverDelete } from './never-delete';

/** Properties of `ArchiveBucket`. */
export interface ArchiveBucketProps {
  /** How long, and how firmly, objects are locked. */
  readonly lock: AuditLock;
  /** When objects end. At least as long as the lock. */
  readonly expiration: Duration;
  /** How often objects are read. */
  readonly accessPattern: AccessPattern;
  /** Key of the objects. */
  readonly encryptionKey: kms.IKey;
  /** What becomes of the bucket when the stack goes. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** Properties of CDK's own bucket, laid over what this construct decides. @default - none */
  readonly bucketProps?: s3.BucketProps;
}

/**
 * A locked bucket whose objects become cheaper to keep, and dearer to read, as they grow older. Unlike an `AuditBucket` it takes a second object
 * of a key, because services that deliver do not ask whether there is one; the first version stays for as long as it is locked.
 */
export class ArchiveBucket extends PrivateBucket {
  constructor(scope: Construct, id: string, props: ArchiveBucketProps) {
    const { lock, expiration } = props;
    super(scope, id, {
      expiration,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      bucketProps: {
        ...(lock.defaultRetention && { objectLockEnabled: true, objectLockDefaultRetention: lock.defaultRetention }),
        lifecycleRules: [{
          id: 'colder-then-end',
          transitions: props.accessPattern.transitions(expiration),
          expiration,
          // S3 leaves a version alone while its lock holds.
          noncurrentVersionExpiration: DEFAULTS.audit.noncurrentExpiration,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        }],
        ...props.bucketProps,
      },
    });
    if (lock.defaultRetention !== undefined) {
      this.addToResourcePolicy(neverDelete(this));
    }
  }
}
