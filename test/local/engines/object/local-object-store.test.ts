import * as fs from 'node:fs';
import * as path from 'node:path';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { LocalObjectStore, ObjectStoreError } from '../../../../local/engines/object';
import { ChildProcess } from '../../../../local/processes/child-process';
import type { QueueHostConfiguration, QueueHostReady } from '../../../../local/processes/queue-host';
import { temporaryFolder } from '../../run/cht';

jest.setTimeout(30_000);

const LONG_NAME = `payments-cell1-worker-${'paymentworkeronfailure'.repeat(4)}0a1b2c3d`;

describe('objects of a run (fauxqs)', () => {
  const folder = temporaryFolder();
  const configuration: QueueHostConfiguration = {
    region: 'eu-west-1', account: '111111111111', queues: [{ name: 'q', attributes: {} }],
    buckets: ['archive', 'dots.and-dashes', 'health', 'keys', 'many', LONG_NAME],
  };
  let child: ChildProcess<QueueHostReady>;
  let host: QueueHostReady;
  let store: LocalObjectStore;

  beforeAll(async () => {
    child = await ChildProcess.start({ name: 'queue host', entry: 'queue-host', configuration, logFile: path.join(folder, 'log') });
    host = child.ready;
    store = new LocalObjectStore(host.endpoint);
  });
  afterAll(async () => {
    store.close();
    await child.stop();
    fs.rmSync(folder, { recursive: true });
  });

  async function keys(bucket: string, prefix = ''): Promise<string[]> {
    const found: string[] = [];
    for await (const { key } of store.list(bucket, prefix)) {
      found.push(key);
    }
    return found;
  }

  it.each(['archive', 'dots.and-dashes', 'health', LONG_NAME])('keeps objects of the bucket %s', async (bucket) => {
    await store.put(bucket, 'a', Buffer.from([0, 255]), { 'x-amz-object-lock-mode': 'COMPLIANCE' });
    expect(await store.get(bucket, 'a')).toEqual(Buffer.from([0, 255]));
    await store.put(bucket, 'a', Buffer.alloc(0));
    expect(await store.get(bucket, 'a')).toEqual(Buffer.alloc(0));
    expect(await store.get(bucket, 'b')).toBeUndefined();
    expect(await keys(bucket)).toEqual(['a']);
  });

  it('keeps buckets apart, and from the queues beside them', async () => {
    await store.put('archive', 'only-here', Buffer.from('x'));
    expect(await keys('health', 'only')).toEqual([]);
    expect(host.urls.q).toBe(`${host.endpoint}/000000000000/q`);
    expect(await (await fetch(`${host.endpoint}/health`)).json()).toEqual({ status: 'ok' });
  });

  it('takes keys of any characters and lists them by their bytes', async () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('/', '.', '%', '2', 'F', '?', '#', '&', '<', ';', '+', ' ', '\\', 'a', 'B', '\r', '\n', '\u{1F600}'), minLength: 1, maxLength: 12 }),
    );
    let runs = 0;
    await fc.assert(fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 6 }), async (drawn) => {
      const prefix = `${++runs}/`;
      for (const each of drawn) {
        await store.put('keys', prefix + each, Buffer.from(each));
      }
      for (const each of drawn) {
        expect(await store.get('keys', prefix + each)).toEqual(Buffer.from(each));
      }
      const sorted = drawn.map((each) => Buffer.from(prefix + each)).sort(Buffer.compare).map(String);
      expect(await keys('keys', prefix)).toEqual(sorted);
    }), { numRuns: 25 });
    for (const hard of ['/', '//a', '.', '..', '../../x', 'a/../b', 'a/', ' ', '%', 'x'.repeat(1_024)]) {
      await store.put('keys', hard, Buffer.from(hard));
      expect(await store.get('keys', hard)).toEqual(Buffer.from(hard));
    }
  });

  it('lists everything, however much and however spelled, to clients that page as well', async () => {
    const names = Array.from({ length: 1_200 }, (_, index) => `${index % 2 === 0 ? 'a' : 'B'}${index % 3 === 0 ? '_' : '-'}${index}`);
    await Promise.all(names.map((name) => store.put('many', name, Buffer.from(name))));
    expect(await keys('many')).toEqual([...names].sort());
    expect(await keys('many', 'B_')).toEqual(names.filter((name) => name.startsWith('B_')).sort());

    const client = new S3Client({
      endpoint: host.endpoint, region: 'eu-west-1', forcePathStyle: true, credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    try {
      await client.send(new PutObjectCommand({ Bucket: LONG_NAME, Key: 'from/the sdk', Body: 'text' }));
      expect(String(await store.get(LONG_NAME, 'from/the sdk'))).toBe('text');
      const listed = await client.send(new ListObjectsV2Command({ Bucket: 'many' }));
      expect(listed.IsTruncated).toBe(false);
      expect(listed.Contents?.map(({ Key }) => Key)).toEqual([...names].sort());
    } finally {
      client.destroy();
    }
  });

  it('creates an object once where it must not be replaced, also of several at a time', async () => {
    const create = (text: string): Promise<string> => store.put('archive', 'manifest', Buffer.from(text), { 'if-none-match': '*' })
      .then(() => 'created', (error: ObjectStoreError) => error.code);
    const answers = await Promise.all(['1', '2', '3'].map(create));
    expect(answers.filter((answer) => answer === 'created')).toHaveLength(1);
    expect(answers.filter((answer) => answer !== 'created').every((answer) => /^(ConditionalRequestConflict|PreconditionFailed)$/.test(answer))).toBe(true);
    expect(await create('4')).toBe('PreconditionFailed');
    const winner = String(answers.indexOf('created') + 1);
    expect(String(await store.get('archive', 'manifest'))).toBe(winner);
  });

  it('says what is wrong', async () => {
    await expect(store.put('nowhere', 'a', Buffer.alloc(1))).rejects.toThrow('The object engine refused to put nowhere/a: NoSuchBucket');
    await expect(store.get('nowhere', 'a')).rejects.toMatchObject({ code: 'NoSuchBucket', statusCode: 404 });
    await expect(keys('nowhere')).rejects.toBeInstanceOf(ObjectStoreError);
    await expect(store.put('archive', '', Buffer.alloc(1))).rejects.toThrow('`key` must be 1 to 1024 bytes long, got: 0');
    await expect(store.get('archive', '\u00e4'.repeat(513))).rejects.toThrow('`key` must be 1 to 1024 bytes long, got: 1026');
    await expect(store.get('archive', '\ud800')).rejects.toThrow('`key` must be well-formed Unicode');
    await expect(store.put('archive', 'large', Buffer.alloc(12 * 1024 * 1024))).rejects.toThrow(/refused|ECONNRESET|EPIPE/);
  });
});
