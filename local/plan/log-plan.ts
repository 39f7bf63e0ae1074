import type { Topology } from '../../lib/topology';
import { RunError } from '../run/run-error';

/** A topic of Kafka in the template. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  /** The cluster that it is in. */
  readonly clusterArn: string;
}

/**
 * Reads the topics of a topology.
 *
 * @throws RunError for a cluster without any: who makes its topics is not in the template
 */
export function planTopics(topology: Topology): TopicPlan[] {
  const topics = topology.ofType('AWS::MSK::Topic').map(({ physicalName, properties }) => ({
    name: physicalName, partitions: Number(properties.PartitionCount), clusterArn: String(properties.ClusterArn),
  }));
  for (const { arn, constructPath } of topology.ofType('AWS::MSK::Cluster', 'AWS::MSK::ServerlessCluster')) {
    if (!topics.some(({ clusterArn }) => clusterArn === arn)) {
      throw new RunError(`${constructPath} has no AWS::MSK::Topic: the run cannot know the topics of this cluster.`);
    }
  }
  return topics;
}

/**
 * Variables of a client that lead to the Kafka of this run in place of the one in the template: no encryption, and nobody authenticates.
 *
 * @param environment variables as in the template
 * @param brokers `host:port` here of each cluster, by its ARN
 * @param clusterArn the cluster of the client, where that is known
 * @throws RunError where there are several clusters, and nothing tells which one is the client's
 */
export function localTopicVariables(
  environment: { readonly [name: string]: string }, brokers: ReadonlyMap<string, string>, clusterArn?: string,
): { readonly [name: string]: string } {
  if (!('KAFKA_TOPIC' in environment) || brokers.size === 0) {
    return {};
  }
  const local = brokers.size === 1 ? [...brokers.values()][0] : brokers.get(clusterArn ?? '');
  if (local === undefined) {
    throw new RunError(`There are ${brokers.size} clusters of Kafka, and the stack of who uses the topic ${environment.KAFKA_TOPIC} names none of them alone.`);
  }
  return { KAFKA_BROKERS: local, KAFKA_TLS: 'off', KAFKA_AUTHENTICATION: 'none' };
}
