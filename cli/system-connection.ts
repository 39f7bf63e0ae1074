import { credentialsFromEnvironment } from '../lambdas/runtime/aws/credentials';
import { AwsConnectionError, AwsServiceError } from '../lambdas/runtime/aws/errors';
import { AwsJsonClient, type AwsJsonService } from '../lambdas/runtime/aws/json-client';
import { S3ObjectStore } from '../lambdas/runtime/aws/object-store';
import { Environment } from '../lambdas/runtime/configuration/environment';
import { RunError } from '../local/run/run-error';
import type { Variables } from './running-system';

/** What an operator command has to say when the system does not let it go on. */
export interface ConnectionAdvice {
  /** What to do when a variable is missing or malformed. */
  readonly onMissing: string;
  /** What a call that failed leaves behind. */
  readonly onFailure: string;
}

/** The system that variables describe, and clients of its services. */
export interface SystemConnection {
  readonly environment: Environment;
  /** A client that is closed with the work. @throws Error when region or credentials are not set */
  client(service: AwsJsonService): AwsJsonClient;
  /** A bucket, of which the client is closed with the work. @throws Error when region or credentials are not set, or the name is none of a bucket */
  bucket(name: string): S3ObjectStore;
  /** A variable that is missing is for the person at the keyboard to set. @throws RunError for what `make` throws, with what to do about it */
  described<Value>(make: () => Value): Value;
}

/**
 * Runs work on the system that variables describe, and closes its clients.
 *
 * @throws RunError when the system does not answer or refuses
 */
export async function withConnection<Result>(
  variables: Variables, advice: ConnectionAdvice, work: (connection: SystemConnection) => Promise<Result>,
): Promise<Result> {
  const environment = new Environment(variables);
  const clients: { close(): void }[] = [];
  const keep = <Client extends { close(): void }>(client: Client): Client => {
    clients.push(client);
    return client;
  };
  const options = (service: string) => ({
    region: environment.text('AWS_REGION'),
    endpoint: environment.optionalText(`AWS_ENDPOINT_URL_${service.toUpperCase()}`) ?? environment.optionalText('AWS_ENDPOINT_URL'),
    credentials: credentialsFromEnvironment(variables as NodeJS.ProcessEnv),
  });
  try {
    return await work({
      environment,
      client: (service) => keep(new AwsJsonClient({ service, ...options(service) })),
      bucket: (bucket) => keep(new S3ObjectStore({ bucket, ...options('s3') })),
      described: (make) => {
        try {
          return make();
        } catch (error) {
          throw new RunError(`${(error as Error).message}: ${advice.onMissing}.`);
        }
      },
    });
  } catch (error) {
    if (error instanceof AwsServiceError || error instanceof AwsConnectionError) {
      throw new RunError(`${error.message}. ${advice.onFailure}`);
    }
    throw error;
  } finally {
    clients.forEach((client) => client.close());
  }
}
