import { Stack, Token } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { TableReplica } from './table-replica';

/**
 * CDK's table under a customer key, its copy under a key of its own region.
 *
 * @throws Error for a replica in a stack whose region is open: CDK writes a replica beside the name of the stack's region.
 */
export function tableUnderKey(
  scope: Construct, id: string, key: kms.IKey, replica: TableReplica | undefined, props: dynamodb.TablePropsV2,
): dynamodb.TableV2 {
  if (!Token.isUnresolved(Stack.of(scope).region)) {
    const encryption = dynamodb.TableEncryptionV2.customerManagedKey(key, replica && { [replica.region]: replica.encryptionKeyArn });
    return new dynamodb.TableV2(scope, id, { encryption, ...props });
  }
  if (replica !== undefined) {
    throw new Error('`env.region` of the stack must be known for a table with a replica, got: an unresolved token');
  }
  // CDK names a customer key beside the name of the region only, which is not known here. CloudFormation does not ask for it.
  const table = new dynamodb.TableV2(scope, id, { encryption: dynamodb.TableEncryptionV2.awsManagedKey(), ...props });
  (table.node.defaultChild as dynamodb.CfnGlobalTable).addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: key.keyArn });
  return table;
}
