import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AwsConnectionError, AwsJsonClient, type AwsJsonService, AwsServiceError, isRetryable, isThrottle,
} from '../../../../lambdas/runtime/aws/json-client';
import { type HttpAnswer, HttpAnswerReader } from '../../../../lambdas/runtime/aws/http-answer';
import type { HttpTransport } from '../../../../lambdas/runtime/aws/http-connections';

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly port: number;
}

describe('AwsJsonClient', () => {
  let server: Server;
  let endpoint: string;
  let seen: Seen[];
  let answer: (response: ServerResponse) => void;
  const clients: AwsJsonClient[] = [];

  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => { body += chunk; });
      request.on('end', () => {
        seen.push({ headers: request.headers, body, port: request.socket.remotePort as number });
        answer(response);
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    clients.splice(0).forEach((client) => client.close());
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });

  function client(service: AwsJsonService = 'dynamodb', timeoutMilliseconds?: number): AwsJsonClient {
    const created = new AwsJsonClient({
      service, region: 'eu-west-1', endpoint, timeoutMilliseconds,
      credentials: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }),
    });
    clients.push(created);
    return created;
  }

  async function failure(call: Promise<unknown>): Promise<Error> {
    return call.then(() => { throw new Error('the call succeeded'); }, (error: Error) => error);
  }

  it.each([
    ['dynamodb', 'DynamoDB_20120810.Operation', 'application/x-amz-json-1.0'],
    ['kinesis', 'Kinesis_20131202.Operation', 'application/x-amz-json-1.1'],
    ['sqs', 'AmazonSQS.Operation', 'application/x-amz-json-1.0'],
  ] as const)('speaks the protocol of %s', async (service, target, contentType) => {
    answer = (response) => response.end('{"text":"ж"}');
    await expect(client(service).call('Operation', { text: 'ж' })).resolves.toEqual({ text: 'ж' });
    expect(seen[0].body).toBe('{"text":"ж"}');
    expect(seen[0].headers).toMatchObject({
      'x-amz-target': target, 'content-type': contentType, 'x-amz-security-token': 'token', 'content-length': '13',
    });
    expect(seen[0].headers.authorization).toMatch(
      new RegExp(`^AWS4-HMAC-SHA256 Credential=AKID/\\d{8}/eu-west-1/${service}/aws4_request, `
        + 'SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$'),
    );
  });

  it('hands the whole signed request to another transport, where it is given one', async () => {
    const requests: string[] = [];
    const transport: HttpTransport = {
      exchange: async (request, timeoutMilliseconds) => {
        requests.push(`${timeoutMilliseconds} ${Buffer.from(request).toString('utf8')}`);
        return new HttpAnswerReader().push(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"text":"a"}')) as HttpAnswer;
      },
      close: () => undefined,
    };
    const carried = new AwsJsonClient({
      service: 'sqs', region: 'eu-west-1', transport, timeoutMilliseconds: 7, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    });
    await expect(carried.call('SendMessage', { text: 'ж' })).resolves.toEqual({ text: 'a' });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatch(/^7 POST \/ HTTP\/1\.1\r\n(?:[a-z0-9-]+: [^\r\n]+\r\n)+content-length: 13\r\n\r\n{"text":"ж"}$/);
    expect(requests[0]).toContain('\r\nhost: sqs.eu-west-1.amazonaws.com\r\n');
  });

  it('sends no header that would end too early', async () => {
    const forged = new AwsJsonClient({
      service: 'sqs', region: 'eu-west-1', endpoint, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c\r\nx-y: z' }),
    });
    clients.push(forged);
    await expect(forged.call('A', {})).rejects.toThrow('the header x-amz-security-token holds a character that headers cannot have');
    expect(seen).toEqual([]);
  });

  it('keeps its connection', async () => {
    answer = (response) => response.end('{}');
    const one = client();
    await one.call('A', {});
    await one.call('B', {});
    expect(seen[0].port).toBe(seen[1].port);
  });

  it('reads an error of the service, without the namespace of its code', async () => {
    answer = (response) => {
      response.statusCode = 400;
      response.end('{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException:http://x","Message":"no","CancellationReasons":[]}');
    };
    const error = await failure(client().call('A', {}));
    expect(error).toBeInstanceOf(AwsServiceError);
    expect(error).toMatchObject({ code: 'TransactionCanceledException', statusCode: 400, body: { CancellationReasons: [] } });
    expect(isRetryable(error)).toBe(false);
  });

  it('reads an answer that is no JSON as an error of the service when the status says so', async () => {
    answer = (response) => {
      response.statusCode = 503;
      response.end('<html>');
    };
    const error = await failure(client().call('A', {}));
    expect(error).toMatchObject({ code: 'Http503', statusCode: 503 });
    expect(isRetryable(error)).toBe(true);
  });

  it.each([
    ['a connection that breaks', (response: ServerResponse) => response.destroy()],
    ['an answer that is cut off', (response: ServerResponse) => {
      response.setHeader('content-length', '100');
      response.write('{"a":');
      setTimeout(() => response.destroy(), 10);
    }],
    ['a success that is no JSON', (response: ServerResponse) => response.end('{"a":')],
    ['an answer that takes too long', () => undefined],
  ])('answers %s with a connection error', async (_name, spoil) => {
    answer = spoil;
    const error = await failure(client('dynamodb', 200).call('A', {}));
    expect(error).toBeInstanceOf(AwsConnectionError);
    expect(isRetryable(error)).toBe(true);
    expect(isThrottle(error)).toBe(false);
  });

  it('answers with a connection error where nobody listens', async () => {
    const nobody = new AwsJsonClient({
      service: 'sqs', region: 'eu-west-1', endpoint: 'http://127.0.0.1:1', credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    });
    clients.push(nobody);
    expect(await failure(nobody.call('A', {}))).toBeInstanceOf(AwsConnectionError);
  });

  it('takes region, endpoint and credentials from the environment, as the SDK does', async () => {
    answer = (response) => response.end('{}');
    const before = { ...process.env };
    try {
      delete process.env.AWS_REGION;
      expect(() => new AwsJsonClient({ service: 'kinesis' })).toThrow('AWS_REGION must be set');
      Object.assign(process.env, {
        AWS_REGION: 'eu-north-1', AWS_ENDPOINT_URL_KINESIS: endpoint, AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'x',
      });
      delete process.env.AWS_SESSION_TOKEN;
      const created = new AwsJsonClient({ service: 'kinesis' });
      clients.push(created);
      await created.call('A', {});
    } finally {
      process.env = before;
    }
    expect(seen[0].headers.authorization).toContain('Credential=ENV/');
    expect(seen[0].headers.authorization).toContain('/eu-north-1/kinesis/');
    expect(seen[0].headers).not.toHaveProperty('x-amz-security-token');
  });
});

describe('errors', () => {
  it('tells throttles from other errors that pass', () => {
    expect(isThrottle(new AwsServiceError('ProvisionedThroughputExceededException', 400, ''))).toBe(true);
    expect(isThrottle(new AwsServiceError('Anything', 429, ''))).toBe(true);
    expect(isThrottle(new AwsServiceError('InternalServerError', 500, ''))).toBe(false);
    expect(isRetryable(new AwsServiceError('TransactionConflict', 400, ''))).toBe(true);
    expect(isRetryable(new AwsServiceError('ValidationException', 400, ''))).toBe(false);
    expect(isRetryable(new Error('a defect'))).toBe(false);
  });
});
