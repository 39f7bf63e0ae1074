import { Token } from 'aws-cdk-lib';
import { REGION_CODE } from '../../lib/facts/region-code';
import { requirePattern } from '../validation';

/** Properties of `TableReplica`. */
export interface TableReplicaProps {
  /** Region of the replica, another one than that of the stack. */
  readonly region: string;

  /**
   * ARN of a key, or of an alias, in that region: a customer key does not leave its region. It must be there before the table.
   */
  readonly encryptionKeyArn: string;
}

/**
 * A copy of a table in another region, to go on from when the region of the stack is lost. It is there to be read and, after a fenced switch
 * (`ReplicaFence`, `ReplicaPromotion`), to take over: while both regions write, the last write of a row wins and a payment that was counted once
 * is counted twice. So the policy of the copy denies every write until then.
 */
export class TableReplica {
  readonly region: string;
  readonly encryptionKeyArn: string;

  /** @throws Error for something that is no region, or no ARN of KMS. */
  constructor(props: TableReplicaProps) {
    if (Token.isUnresolved(props.region)) {
      throw new Error('`replica.region` must be known at synthesis, got: an unresolved token');
    }
    requirePattern('replica.region', props.region, REGION_CODE, 'a region code such as eu-central-1');
    requirePattern('replica.encryptionKeyArn', props.encryptionKeyArn, /^arn:[^:]+:kms:[^:]+:[^:]*:(key|alias)\/.+$/, 'the ARN of a KMS key or alias');
    this.region = props.region;
    this.encryptionKeyArn = props.encryptionKeyArn;
  }
}
