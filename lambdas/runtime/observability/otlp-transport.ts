import * as http from 'node:http';
import * as https from 'node:https';
import { type CredentialsProvider, credentialsFromEnvironment } from '../aws/credentials';
import { amzDate, RequestSigner } from '../aws/signature';
import type { SpanTransport } from './spans';

export interface OtlpTransportOptions {
  /** Where the collector listens, such as `http://127.0.0.1:4318`, or `https://xray.eu-west-1.amazonaws.com`. */
  readonly endpoint: string;
  /** How long a request may take. @default 2000 */
  readonly timeoutMilliseconds?: number;
  /** What requests to AWS X-Ray are signed with. @default - from the environment, when the first is made */
  readonly credentials?: CredentialsProvider;
}

/** Host of the endpoint of AWS X-Ray in a region. It takes signed requests only. */
const XRAY_HOST = /^xray\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/;
const PATH = '/v1/traces';

/**
 * Posts spans to an endpoint of the OpenTelemetry protocol over HTTP. Requests to that of AWS X-Ray are signed.
 *
 * @throws Error when the endpoint is no http or https address
 */
export function otlpTransport(options: OtlpTransportOptions): SpanTransport {
  const url = new URL(options.endpoint);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`the endpoint of traces must be an http or https address, got: ${options.endpoint}`);
  }
  const path = url.pathname.replace(/\/$/, '') + PATH;
  const secure = url.protocol === 'https:';
  const agent = secure ? new https.Agent({ keepAlive: true, maxSockets: 1 }) : new http.Agent({ keepAlive: true, maxSockets: 1 });
  const region = XRAY_HOST.exec(url.hostname)?.[1];
  const sign = region === undefined ? undefined : xraySignature(url.host, path, region, options.credentials);
  const timeoutMilliseconds = options.timeoutMilliseconds ?? 2_000;
  return async (body) => {
    const headers = { 'content-type': 'application/json', 'host': url.host };
    const signed = sign === undefined ? headers : await sign(headers, body);
    await new Promise<void>((resolve, reject) => {
      const request = (secure ? https : http).request({
        hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: url.port,
        path,
        method: 'POST',
        agent,
        headers: { ...signed, 'content-length': String(Buffer.byteLength(body)) },
        timeout: timeoutMilliseconds,
      }, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) {
            resolve();
          } else {
            reject(new Error(`the endpoint of traces answered ${status}`));
          }
        });
      });
      request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMilliseconds} ms`)));
      request.on('error', reject);
      request.end(body);
    });
  };
}

type Headers = Readonly<Record<string, string>>;

/**
 * Signs requests to AWS X-Ray.
 *
 * @param given what they are signed with; looked for in the environment if left out, when the first request is made
 */
export function xraySignature(
  host: string, path: string, region: string, given: CredentialsProvider | undefined,
): (headers: Headers, body: string) => Promise<Headers> {
  const signer = new RequestSigner('xray', region);
  let provider = given;
  return async (headers, body) => {
    provider ??= credentialsFromEnvironment();
    const credentials = await provider();
    const all: Record<string, string> = { ...headers, host, 'x-amz-date': amzDate(Date.now()) };
    if (credentials.sessionToken) {
      all['x-amz-security-token'] = credentials.sessionToken;
    }
    return { ...all, authorization: signer.authorization({ method: 'POST', path, headers: all, body }, credentials) };
  };
}
