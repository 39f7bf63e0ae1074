import { createHash } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';

/** An error that an engine answered with. */
export class LocalAwsError extends Error {
  constructor(
    /** Without the namespace, e.g. `ExpiredIteratorException`. */
    readonly code: string,
    message: string,
    /** Status of the HTTP answer. */
    readonly statusCode: number,
  ) {
    super(message);
    this.name = code;
  }
}

export interface LocalAwsClientProps {
  /** E.g. `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  /** Name of the service in a signature, e.g. `dynamodb`. */
  readonly service: string;
  /** What stands before the operation in the header X-Amz-Target, e.g. `DynamoDBStreams_20120810`. */
  readonly targetPrefix: string;
  /** @default '1.0' */
  readonly jsonVersion?: '1.0' | '1.1';
  /** @default 'us-east-1' */
  readonly region?: string;
}

/**
 * Calls the engines of a local run in the AWS JSON protocol. Requests carry an Authorization header of the right form, which the
 * engines do not check, so it holds a digest and no signature.
 */
export class LocalAwsClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly props: LocalAwsClientProps) {}

  /**
   * Makes one call, without retries.
   *
   * @throws LocalAwsError for an error answer
   * @throws Error when there is no answer, or the signal was aborted
   */
  async call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output> {
    const body = Buffer.from(JSON.stringify(input));
    const { statusCode, text } = await this.post(operation, body, signal);
    const output = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    if (statusCode !== 200) {
      const code = String(output.__type ?? 'UnknownError').replace(/^.*#/, '');
      throw new LocalAwsError(code, String(output.message ?? output.Message ?? text), statusCode);
    }
    return output as Output;
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }

  private post(operation: string, body: Buffer, signal: AbortSignal | undefined): Promise<{ readonly statusCode: number; readonly text: string }> {
    const { endpoint, targetPrefix, jsonVersion } = this.props;
    const headers = {
      'content-type': `application/x-amz-json-${jsonVersion ?? '1.0'}`,
      'content-length': body.length,
      'x-amz-target': `${targetPrefix}.${operation}`,
      ...this.authorization(body),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(endpoint, { method: 'POST', agent: this.agent, headers, signal }, (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  private authorization(body: Buffer): { readonly [header: string]: string } {
    const { service, region } = this.props;
    const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
    const credential = `local/${date.slice(0, 8)}/${region ?? 'us-east-1'}/${service}/aws4_request`;
    const digest = createHash('sha256').update(body).digest('hex');
    return {
      'x-amz-date': date,
      'authorization': `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${digest}`,
    };
  }
}
