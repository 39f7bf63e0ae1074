import type { TopologyResource } from '../../../topology';
import type { Finding, Rule } from '../../rule';
import { flagOf, listOf, objectOf } from '../../views/values';

export const auditLock: Rule = {
  id: 'HT-SECURITY-007',
  severity: 'warning',
  what: 'Evidence lies in a bucket that is not locked.',
  why: 'Whoever can delete objects can delete what they did. Auditors do not accept a trail that its subject can change.',
  fix: 'Set ObjectLockEnabled and a default retention (ObjectLockConfiguration.Rule.DefaultRetention) when the bucket is made.',
  source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html',
  *check({ topology }): Iterable<Finding> {
    for (const resource of topology.ofType('AWS::S3::Bucket')) {
      const lock = objectOf(resource.properties.ObjectLockConfiguration);
      const locked = flagOf(resource.properties.ObjectLockEnabled) === true && objectOf(lock.Rule).DefaultRetention !== undefined;
      const tag = auditTag(resource);
      if (tag !== undefined && !locked) {
        yield { resource, property: 'Properties.ObjectLockConfiguration', message: `the bucket is tagged ${tag} and keeps nothing by force` };
      }
    }
  },
};

/** The tag that says that a bucket holds evidence. */
function auditTag(bucket: TopologyResource): string | undefined {
  const tags = listOf(bucket.properties.Tags).map(objectOf)
    .map(({ Key, Value }) => ({ key: String(Key).toLowerCase(), value: String(Value).toLowerCase() }));
  const found = tags.find(({ key, value }) => /^(.*:)?data-?(class|classification)$/.test(key) && /^(audit|evidence)/.test(value));
  return found && `${found.key}=${found.value}`;
}
