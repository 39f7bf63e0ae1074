import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only temporary credentials have one. */
  readonly sessionToken?: string;
}

/** Where credentials come from. Answers without a promise while it can, because every request asks. */
export type CredentialsProvider = () => Credentials | Promise<Credentials>;

/** Credentials are renewed this long before they expire. */
const REFRESH_AHEAD_MILLISECONDS = 5 * 60_000;
const ENDPOINT_TIMEOUT_MILLISECONDS = 2_000;
/** Address of the credentials endpoint of Amazon ECS, to which the relative URI belongs. */
const CONTAINER_CREDENTIALS_ORIGIN = 'http://169.254.170.2';

/**
 * Credentials as the AWS SDKs look for them on the platforms that this runtime serves: `AWS_ACCESS_KEY_ID` and its
 * companions (AWS Lambda, a laptop), else the container credentials endpoint (Amazon ECS, Amazon EKS Pod Identity).
 *
 * @throws Error when neither is configured
 */
export function credentialsFromEnvironment(variables: NodeJS.ProcessEnv = process.env): CredentialsProvider {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = variables;
  if (accessKeyId && secretAccessKey) {
    const credentials: Credentials = sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey };
    return () => credentials;
  }
  const relative = variables.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;
  const url = relative ? CONTAINER_CREDENTIALS_ORIGIN + relative : variables.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (url) {
    return new ContainerCredentials(url, variables).provider;
  }
  throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, must be set');
}

/** Credentials of a container, renewed before they expire, by one request at a time. */
export class ContainerCredentials {
  private current?: { readonly credentials: Credentials; readonly expiresAt: number };
  private refreshing?: Promise<Credentials>;

  public constructor(
    private readonly url: string,
    private readonly variables: NodeJS.ProcessEnv = process.env,
    private readonly now: () => number = Date.now,
  ) {}

  public readonly provider: CredentialsProvider = () => {
    const current = this.current;
    const now = this.now();
    if (current !== undefined && now < current.expiresAt - REFRESH_AHEAD_MILLISECONDS) {
      return current.credentials;
    }
    this.refreshing ??= this.refresh().finally(() => { this.refreshing = undefined; });
    if (current !== undefined && now < current.expiresAt) {
      // Still good: a slow or failing endpoint costs nothing until they really expire.
      this.refreshing.catch(() => undefined);
      return current.credentials;
    }
    return this.refreshing;
  };

  private async refresh(): Promise<Credentials> {
    const token = this.variables.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
      ? readFileSync(this.variables.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, 'utf8').trim()
      : this.variables.AWS_CONTAINER_AUTHORIZATION_TOKEN;
    const answer = JSON.parse(await get(this.url, token ? { authorization: token } : {})) as Record<string, string>;
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken, Expiration: expiration } = answer;
    const expiresAt = Date.parse(expiration);
    if (!accessKeyId || !secretAccessKey || Number.isNaN(expiresAt)) {
      throw new Error('the container credentials endpoint answered without AccessKeyId, SecretAccessKey and Expiration');
    }
    const credentials: Credentials = { accessKeyId, secretAccessKey, sessionToken };
    this.current = { credentials, expiresAt };
    return credentials;
  }
}

function get(url: string, headers: http.OutgoingHttpHeaders): Promise<string> {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, signal: AbortSignal.timeout(ENDPOINT_TIMEOUT_MILLISECONDS) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) {
          resolve(Buffer.concat(chunks).toString('utf8'));
        } else {
          reject(new Error(`the container credentials endpoint answered ${response.statusCode}`));
        }
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
