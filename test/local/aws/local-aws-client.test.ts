import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LocalAwsClient, LocalAwsError } from '../../../local/aws/local-aws-client';

describe('LocalAwsClient', () => {
  let server: Server;
  let endpoint: string;
  let answer: { status: number; body: string };
  let headers: IncomingHttpHeaders;
  let connections: number;

  beforeEach(async () => {
    answer = { status: 200, body: '{"ok":true}' };
    connections = 0;
    server = createServer((request, response) => {
      ({ headers } = request);
      request.resume();
      request.on('end', () => response.writeHead(answer.status).end(answer.body));
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  });

  const client = (): LocalAwsClient => new LocalAwsClient({ endpoint, service: 'kinesis', targetPrefix: 'Kinesis_20131202', jsonVersion: '1.1', region: 'eu-west-1' });

  it('calls an operation over one kept connection', async () => {
    const lean = client();
    expect(await lean.call('ListStreams', { Limit: 1 })).toEqual({ ok: true });
    expect(await lean.call('ListStreams', {})).toEqual({ ok: true });
    expect(headers).toMatchObject({
      'x-amz-target': 'Kinesis_20131202.ListStreams',
      'content-type': 'application/x-amz-json-1.1',
      'authorization': expect.stringContaining('/eu-west-1/kinesis/aws4_request'),
    });
    expect(connections).toBe(1);
    lean.close();
  });

  it.each([
    ['{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}', 'ThrottlingException', 'slow'],
    ['{"__type":"ThrottlingException","Message":"slow"}', 'ThrottlingException', 'slow'],
    ['{}', 'UnknownError', '{}'],
  ])('turns %s into an error', async (body, code, message) => {
    answer = { status: 400, body };
    const lean = client();
    const error = await lean.call('Any', {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LocalAwsError);
    expect(error).toMatchObject({ code, message, statusCode: 400 });
    lean.close();
  });

  it('takes an empty answer for an empty object', async () => {
    answer = { status: 200, body: '' };
    const lean = client();
    expect(await lean.call('Any', {})).toEqual({});
    lean.close();
  });

  it('fails when it is aborted, or nobody listens', async () => {
    const lean = client();
    await expect(lean.call('Any', {}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await expect(new LocalAwsClient({ endpoint: 'http://127.0.0.1:1', service: 'sqs', targetPrefix: 'AmazonSQS' }).call('Any', {})).rejects.toThrow('ECONNREFUSED');
    lean.close();
  });
});
