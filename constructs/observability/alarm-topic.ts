import { RemovalPolicy } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { letPublish } from './topic-policy';

/** Properties of `AlarmTopic`. */
export interface AlarmTopicProps {
  /** Key of the topic. Its policy must name `cloudwatch.amazonaws.com`, as that of `DataClass.OPERATIONS` does. */
  readonly encryptionKey: kms.IKey;

  /**
   * What receivers see as the sender.
   *
   * @default - the topic's name
   */
  readonly displayName?: string;

  /**
   * What becomes of the topic, with its subscriptions, when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** A topic that the alarms of this account may publish to, under a customer key, over TLS alone. */
export class AlarmTopic extends sns.Topic {
  constructor(scope: Construct, id: string, props: AlarmTopicProps) {
    super(scope, id, { masterKey: props.encryptionKey, displayName: props.displayName, enforceSSL: true });
    this.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);
    // A policy of one's own takes the place of the one by which whatever belongs to the account may publish.
    letPublish(this, ['cloudwatch.amazonaws.com'], 'AlarmsOfThisAccount');
  }
}
