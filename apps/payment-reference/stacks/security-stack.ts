import { Stack } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { AlarmTopic, DataClass, DataKeys } from '../../../constructs';
import type { ReferenceStackProps } from './reference-stack-props';

/** What all other stacks rest on: a key for each class of data, and the topics of all alarms. */
export class SecurityStack extends Stack {
  readonly keys: DataKeys;
  /** Told of each single alarm that goes on or off, and of backups: a chat, a record. */
  readonly alarmTopic: AlarmTopic;
  /** Whom alarms call by how urgent they are; operators subscribe to them. */
  readonly severityTopics: { readonly critical: AlarmTopic; readonly high: AlarmTopic; readonly low: AlarmTopic };

  constructor(scope: Construct, id: string, props: ReferenceStackProps) {
    super(scope, id, props);
    const { removalPolicy } = props;
    // All of them from the first phase on: a key costs a dollar a month, and an export that comes later is none that may go.
    this.keys = new DataKeys(this, 'Keys', {
      removalPolicy,
      dataClasses: [DataClass.EVENTS, DataClass.LEDGER, DataClass.CACHE, DataClass.ARCHIVE, DataClass.CONFIGURATION, DataClass.OPERATIONS],
    });
    const encryptionKey = this.operationsKey;
    const topic = (name: string, displayName: string) => new AlarmTopic(this, name, { encryptionKey, displayName, removalPolicy });
    this.alarmTopic = topic('Alarms', 'Alarms that went on or off');
    this.severityTopics = {
      critical: topic('Critical', 'Money or records are in danger now'),
      high: topic('High', 'To be looked at today'),
      low: topic('Low', 'To be looked at this week'),
    };
  }

  /** Key of streams, queues and what failed on the way. */
  get eventsKey(): kms.IKey {
    return this.keys.key(DataClass.EVENTS);
  }

  /** Key of logs and alarms. */
  get operationsKey(): kms.IKey {
    return this.keys.key(DataClass.OPERATIONS);
  }
}
