import { type CredentialsProvider } from '../aws/credentials';
import { amzDate, RequestSigner } from '../aws/signature';

export interface MskIamTokenOptions {
  /** Region of the cluster, such as `eu-central-1`. */
  readonly region: string;
  readonly credentials: CredentialsProvider;
  /** How long a token is good for, in seconds, from 1 to 900: what MSK takes. @default 900 */
  readonly lifetimeSeconds?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** A token is made anew when this part of its life is over, so that one that is handed out is good for a while. */
const RENEWED_AFTER = 0.8;

const LONGEST_SECONDS = 900;

/**
 * Tokens with which a client says who it is to Amazon MSK: SASL/OAUTHBEARER with IAM access control. A token is an address, signed with Signature
 * Version 4, that would make the action `kafka-cluster:Connect`; the client asks for one at each connection and again before a session ends.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html and github.com/aws/aws-msk-iam-sasl-signer-js, whose form this is
 */
export class MskIamToken {
  private readonly signer: RequestSigner;
  private readonly lifetimeSeconds: number;
  private readonly now: () => number;
  private current?: { readonly token: string; readonly renewAt: number; readonly accessKeyId: string };

  /** @throws RangeError when the lifetime is out of its range */
  public constructor(private readonly options: MskIamTokenOptions) {
    const { lifetimeSeconds = LONGEST_SECONDS, region } = options;
    if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > LONGEST_SECONDS) {
      throw new RangeError(`\`lifetimeSeconds\` must be a whole number between 1 and ${LONGEST_SECONDS}, got: ${lifetimeSeconds}`);
    }
    if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
      throw new RangeError(`\`region\` must be the name of a region such as eu-central-1, got: ${region}`);
    }
    this.signer = new RequestSigner('kafka-cluster', region);
    this.lifetimeSeconds = lifetimeSeconds;
    this.now = options.now ?? Date.now;
  }

  /** A token that is good for at least a fifth of its lifetime. @throws Error when there are no credentials */
  public readonly token = async (): Promise<string> => {
    const credentials = await this.options.credentials();
    const now = this.now();
    const { current } = this;
    if (current !== undefined && now < current.renewAt && current.accessKeyId === credentials.accessKeyId) {
      return current.token;
    }
    const host = `kafka.${this.options.region}.amazonaws.com`;
    const parameters = { Action: 'kafka-cluster:Connect' };
    const query = this.signer.presignedQuery({ host, path: '/', parameters }, credentials, amzDate(now), this.lifetimeSeconds);
    // It is not signed: MSK writes it into its logs.
    const address = `https://${host}/?${query}&User-Agent=cdk-high-throughput`;
    const token = Buffer.from(address, 'utf8').toString('base64url');
    this.current = { token, renewAt: now + this.lifetimeSeconds * RENEWED_AFTER * 1_000, accessKeyId: credentials.accessKeyId };
    return token;
  };
}
