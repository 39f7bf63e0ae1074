import { Duration, Tags } from 'aws-cdk-lib';
import { ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-SECURITY-007',
  plant: (stack) => Tags.of(new Parts(stack).bucket('Trail')).add('data-class', 'audit'),
  repair: (stack) => {
    const bucket = new Parts(stack).bucket('Trail', { objectLockEnabled: true, objectLockDefaultRetention: ObjectLockRetention.compliance(Duration.days(2555)) });
    Tags.of(bucket).add('data-class', 'audit');
  },
};
