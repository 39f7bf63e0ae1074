import { Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { NetworkFoundation } from '../../../constructs';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `NetworkStack`. */
export interface NetworkStackProps extends ReferenceStackProps {
  /** Key of the flow logs. */
  readonly encryptionKey: kms.IKey;
}

/** The network of all cells. */
export class NetworkStack extends Stack {
  readonly foundation: NetworkFoundation;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    this.foundation = new NetworkFoundation(this, 'Network', { encryptionKey: props.encryptionKey, removalPolicy: props.removalPolicy });
  }
}
