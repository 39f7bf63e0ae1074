import type { CredentialsProvider } from '../aws/credentials';
import { amzDate, RequestSigner } from '../aws/signature';

/** How long Amazon RDS takes a token for, in seconds: no longer than 15 minutes. A connection that was made with one outlives it. */
export const DATABASE_TOKEN_SECONDS = 900;

export interface PostgresqlTokenOptions {
  /** As connections name it: the endpoint of the cluster, or of its proxy. A name of one's own for it is not what RDS verifies. */
  readonly host: string;
  /** @default 5432 */
  readonly port?: number;
  /** Database user that was granted `rds_iam`. */
  readonly user: string;
  /** @default - AWS_REGION */
  readonly region?: string;
  readonly credentials: CredentialsProvider;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/**
 * The password of a database user that authenticates by IAM, as the `password` of `PostgresqlConnections`: a signed address of the action
 * `connect`, without its scheme. Each connection gets a token of its own, so that none is ever old; making one is arithmetic, and asks nobody but the
 * credentials.
 *
 * RDS takes it over TLS alone, and up to 200 new connections a second: connections are to be kept.
 *
 * @returns makes a token; throws when there are no credentials to be had
 * @throws Error when there is no region
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.IAMDBAuth.html
 */
export function postgresqlTokens(options: PostgresqlTokenOptions): () => Promise<string> {
  const { host, port = 5_432, user, credentials, now = Date.now } = options;
  const region = options.region ?? process.env.AWS_REGION;
  if (!region) {
    throw new Error('AWS_REGION must be set');
  }
  const signer = new RequestSigner('rds-db', region);
  const address = { host: `${host.toLowerCase()}:${port}`, path: '/', parameters: { Action: 'connect', DBUser: user } };
  return async () => `${address.host}/?${signer.presignedQuery(address, await credentials(), amzDate(now()), DATABASE_TOKEN_SECONDS)}`;
}
