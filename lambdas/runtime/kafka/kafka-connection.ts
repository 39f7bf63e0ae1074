import type { BaseOptions } from '@platformatic/kafka' with { 'resolution-mode': 'import' };

/** How a Kafka is reached. */
export interface KafkaConnectionOptions {
  /** Addresses to begin with, such as `b-1.payments.example.com:9098`. The cluster tells the others. */
  readonly brokers: readonly string[];
  /** Name under which the brokers log and limit this client: without spaces. @default cdk-high-throughput */
  readonly clientId?: string;
  /** Authorities that sign the brokers' certificates, as PEM; `system`: those of Node.js, as for Amazon MSK. `off`: for a broker on this machine. */
  readonly tls: { readonly authorities: string } | 'system' | 'off';
  /** Tells who this client is, by SASL/OAUTHBEARER, such as `MskIamToken`. Asked at each connection. @default - it does not say who it is */
  readonly token?: () => Promise<string>;
  /** How long a request may take, in milliseconds. @default 10000 */
  readonly requestMilliseconds?: number;
}

/** The client, which is read when a Kafka is first used: bundles and processes without one do not carry it. */
export function kafkaClient(): Promise<typeof import('@platformatic/kafka', { with: { 'resolution-mode': 'import' } })> {
  return import('@platformatic/kafka');
}

/**
 * What the client calls its options. It tries nothing again by itself: who uses it knows what may be repeated.
 *
 * @throws RangeError when there is no broker, or a token would go over the network in the clear
 */
export function clientOptions(options: KafkaConnectionOptions): BaseOptions {
  const { brokers, clientId = 'cdk-high-throughput', requestMilliseconds = 10_000, tls, token } = options;
  if (brokers.length === 0 || brokers.some((broker) => !/^[^\s:]+:\d+$/.test(broker))) {
    throw new RangeError(`\`brokers\` must be one or more of the form host:port, got: ${brokers.join(',')}`);
  }
  if (token !== undefined && tls === 'off') {
    throw new RangeError('`tls` must not be off with `token`, which whoever reads along could use, got: off');
  }
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    timeout: requestMilliseconds,
    requestTimeout: requestMilliseconds,
    connectTimeout: 5_000,
    ...(tls !== 'off' && { tls: { rejectUnauthorized: true, ...(tls !== 'system' && { ca: tls.authorities }) }, tlsServerName: true }),
    ...(token !== undefined && { sasl: { mechanism: 'OAUTHBEARER', token } }),
  };
}

/** Whether an error of the client, or one that it was made of, is one of the protocol's by name. */
export function isKafkaError(error: unknown, ...names: readonly string[]): boolean {
  const { findBy } = (error ?? {}) as { findBy?: (property: string, value: unknown) => unknown };
  return typeof findBy === 'function' && names.some((name) => Boolean(findBy.call(error, 'apiId', name)));
}

/** Something thrown as an error. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
