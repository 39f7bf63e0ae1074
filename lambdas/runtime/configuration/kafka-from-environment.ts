import { credentialsFromEnvironment } from '../aws/credentials';
import type { KafkaConnectionOptions } from '../kafka/kafka-connection';
import { MskIamToken } from '../kafka/msk-iam-token';
import { endpointsFromEnvironment } from './endpoints-from-environment';
import type { Environment } from './environment';
import { tlsFromEnvironment } from './file-from-environment';

/**
 * The Kafka that these variables describe: by default one of Amazon MSK, with IAM.
 *
 * - `KAFKA_BROKERS`: `host:port`, separated by commas
 * - `KAFKA_TLS`: `system` (default), `off`, or the path of a file with the authorities that sign the brokers' certificates
 * - `KAFKA_AUTHENTICATION`: `iam` (default; needs `AWS_REGION` and credentials) or `none`
 * - `HOSTNAME`: name under which the brokers log and limit this client, that of the pod
 *
 * @param service name of the client where there is no HOSTNAME
 * @throws Error naming the variable that is missing or malformed
 */
export function kafkaFromEnvironment(environment: Environment, service: string): KafkaConnectionOptions {
  const brokers = endpointsFromEnvironment(environment, 'KAFKA_BROKERS').map(({ host, port }) => `${host}:${port}`);
  const tls = tlsFromEnvironment(environment, 'KAFKA_TLS');
  const authentication = environment.oneOf('KAFKA_AUTHENTICATION', ['iam', 'none'], 'iam');
  if (authentication === 'iam' && tls === 'off') {
    throw new Error('KAFKA_AUTHENTICATION must be none where KAFKA_TLS is off: whoever reads along could use the token, got: iam');
  }
  return {
    brokers,
    clientId: environment.optionalText('HOSTNAME') ?? service,
    tls,
    ...(authentication === 'iam' && {
      token: new MskIamToken({ region: environment.text('AWS_REGION'), credentials: credentialsFromEnvironment() }).token,
    }),
  };
}
