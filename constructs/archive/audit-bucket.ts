import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { PrivateBucket } from '../security/private-bucket';
import type { AuditLock } from './audit-lock';
import { neverDelete } from './never-delete';

/** Properties of `AuditBucket`. */
export interface AuditBucketProps {
  /** How long, and how firmly, objects are locked. */
  readonly lock: AuditLock;
  /** When objects end. At least as long as the lock. */
  readonly expiration: Duration;
  /** Age at which objects move to colder storage that is still read at once. */
  readonly coldAfter: Duration;
  /** Key of the objects. */
  readonly encryptionKey: kms.IKey;
  /** What becomes of the bucket when the stack goes. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** Properties of CDK's own bucket, laid over what this construct decides. @default - none */
  readonly bucketProps?: s3.BucketProps;
}

/**
 * A bucket whose objects are written once: locked, versioned, closed to a second writing of a key and, where there is a lock, to deletions.
 *
 * The lock keeps versions; that readers find them under their keys is up to the bucket's policy and lifecycle. Who may change those can cover
 * a version, which `cht audit verify` notices, but not end it. Who may delete the customer managed key makes every object unreadable for
 * ever, locked in COMPLIANCE mode or not.
 */
export class AuditBucket extends PrivateBucket {
  constructor(scope: Construct, id: string, props: AuditBucketProps) {
    const { lock, expiration, coldAfter } = props;
    super(scope, id, {
      expiration,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      bucketProps: {
        versioned: true,
        ...(lock.defaultRetention && { objectLockEnabled: true, objectLockDefaultRetention: lock.defaultRetention }),
        lifecycleRules: [{
          id: 'keep-then-end',
          transitions: coldAfter.toDays() < expiration.toDays()
            ? [{ storageClass: s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: coldAfter }] : undefined,
          expiration,
          // S3 leaves a version alone while its lock holds.
          noncurrentVersionExpiration: DEFAULTS.audit.noncurrentExpiration,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        }],
        ...props.bucketProps,
      },
    });
    // A second version would keep the first one, but what readers see would be another.
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'WriteOnce',
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [this.arnForObjects('*')],
      conditions: { Null: { 's3:if-none-match': 'true' } },
    }));
    if (lock.defaultRetention !== undefined) {
      this.addToResourcePolicy(neverDelete(this));
    }
  }

  /** Lets the grantee add objects below prefixes, on the condition that there are none yet, and see which there are. Never a deletion. */
  grantAppend(grantee: iam.IGrantable, prefixes: string[]): iam.Grant {
    this.encryptionKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
    const put = iam.Grant.addToPrincipal({
      grantee,
      actions: ['s3:PutObject'],
      resourceArns: prefixes.map((prefix) => this.arnForObjects(`${prefix}*`)),
      conditions: { Null: { 's3:if-none-match': 'false' } },
    });
    // Without the right to list, S3 answers that reading an absent object is forbidden.
    return put.combine(iam.Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [this.bucketArn] }));
  }

  /** Lets the grantee read objects below a prefix of which the key is known. */
  grantGet(grantee: iam.IGrantable, prefix: string): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.arnForObjects(`${prefix}*`)] });
  }
}
