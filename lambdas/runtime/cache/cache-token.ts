import type { Credentials, CredentialsProvider } from '../aws/credentials';
import { amzDate, RequestSigner } from '../aws/signature';

/** How long Amazon ElastiCache takes a token for, in seconds: no longer than 15 minutes. */
export const TOKEN_SECONDS = 900;

export interface CacheTokenOptions {
  /** Id of the user, which is its name too: ElastiCache demands that of users that authenticate by IAM. */
  readonly user: string;
  /** Id of the replication group, or name of the serverless cache. ElastiCache keeps it in lower case. */
  readonly cacheName: string;
  /** @default false */
  readonly serverless?: boolean;
  /** @default - AWS_REGION */
  readonly region?: string;
  readonly credentials: CredentialsProvider;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** User and password of one authentication. */
export interface CacheLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Makes the password of a cache user that authenticates by IAM: a signed address of the action `connect`, without its scheme. Each
 * authentication gets a token of its own, so that none is ever old; making one is arithmetic and asks nobody.
 *
 * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
 */
export class CacheTokens {
  private readonly signer: RequestSigner;
  private readonly now: () => number;

  /** @throws Error when there is no region */
  public constructor(private readonly options: CacheTokenOptions) {
    const region = options.region ?? process.env.AWS_REGION;
    if (!region) {
      throw new Error('AWS_REGION must be set');
    }
    this.signer = new RequestSigner('elasticache', region);
    this.now = options.now ?? Date.now;
  }

  /** @throws Error when there are no credentials to be had */
  public async login(): Promise<CacheLogin> {
    const provided = this.options.credentials();
    return { username: this.options.user, password: this.token(provided instanceof Promise ? await provided : provided) };
  }

  private token(credentials: Credentials): string {
    const host = this.options.cacheName.toLowerCase();
    const parameters = {
      Action: 'connect',
      User: this.options.user,
      ...(this.options.serverless ? { ResourceType: 'ServerlessCache' } : undefined),
    };
    return `${host}/?${this.signer.presignedQuery({ host, path: '/', parameters }, credentials, amzDate(this.now()), TOKEN_SECONDS)}`;
  }
}
