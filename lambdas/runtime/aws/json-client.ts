import * as http from 'node:http';
import * as https from 'node:https';
import { type CredentialsProvider, credentialsFromEnvironment } from './credentials';
import { AwsConnectionError, AwsServiceError } from './errors';
import { amzDate, RequestSigner } from './signature';

export { AwsConnectionError, AwsServiceError, isRetryable, isThrottle } from './errors';

/** One attempt of one operation of an AWS service. What the rest of the runtime depends on. */
export interface AwsCaller {
  /**
   * @param operation name of the operation, such as `PutRecords`
   * @param input its parameters; blobs are base64 text, as the JSON protocol wants them
   * @throws AwsServiceError when the service answers with an error
   * @throws AwsConnectionError when no complete answer came: the effect is unknown
   */
  call<Output>(operation: string, input: object): Promise<Output>;
}

/** Services that speak the AWS JSON protocol and that handlers call; `states` is AWS Step Functions, `events` Amazon EventBridge. */
export type AwsJsonService = 'dynamodb' | 'kinesis' | 'sqs' | 'states' | 'events' | 'secretsmanager';

export interface AwsJsonClientOptions {
  readonly service: AwsJsonService;
  /** @default - AWS_REGION */
  readonly region?: string;
  /** @default - AWS_ENDPOINT_URL_<SERVICE>, as the AWS SDKs name it, else AWS_ENDPOINT_URL, else the public endpoint of the region */
  readonly endpoint?: string;
  /** @default - from the environment or the container credentials endpoint */
  readonly credentials?: CredentialsProvider;
  /** Connections kept open at most; further calls wait for one. @default 50 */
  readonly maximumConnections?: number;
  /** How long one attempt may take, waiting for a connection included. @default 3000 */
  readonly timeoutMilliseconds?: number;
}

/** How long an attempt of a call may take unless the caller says otherwise. */
export const DEFAULT_TIMEOUT_MILLISECONDS = 3_000;

/** How a service is spoken to. `variable` is the end of AWS_ENDPOINT_URL_…: the service's id in the AWS SDKs. */
const PROTOCOL = {
  dynamodb: { target: 'DynamoDB_20120810.', contentType: 'application/x-amz-json-1.0', variable: 'DYNAMODB' },
  kinesis: { target: 'Kinesis_20131202.', contentType: 'application/x-amz-json-1.1', variable: 'KINESIS' },
  sqs: { target: 'AmazonSQS.', contentType: 'application/x-amz-json-1.0', variable: 'SQS' },
  states: { target: 'AWSStepFunctions.', contentType: 'application/x-amz-json-1.0', variable: 'SFN' },
  events: { target: 'AWSEvents.', contentType: 'application/x-amz-json-1.1', variable: 'EVENTBRIDGE' },
  secretsmanager: { target: 'secretsmanager.', contentType: 'application/x-amz-json-1.1', variable: 'SECRETS_MANAGER' },
} as const;

/**
 * A lean client for the few AWS calls that are made per payment or batch: kept-alive connections, a cached signing
 * key, no middleware. It makes one attempt a call; retries belong to the caller, who knows what may run twice.
 */
export class AwsJsonClient implements AwsCaller {
  private readonly url: URL;
  private readonly agent: http.Agent;
  private readonly request: typeof http.request;
  private readonly signer: RequestSigner;
  private readonly credentials: CredentialsProvider;
  private readonly timeoutMilliseconds: number;
  private readonly target: string;
  private readonly contentType: string;

  public constructor(options: AwsJsonClientOptions) {
    const { service, maximumConnections = 50 } = options;
    const region = options.region ?? process.env.AWS_REGION;
    if (!region) {
      throw new Error('AWS_REGION must be set');
    }
    const endpoint = options.endpoint
      ?? (process.env[`AWS_ENDPOINT_URL_${PROTOCOL[service].variable}`] || process.env.AWS_ENDPOINT_URL || publicEndpoint(service, region));
    this.url = new URL(endpoint);
    const transport = this.url.protocol === 'https:' ? https : http;
    this.request = transport.request;
    // The connection used last is the least likely to have been closed by the other side meanwhile.
    this.agent = new transport.Agent({ keepAlive: true, maxSockets: maximumConnections, scheduling: 'lifo' });
    this.signer = new RequestSigner(service, region);
    this.credentials = options.credentials ?? credentialsFromEnvironment();
    this.timeoutMilliseconds = options.timeoutMilliseconds ?? DEFAULT_TIMEOUT_MILLISECONDS;
    this.target = PROTOCOL[service].target;
    this.contentType = PROTOCOL[service].contentType;
  }

  public async call<Output>(operation: string, input: object): Promise<Output> {
    const body = JSON.stringify(input);
    const provided = this.credentials();
    const credentials = provided instanceof Promise ? await provided : provided;
    const headers: Record<string, string> = {
      'content-type': this.contentType,
      'host': this.url.host,
      'x-amz-date': amzDate(Date.now()),
      'x-amz-target': this.target + operation,
    };
    if (credentials.sessionToken) {
      headers['x-amz-security-token'] = credentials.sessionToken;
    }
    headers.authorization = this.signer.authorization({ method: 'POST', path: this.url.pathname, headers, body }, credentials);
    headers['content-length'] = String(Buffer.byteLength(body));
    return this.send(operation, headers, body) as Promise<Output>;
  }

  /** Closes idle and busy connections. Calls under way fail. */
  public close(): void {
    this.agent.destroy();
  }

  private send(operation: string, headers: Record<string, string>, body: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const lost = (error: unknown): void => {
        clearTimeout(timer);
        const reason = error instanceof Error ? error.message : String(error);
        reject(new AwsConnectionError(`${operation}: ${reason}`, error));
      };
      const request = this.request({
        hostname: this.url.hostname,
        port: this.url.port,
        path: this.url.pathname,
        method: 'POST',
        agent: this.agent,
        headers,
      }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => { text += chunk; });
        response.on('error', lost);
        response.on('end', () => {
          clearTimeout(timer);
          try {
            resolve(readAnswer(response, text));
          } catch (error) {
            reject(error instanceof AwsServiceError ? error : new AwsConnectionError(`${operation}: the answer is not JSON`, error));
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

/** The answer's JSON, or the service's error thrown. An error page that is not JSON still is a service error. */
function readAnswer(response: http.IncomingMessage, text: string): unknown {
  const statusCode = response.statusCode ?? 0;
  if (statusCode >= 200 && statusCode < 300) {
    return text === '' ? {} : JSON.parse(text);
  }
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A load balancer in between answers in HTML; the status says enough.
  }
  const type = String(body.__type ?? response.headers['x-amzn-errortype'] ?? `Http${statusCode}`);
  // "com.amazonaws.dynamodb.v20120810#ThrottlingException:http://…" -> "ThrottlingException"
  const code = type.slice(type.lastIndexOf('#') + 1).split(':', 1)[0];
  throw new AwsServiceError(code, statusCode, String(body.message ?? body.Message ?? ''), body);
}

function publicEndpoint(service: AwsJsonService, region: string): string {
  return `https://${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}
