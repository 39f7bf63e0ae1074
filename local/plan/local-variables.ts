import { localCacheVariables } from './cache-plan';
import { type LocalDatabase, localDatabaseVariables } from './database-plan';
import { localTopicVariables } from './log-plan';

/** Where the parts of a run are. */
export interface LocalPlaces {
  /** URL here of each queue, by its URL in the template. */
  readonly queueUrls: ReadonlyMap<string, string>;
  /** `host:port` here of each cache, by its name. */
  readonly caches: ReadonlyMap<string, string>;
  /** `host:port` here of each cluster of Kafka, by its ARN. */
  readonly brokers: ReadonlyMap<string, string>;
  /** In the order of the template. */
  readonly databases: readonly LocalDatabase[];
}

/**
 * Lead to what does not run here: the collector of spans, and authorities of certificates, which are a file of AWS's own images. The ports of gRPC
 * and of metrics, which nobody calls here, are one and the same for all runs.
 */
const LEFT_OUT: readonly string[] = ['GRPC_PORT', 'METRICS_PORT', 'NODE_EXTRA_CA_CERTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/**
 * Variables of a container or function as in the template, with the places of a run where those of AWS stand.
 *
 * @param clusterArn cluster of Kafka that it uses, where that is known
 */
export function localVariables(
  environment: { readonly [name: string]: string }, places: LocalPlaces, clusterArn?: string,
): { readonly [name: string]: string } {
  const kept = Object.entries(environment).filter(([name]) => !LEFT_OUT.includes(name));
  return {
    ...Object.fromEntries(kept.map(([name, value]) => [name, places.queueUrls.get(value) ?? value])),
    ...localCacheVariables(environment, places.caches),
    ...localTopicVariables(environment, places.brokers, clusterArn),
    ...localDatabaseVariables(environment, places.databases),
  };
}
