import { Fn } from 'aws-cdk-lib';

/** Names of what lies in a cluster, made of the cluster's own: `arn:…:cluster/name/uuid`. */
export class KafkaArns {
  /** Name of the cluster, as CloudWatch knows it. */
  readonly clusterName: string;

  constructor(readonly clusterArn: string) {
    this.clusterName = Fn.select(1, Fn.split('/', clusterArn));
  }

  /** A topic. */
  topic(name: string): string {
    return `${this.within('topic')}/${name}`;
  }

  /** A consumer group; `*` for any. */
  group(name: string): string {
    return `${this.within('group')}/${name}`;
  }

  private within(kind: string): string {
    return Fn.join(`:${kind}/`, Fn.split(':cluster/', this.clusterArn));
  }
}
