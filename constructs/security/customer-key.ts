import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DataClass } from './data-class';
import { DataKeys } from './data-keys';

/**
 * The key that a construct was given, or a new customer managed one of the data class, so that nothing is ever stored under a key
 * that its owner cannot take away.
 */
export function customerKey(scope: Construct, id: string, dataClass: DataClass, given?: kms.IKey, removalPolicy?: RemovalPolicy): kms.IKey {
  return given ?? new DataKeys(scope, id, { dataClasses: [dataClass], removalPolicy }).key(dataClass);
}
