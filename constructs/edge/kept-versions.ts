import type { Duration } from 'aws-cdk-lib';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { DEFAULTS } from '../defaults';

/** Properties of a bucket of logs whose objects can be brought back for a while after somebody wrote over them or deleted them. */
export function keptVersions(expiration: Duration): s3.BucketProps {
  return {
    versioned: true,
    lifecycleRules: [{
      id: 'expire',
      expiration,
      noncurrentVersionExpiration: DEFAULTS.audit.noncurrentExpiration,
      abortIncompleteMultipartUploadAfter: expiration,
    }],
  };
}
