import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { AwsConnectionError, AwsServiceError } from '../../../../lambdas/runtime/aws/errors';
import { S3ObjectStore, type S3ObjectStoreOptions } from '../../../../lambdas/runtime/aws/object-store';
import { readListing } from '../../../../lambdas/runtime/aws/object-xml';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../support/manual-clock';
import { NodeSha256 } from '../support/node-sha256';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

describe('S3ObjectStore', () => {
  let server: Server;
  let endpoint: string;
  let seen: Seen[];
  let answers: ((response: ServerResponse) => void)[];
  const stores: S3ObjectStore[] = [];
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };

  beforeEach(async () => {
    seen = [];
    answers = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push({ method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks) });
        (answers.shift() ?? ((it) => it.end()))(response);
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    stores.splice(0).forEach((store) => store.close());
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });

  function store(options: Partial<S3ObjectStoreOptions> = {}): S3ObjectStore {
    const created = new S3ObjectStore({
      bucket: 'archive', region: 'eu-west-1', endpoint, credentials: async () => credentials,
      retry: new RetryPolicy({ clock: new ManualClock(), maximumAttempts: 3 }), ...options,
    });
    stores.push(created);
    return created;
  }

  const fails = (status: number, code: string) => (response: ServerResponse): void => {
    response.statusCode = status;
    response.end(code && `<?xml version="1.0"?><Error><Code>${code}</Code><Message>it&apos;s ${code}</Message></Error>`);
  };

  it('puts an object with its checksum, in a path of the bucket', async () => {
    const body = Buffer.from([0, 255, 10, 128]);
    expect(await store().put('changes/a b/ü+(1).gz', body, { contentType: 'application/gzip', ifAbsent: true })).toBe('written');
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/archive/changes/a%20b/%C3%BC%2B%281%29.gz', body });
    expect(seen[0].headers).toMatchObject({
      'content-type': 'application/gzip', 'content-length': '4', 'if-none-match': '*', 'x-amz-security-token': 'token',
      'x-amz-checksum-sha256': createHash('sha256').update(body).digest('base64'),
      'x-amz-content-sha256': createHash('sha256').update(body).digest('hex'),
    });
  });

  it('signs as the SDK does', async () => {
    const sdk = new S3Client({ region: 'eu-west-1', endpoint, credentials, forcePathStyle: true });
    try {
      await sdk.send(new PutObjectCommand({ Bucket: 'archive', Key: "a b/it's(1)*+&.gz", Body: Buffer.from('x'), IfNoneMatch: '*' }));
      answers.push((response) => response.end(LISTING_END));
      await sdk.send(new ListObjectsV2Command({ Bucket: 'archive', Prefix: 'a b/&=+', ContinuationToken: 'to/ken==' }));
    } finally {
      sdk.destroy();
    }
    const [put, list] = seen.splice(0);
    const own = store();
    await own.put("a b/it's(1)*+&.gz", Buffer.from('x'), { ifAbsent: true });
    expect(seen[0].url).toBe(put.url.split('?')[0]);
    answers.push((response) => response.end(LISTING_MORE), (response) => response.end(LISTING_END));
    for await (const object of own.list('a b/&=+')) {
      expect(object.key).not.toBe('');
    }
    expect(new URLSearchParams(seen[2].url.split('?')[1]).get('continuation-token')).toBe('to/ken==');
    expect(seen[2].url).toBe(list.url);
    expect(await signatureIsRight(seen[0])).toBe(true);
    expect(await signatureIsRight(seen[2])).toBe(true);
    expect(await signatureIsRight({ ...seen[2], url: seen[2].url.replace('list-type=2', 'list-type=1') })).toBe(false);
  });

  it('tells that there was an object already only where that was asked for', async () => {
    answers.push(fails(412, 'PreconditionFailed'), fails(412, 'PreconditionFailed'));
    expect(await store().put('key', Buffer.from('x'), { ifAbsent: true })).toBe('exists');
    await expect(store().put('key', Buffer.from('x'))).rejects.toThrow("PreconditionFailed: it's PreconditionFailed");
  });

  it('gets an object, and nothing where there is none', async () => {
    answers.push((response) => response.end(Buffer.from([1, 2, 255])), fails(404, 'NoSuchKey'), fails(404, 'NoSuchBucket'));
    expect(await store().get('key')).toEqual(Buffer.from([1, 2, 255]));
    expect(await store().get('key')).toBeUndefined();
    await expect(store().get('key')).rejects.toMatchObject({ code: 'NoSuchBucket', statusCode: 404 });
  });

  it('lists page by page', async () => {
    answers.push((response) => response.end(LISTING_MORE), (response) => response.end(LISTING_END));
    const found = [];
    for await (const object of store().list('changes/')) {
      found.push(object);
    }
    expect(found).toEqual([{ key: 'changes/a&b<"é">', bytes: 12 }, { key: 'changes/c', bytes: 0 }, { key: 'changes/d', bytes: 7 }]);
    expect(() => readListing('<html>')).toThrow('no listing');
  });

  it.each([
    ['slow down', fails(503, 'SlowDown')],
    ['an internal error without a body', fails(500, '')],
    ['another writer of the same key', fails(409, 'ConditionalRequestConflict')],
    ['a connection that is cut', (response: ServerResponse) => { response.destroy(); }],
  ])('tries again after %s', async (_, fault) => {
    answers.push(fault, fault);
    expect(await store().put('key', Buffer.from('x'), { ifAbsent: true })).toBe('written');
    expect(seen).toHaveLength(3);
  });

  it('does not try again what stays refused, nor past its deadline', async () => {
    answers.push(fails(403, 'AccessDenied'));
    await expect(store().get('key')).rejects.toBeInstanceOf(AwsServiceError);
    answers.push((response) => { response.destroy(); });
    await expect(store().get('key', { deadline: 1 })).rejects.toBeInstanceOf(AwsConnectionError);
    expect(seen).toHaveLength(2);
  });

  it('ends an attempt that takes too long', async () => {
    answers.push(() => undefined);
    await expect(store({ timeoutMilliseconds: 30, retry: new RetryPolicy({ maximumAttempts: 1 }) }).get('key')).rejects.toThrow('no answer within 30 ms');
  });

  it('addresses the bucket by host name where no endpoint is given', () => {
    expect(store({ endpoint: undefined })).toHaveProperty('url.host', 'archive.s3.eu-west-1.amazonaws.com');
    expect(store({ endpoint: undefined, region: 'cn-north-1' })).toHaveProperty('url.host', 'archive.s3.cn-north-1.amazonaws.com.cn');
    expect(() => store({ bucket: 'No_Bucket' })).toThrow("a bucket name must be 3 to 63 lower-case letters, digits, '.' and '-', got: No_Bucket");
  });

  /** Signs a request that arrived anew, with the SDK's own signer. */
  async function signatureIsRight({ method, url, headers, body }: Seen): Promise<boolean> {
    const names = /SignedHeaders=([^,]+)/.exec(headers.authorization!)![1].split(';').filter((name) => name !== 'x-amz-date');
    const [path, query = ''] = url.split('?');
    const date = (headers['x-amz-date'] as string).replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z');
    const signer = new SignatureV4({ service: 's3', region: 'eu-west-1', credentials, uriEscapePath: false, applyChecksum: false, sha256: NodeSha256 });
    const signed = await signer.sign({
      method, protocol: 'http:', hostname: '127.0.0.1', path, query: Object.fromEntries(new URLSearchParams(query)),
      headers: Object.fromEntries(names.map((name) => [name, headers[name] as string])), body,
    }, { signingDate: new Date(date) });
    return signed.headers.authorization === headers.authorization;
  }
});

const LISTING_MORE = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>archive</Name><IsTruncated>true</IsTruncated>
<NextContinuationToken>to/ken==</NextContinuationToken>
<Contents><Key>changes/a&amp;b&lt;&quot;&#233;&quot;&#x3E;</Key><Size>12</Size></Contents>
<Contents><Key>changes/c</Key><Size>0</Size></Contents></ListBucketResult>`;
const LISTING_END = '<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>changes/d</Key><Size>7</Size></Contents></ListBucketResult>';
