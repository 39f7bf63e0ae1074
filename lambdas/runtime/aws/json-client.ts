import { type CredentialsProvider, credentialsFromEnvironment } from './credentials';
import { AwsConnectionError, AwsServiceError } from './errors';
import type { HttpAnswer } from './http-answer';
import { HttpConnections, type HttpTransport } from './http-connections';
import { jsonBytes } from './json-bytes';
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
export type AwsJsonService = 'dynamodb' | 'kinesis' | 'sqs' | 'states' | 'events' | 'secretsmanager' | 'kms';

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
  /** What carries the signed requests. @default - kept-alive connections to the endpoint, `maximumConnections` of them */
  readonly transport?: HttpTransport;
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
  kms: { target: 'TrentService.', contentType: 'application/x-amz-json-1.1', variable: 'KMS' },
  secretsmanager: { target: 'secretsmanager.', contentType: 'application/x-amz-json-1.1', variable: 'SECRETS_MANAGER' },
} as const;

/**
 * A lean client for the few AWS calls that are made per payment or batch: kept-alive connections, a cached signing
 * key, no middleware. It makes one attempt a call; retries belong to the caller, who knows what may run twice.
 */
export class AwsJsonClient implements AwsCaller {
  private readonly host: string;
  private readonly path: string;
  private readonly transport: HttpTransport;
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
    const url = new URL(endpoint);
    this.host = url.host;
    this.path = url.pathname;
    this.transport = options.transport ?? new HttpConnections(url, maximumConnections);
    this.signer = new RequestSigner(service, region);
    this.credentials = options.credentials ?? credentialsFromEnvironment();
    this.timeoutMilliseconds = options.timeoutMilliseconds ?? DEFAULT_TIMEOUT_MILLISECONDS;
    this.target = PROTOCOL[service].target;
    this.contentType = PROTOCOL[service].contentType;
  }

  public async call<Output>(operation: string, input: object): Promise<Output> {
    const provided = this.credentials();
    const credentials = provided instanceof Promise ? await provided : provided;
    // Signed and copied before anything else can use the space that the bytes lie in.
    const body = jsonBytes(input);
    const headers: Record<string, string> = {
      'content-type': this.contentType,
      'host': this.host,
      'x-amz-date': amzDate(Date.now()),
    };
    if (credentials.sessionToken) {
      headers['x-amz-security-token'] = credentials.sessionToken;
    }
    headers['x-amz-target'] = this.target + operation;
    headers.authorization = this.signer.authorization({ method: 'POST', path: this.path, headers, body }, credentials);
    const request = wholeRequest(this.path, headers, body);
    let answer: HttpAnswer;
    try {
      answer = await this.transport.exchange(request, this.timeoutMilliseconds);
    } catch (error) {
      throw new AwsConnectionError(`${operation}: ${error instanceof Error ? error.message : String(error)}`, error);
    }
    return readAnswer(operation, answer) as Output;
  }

  /** Closes idle and busy connections. Calls under way fail. */
  public close(): void {
    this.transport.close();
  }
}

/** What a header's value may hold here: RFC 9110, section 5.5, without what is not ASCII. */
const SENDABLE = /^[\t\u0020-\u007e]*$/;

/** Head and body in one piece, so that the system is asked once. @throws Error when a header cannot be sent as it is */
function wholeRequest(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Uint8Array {
  let head = `POST ${path} HTTP/1.1\r\n`;
  for (const name in headers) {
    if (!SENDABLE.test(headers[name])) {
      throw new Error(`the header ${name} holds a character that headers cannot have`);
    }
    head += `${name}: ${headers[name]}\r\n`;
  }
  head += `content-length: ${body.length}\r\n\r\n`;
  const request = Buffer.allocUnsafe(head.length + body.length);
  request.write(head, 'latin1');
  request.set(body, head.length);
  return request;
}

/** The answer's JSON, or the service's error thrown. An error page that is not JSON still is a service error. */
function readAnswer(operation: string, { statusCode, text, header }: HttpAnswer): unknown {
  if (statusCode >= 200 && statusCode < 300) {
    try {
      return text === '' ? {} : JSON.parse(text);
    } catch (error) {
      throw new AwsConnectionError(`${operation}: the answer is not JSON`, error);
    }
  }
  let body: Record<string, unknown> = {};
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // A load balancer in between answers in HTML; the status says enough.
  }
  const type = String(body.__type ?? header('x-amzn-errortype') ?? `Http${statusCode}`);
  // "com.amazonaws.dynamodb.v20120810#ThrottlingException:http://…" -> "ThrottlingException"
  const code = type.slice(type.lastIndexOf('#') + 1).split(':', 1)[0];
  throw new AwsServiceError(code, statusCode, String(body.message ?? body.Message ?? ''), body);
}

function publicEndpoint(service: AwsJsonService, region: string): string {
  return `https://${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}
