import { hash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { RetryPolicy } from '../retry/retry';
import { type CredentialsProvider, credentialsFromEnvironment } from './credentials';
import { AwsConnectionError, AwsServiceError, isRetryable } from './errors';
import { type ListedObject, readListing, readServiceError } from './object-xml';
import { amzDate, RequestSigner } from './signature';

export { type ListedObject } from './object-xml';

export interface PutOptions {
  /** Writes only where there is no object of that key yet. @default false */
  readonly ifAbsent?: boolean;
  /** @default application/octet-stream */
  readonly contentType?: string;
  /** Time after which no new attempt starts, in milliseconds since 1970. @default - none */
  readonly deadline?: number;
}

export interface ReadOptions {
  /** Time after which no new attempt starts, in milliseconds since 1970. @default - none */
  readonly deadline?: number;
}

/** Objects by key, in one bucket or below one prefix of it. */
export interface ObjectStore {
  /**
   * Writes an object as a whole.
   *
   * @returns `exists` when `ifAbsent` was asked for and there is an object already: after a lost answer it may be the one of this very call
   */
  put(key: string, body: Buffer, options?: PutOptions): Promise<'written' | 'exists'>;
  /** @returns undefined when there is no such object */
  get(key: string, options?: ReadOptions): Promise<Buffer | undefined>;
  /** The objects whose keys begin with the prefix, in the order of their keys' bytes. */
  list(prefix: string, options?: ReadOptions): AsyncIterable<ListedObject>;
}

export interface S3ObjectStoreOptions {
  readonly bucket: string;
  /** @default - AWS_REGION */
  readonly region?: string;
  /** Addressed with the bucket in the path. @default - AWS_ENDPOINT_URL_S3, else AWS_ENDPOINT_URL, else the bucket's own host name */
  readonly endpoint?: string;
  /** @default - from the environment or the container credentials endpoint */
  readonly credentials?: CredentialsProvider;
  /** Connections kept open at most; further calls wait for one. @default 50 */
  readonly maximumConnections?: number;
  /** How long one attempt may take, waiting for a connection included. @default 15000 */
  readonly timeoutMilliseconds?: number;
  /** @default - RetryPolicy with its defaults */
  readonly retry?: RetryPolicy;
}

const DEFAULT_TIMEOUT_MILLISECONDS = 15_000;
/** Another writer of the same key is under way: who asks again sees what became of it. */
const WRITE_CONFLICT = 'ConditionalRequestConflict';

interface ObjectRequest {
  readonly method: 'GET' | 'PUT';
  /** Key of the object; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * A lean client for one S3 bucket: whole objects, signed, with the checksum that a bucket with Object Lock insists on. All three
 * operations may run twice, so that each is repeated after a lost answer.
 *
 * @throws AwsServiceError or AwsConnectionError (each method) when the bucket does not answer, or refuses
 */
export class S3ObjectStore implements ObjectStore {
  private readonly url: URL;
  /** Path of the bucket: with an endpoint of one's own the bucket is no host name. */
  private readonly root: string;
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;
  private readonly signer: RequestSigner;
  private readonly credentials: CredentialsProvider;
  private readonly timeoutMilliseconds: number;
  private readonly retry: RetryPolicy;

  public constructor(options: S3ObjectStoreOptions) {
    const { bucket, maximumConnections = 50 } = options;
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
      throw new Error(`a bucket name must be 3 to 63 lower-case letters, digits, '.' and '-', got: ${bucket}`);
    }
    const region = options.region ?? process.env.AWS_REGION;
    if (!region) {
      throw new Error('AWS_REGION must be set');
    }
    const endpoint = options.endpoint ?? (process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL || undefined);
    this.url = new URL(endpoint ?? `https://${bucket}.s3.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`);
    this.root = endpoint === undefined ? '' : `${this.url.pathname.replace(/\/$/, '')}/${bucket}`;
    const transport = this.url.protocol === 'https:' ? https : http;
    this.request = transport.request;
    this.agent = new transport.Agent({ keepAlive: true, maxSockets: maximumConnections, scheduling: 'lifo' });
    this.signer = new RequestSigner('s3', region);
    this.credentials = options.credentials ?? credentialsFromEnvironment();
    this.timeoutMilliseconds = options.timeoutMilliseconds ?? DEFAULT_TIMEOUT_MILLISECONDS;
    this.retry = options.retry ?? new RetryPolicy();
  }

  public async put(key: string, body: Buffer, options: PutOptions = {}): Promise<'written' | 'exists'> {
    const headers = {
      'content-type': options.contentType ?? 'application/octet-stream',
      // The bucket compares it with what arrives, and keeps it.
      'x-amz-checksum-sha256': hash('sha256', body, 'base64'),
      ...(options.ifAbsent ? { 'if-none-match': '*' } : undefined),
    };
    try {
      await this.call({ method: 'PUT', key, headers, body }, options.deadline);
      return 'written';
    } catch (error) {
      if (options.ifAbsent && error instanceof AwsServiceError && error.statusCode === 412) {
        return 'exists';
      }
      throw error;
    }
  }

  public async get(key: string, options: ReadOptions = {}): Promise<Buffer | undefined> {
    try {
      return await this.call({ method: 'GET', key }, options.deadline);
    } catch (error) {
      if (error instanceof AwsServiceError && error.code === 'NoSuchKey') {
        return undefined;
      }
      throw error;
    }
  }

  public async* list(prefix: string, options: ReadOptions = {}): AsyncGenerator<ListedObject> {
    let token: string | undefined;
    do {
      const query: Record<string, string> = { 'list-type': '2', prefix, ...(token === undefined ? undefined : { 'continuation-token': token }) };
      const page = readListing((await this.call({ method: 'GET', key: '', query }, options.deadline)).toString('utf8'));
      yield* page.objects;
      token = page.continuationToken;
    } while (token !== undefined);
  }

  /** Closes idle and busy connections. Calls under way fail. */
  public close(): void {
    this.agent.destroy();
  }

  private call(request: ObjectRequest, deadline?: number): Promise<Buffer> {
    return this.retry.run(() => this.attempt(request), {
      deadline,
      isRetryable: (error) => isRetryable(error) || (error instanceof AwsServiceError && error.code === WRITE_CONFLICT),
    });
  }

  private async attempt({ method, key, query, headers: extraHeaders, body = Buffer.alloc(0) }: ObjectRequest): Promise<Buffer> {
    const provided = this.credentials();
    const credentials = provided instanceof Promise ? await provided : provided;
    const path = `${this.root}/${key.split('/').map(encoded).join('/')}`;
    const queryText = Object.keys(query ?? {}).sort().map((name) => `${encoded(name)}=${encoded(query![name])}`).join('&');
    const headers: Record<string, string> = {
      'host': this.url.host,
      'x-amz-content-sha256': hash('sha256', body),
      'x-amz-date': amzDate(Date.now()),
      ...(credentials.sessionToken ? { 'x-amz-security-token': credentials.sessionToken } : undefined),
      ...extraHeaders,
    };
    headers.authorization = this.signer.authorization({ method, path, query: queryText, headers, body }, credentials);
    headers['content-length'] = String(body.length);
    return this.send(`${method} ${key || queryText}`, { method, path: queryText === '' ? path : `${path}?${queryText}`, headers }, body);
  }

  private send(name: string, options: http.RequestOptions, body: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        clearTimeout(timer);
        reject(new AwsConnectionError(`${name}: ${error.message}`, error));
      };
      const request = this.request({ ...options, hostname: this.url.hostname, port: this.url.port, agent: this.agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', lost);
        response.on('end', () => {
          clearTimeout(timer);
          const answer = Buffer.concat(chunks);
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) {
            resolve(answer);
          } else {
            reject(readServiceError(status, answer.toString('utf8')));
          }
        });
      });
      request.on('error', lost);
      const timer = setTimeout(() => {
        request.destroy(new Error(`no answer within ${this.timeoutMilliseconds} ms`));
      }, this.timeoutMilliseconds);
      request.end(body);
    });
  }
}

/** As Signature Version 4 wants it: everything but unreserved characters in percent form. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
