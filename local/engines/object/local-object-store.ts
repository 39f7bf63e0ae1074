import { Agent, type IncomingMessage, request } from 'node:http';
import { Facts } from '../../../lib/facts';
import { type ListedObject, type ObjectStore, ObjectStoreError } from './object-store';
import { unescapeXml } from './xml';

/** Longest key of an object in bytes. */
const MAXIMUM_KEY_BYTES = Facts.DEFAULT.number('s3/object.key.maxBytes');

interface Answer {
  readonly statusCode: number;
  readonly body: Buffer;
}

/** Objects of a run, over the protocol of S3 with the bucket in the path. Requests are not signed: the engine looks at no signature. */
export class LocalObjectStore implements ObjectStore {
  private readonly agent = new Agent({ keepAlive: true });

  /** @param endpoint e.g. `http://127.0.0.1:41234` */
  constructor(private readonly endpoint: string) {}

  async put(bucket: string, key: string, body: Buffer, headers: { readonly [name: string]: string } = {}): Promise<void> {
    const answer = await this.send('PUT', objectPath(bucket, key), { 'content-type': 'application/octet-stream', ...headers }, body);
    this.succeeded(answer, `put ${bucket}/${key}`);
  }

  async get(bucket: string, key: string): Promise<Buffer | undefined> {
    const answer = await this.send('GET', objectPath(bucket, key));
    if (answer.statusCode === 404 && errorCode(answer) === 'NoSuchKey') {
      return undefined;
    }
    return this.succeeded(answer, `get ${bucket}/${key}`);
  }

  async *list(bucket: string, prefix: string): AsyncGenerator<ListedObject> {
    const answer = await this.send('GET', `/${encodeURIComponent(bucket)}?list-type=2&prefix=${encodeURIComponent(prefix)}`);
    const text = this.succeeded(answer, `list ${bucket}`).toString('utf8');
    // A bucket comes in one page: see `prepareObjectRequests`.
    for (const [, key, size] of text.matchAll(/<Contents><Key>([^<]*)<\/Key><Size>(\d+)<\/Size>/g)) {
      yield { key: unescapeXml(key), size: Number(size) };
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }

  private succeeded(answer: Answer, call: string): Buffer {
    if (answer.statusCode !== 200) {
      const code = errorCode(answer);
      throw new ObjectStoreError(`The object engine refused to ${call}: ${code}`, code, answer.statusCode);
    }
    return answer.body;
  }

  private send(method: string, path: string, headers: { readonly [name: string]: string } = {}, body?: Buffer): Promise<Answer> {
    const { hostname, port } = new URL(this.endpoint);
    return new Promise((resolve, reject) => {
      // The path goes as it is: a URL would take "." and ".." out of keys.
      const options = { hostname, port, method, path, agent: this.agent, headers: { ...headers, ...(body && { 'content-length': body.length }) } };
      const outgoing = request(options, (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        response.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function objectPath(bucket: string, key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > MAXIMUM_KEY_BYTES) {
    throw new RangeError(`\`key\` must be 1 to ${MAXIMUM_KEY_BYTES} bytes long, got: ${bytes}`);
  }
  if (/\p{Cs}/u.test(key)) {
    throw new RangeError('`key` must be well-formed Unicode, got a lone surrogate');
  }
  return `/${encodeURIComponent(bucket)}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function errorCode({ statusCode, body }: Answer): string {
  return /<Code>([^<]*)<\/Code>/.exec(body.toString('utf8'))?.[1] ?? `status ${statusCode}`;
}
