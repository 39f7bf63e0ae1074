import { type Amount, times } from '../amount';
import type { Charge } from '../charge';
import type { MeterName } from '../meters';
import { UnpricedError } from '../unpriced-error';
import { bucketUsage, vendedGigabytes } from '../usage/buckets';
import type { TopologyResource } from '../../topology';
import { charge, type Pricer } from './pricer';

interface StorageClass {
  readonly kept: MeterName;
  /** What moving an object into it costs. */
  readonly transition?: MeterName;
}

const CLASSES: { readonly [name: string]: StorageClass } = {
  STANDARD: { kept: 's3.standard' },
  STANDARD_IA: { kept: 's3.infrequent', transition: 's3.toInfrequent' },
  ONEZONE_IA: { kept: 's3.oneZone', transition: 's3.toInfrequent' },
  GLACIER_IR: { kept: 's3.glacierInstant', transition: 's3.toGlacierInstant' },
  GLACIER: { kept: 's3.glacierFlexible', transition: 's3.toGlacierFlexible' },
  DEEP_ARCHIVE: { kept: 's3.deepArchive', transition: 's3.toDeepArchive' },
};

/** Buckets: what is kept in each storage class, requests, and moves between classes. */
export const bucketPricer: Pricer = {
  types: ['AWS::S3::Bucket'],
  price(resource, model) {
    const usage = bucketUsage(model, resource);
    const vended = vendedGigabytes(model, resource);
    const stays = [{ storageClass: 'STANDARD', afterMonths: 0 }, ...usage.transitions];
    const kept = stays.flatMap(({ storageClass, afterMonths }, index): Charge[] => {
      const until = Math.min(usage.keptMonths, stays[index + 1]?.afterMonths ?? Infinity);
      return stay(resource, storageClass, times(usage.gigabytesPerMonth, Math.max(0, until - afterMonths), `${usage.gigabytesPerMonth.why}; what has come together`),
        usage.keptMonths > afterMonths && index > 0 ? usage.movingObjectsPerMonth : undefined);
    });
    return [
      charge(resource, 'objects written', 's3.puts', usage.objectsPerMonth),
      ...(vended === undefined ? [] : [charge(resource, 'delivery of logs', 'logs.vendedToBucket', vended)]),
      ...kept,
    ];
  },
};

function stay(resource: TopologyResource, storageClass: string, gigabytes: Amount, moved: Amount | undefined): Charge[] {
  const meters = CLASSES[storageClass];
  if (meters === undefined) {
    throw new UnpricedError(`there is no price of the storage class ${storageClass}`);
  }
  return [
    charge(resource, `storage ${storageClass}`, meters.kept, gigabytes),
    ...(moved === undefined || meters.transition === undefined ? [] : [charge(resource, `moves to ${storageClass}`, meters.transition, moved)]),
  ];
}
