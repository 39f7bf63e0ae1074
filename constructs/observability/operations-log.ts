import { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Properties of `OperationsLog`. */
export interface OperationsLogProps {
  /** Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does. */
  readonly encryptionKey: kms.IKey;

  /**
   * How long lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly retention?: logs.RetentionDays;

  /**
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** A log group under a customer key, kept for as long as audits ask. */
export class OperationsLog extends logs.LogGroup {
  constructor(scope: Construct, id: string, props: OperationsLogProps) {
    super(scope, id, {
      encryptionKey: props.encryptionKey,
      retention: props.retention ?? logs.RetentionDays.ONE_YEAR,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
  }
}
