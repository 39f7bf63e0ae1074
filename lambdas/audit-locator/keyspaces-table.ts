import { auth, Client, types } from 'cassandra-driver';
import { type CredentialsProvider, credentialsFromEnvironment } from '../runtime/aws/credentials';
import { challengeResponse, nonceOf, SIGV4_MECHANISM } from './keyspaces-signature';
import type { Locator, LocatorTable } from './locator-table';

export interface KeyspacesTableOptions {
  readonly region: string;
  readonly keyspace: string;
  readonly table: string;
  /** @default - cassandra.<region>.amazonaws.com */
  readonly host?: string;
  /** CQL over TLS. @default 9142 */
  readonly port?: number;
  /** @default - from the environment or the container credentials endpoint */
  readonly credentials?: CredentialsProvider;
  /** How long one write may take. @default 5000 */
  readonly timeoutMilliseconds?: number;
}

/** What the driver hands to an authenticator to answer with. */
type ChallengeCallback = (error: Error | null, response?: Buffer) => void;

/** The part of the driver's client that is used. */
export type CqlClient = Pick<Client, 'execute'>;

/**
 * The table of locators in Amazon Keyspaces, over CQL.
 *
 * @throws Error (add) when the table does not answer, throttles or refuses
 */
export class KeyspacesLocatorTable implements LocatorTable {
  private readonly statement: string;

  public constructor(private readonly client: CqlClient, { keyspace, table }: Pick<KeyspacesTableOptions, 'keyspace' | 'table'>) {
    this.statement = `UPDATE ${quoted(keyspace)}.${quoted(table)} SET objects = objects + ? WHERE merchant_bucket = ? AND day = ? AND minute = ?`;
  }

  public async add({ merchantBucket, day, minute, objects }: Locator): Promise<void> {
    // To add to a set is the same as to add to it twice: the driver may try again by itself.
    await this.client.execute(this.statement, [[...objects], merchantBucket, day, minute], { prepare: true, isIdempotent: true });
  }
}

/** A client of Amazon Keyspaces, signed in by IAM. It connects with its first statement. */
export function keyspacesClient(options: KeyspacesTableOptions): Client {
  const { region, host = `cassandra.${region}.amazonaws.com`, port = 9142, timeoutMilliseconds = 5_000 } = options;
  return new Client({
    contactPoints: [host],
    localDataCenter: region,
    protocolOptions: { port },
    authProvider: new KeyspacesAuthProvider(region, options.credentials ?? credentialsFromEnvironment()),
    // Peers are addresses; the certificate is that of the service. The driver takes any certificate unless told otherwise.
    sslOptions: { host, servername: host, rejectUnauthorized: true },
    // Keyspaces takes writes with this consistency alone.
    queryOptions: { consistency: types.consistencies.localQuorum, prepare: true },
    socketOptions: { readTimeout: timeoutMilliseconds },
  });
}

/** The driver insists on its own class, which its types declare as an interface. */
const DriverAuthProvider = (auth as unknown as { readonly AuthProvider: new () => auth.AuthProvider }).AuthProvider;

/** Signs each connection in with the credentials of its time. */
export class KeyspacesAuthProvider extends DriverAuthProvider {
  public constructor(
    private readonly region: string, private readonly credentials: CredentialsProvider, private readonly now: () => number = Date.now,
  ) {
    super();
  }

  public newAuthenticator(): auth.Authenticator {
    return {
      initialResponse: (callback: ChallengeCallback) => { callback(null, SIGV4_MECHANISM); },
      evaluateChallenge: (challenge: Buffer, callback: ChallengeCallback) => {
        const nonce = nonceOf(challenge);
        if (nonce === undefined) {
          callback(new Error('Keyspaces sent a challenge without a nonce'));
          return;
        }
        Promise.resolve(this.credentials()).then(
          (credentials) => { callback(null, Buffer.from(challengeResponse(nonce, credentials, this.region, this.now()), 'utf8')); },
          (error: Error) => { callback(error); },
        );
      },
      onAuthenticationSuccess: () => undefined,
    };
  }
}

/** A name as CQL takes it whatever its letters. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
