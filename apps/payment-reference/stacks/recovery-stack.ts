import { Arn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AlarmTopic, DataClass, DataKeys, TableReplica } from '../../../constructs';
import type { ReferenceStackProps } from './reference-stack-props';

/** Properties of `RecoveryStack`. */
export interface RecoveryStackProps extends ReferenceStackProps {
  /** Where the system comes back when its region is lost. */
  readonly recoveryRegion: string;
  /** Names the keys: their aliases must be known to stacks of another region. */
  readonly aliasPrefix: string;
}

/** What must be in the recovery region before a table can be copied there: its key; and that of what is logged there. */
export class RecoveryStack extends Stack {
  readonly keys: DataKeys;
  /** Told of what goes wrong here: alarms of the other region cannot reach it. */
  readonly alarmTopic: AlarmTopic;
  /** Copies of tables here. */
  readonly replica: TableReplica;

  constructor(scope: Construct, id: string, props: RecoveryStackProps) {
    super(scope, id, { ...props, env: { region: props.recoveryRegion } });
    this.keys = new DataKeys(this, 'Keys', { dataClasses: [DataClass.LEDGER, DataClass.OPERATIONS], aliasPrefix: props.aliasPrefix, removalPolicy: props.removalPolicy });
    this.alarmTopic = new AlarmTopic(this, 'Alarms', {
      encryptionKey: this.keys.key(DataClass.OPERATIONS), displayName: 'Alarms of the recovery region', removalPolicy: props.removalPolicy,
    });
    this.replica = new TableReplica({
      region: props.recoveryRegion,
      // An alias, because a key's own name is not known outside its region before it is made.
      encryptionKeyArn: Arn.format({ service: 'kms', region: props.recoveryRegion, resource: 'alias', resourceName: `${props.aliasPrefix}/${DataClass.LEDGER.name}` }, this),
    });
  }
}
