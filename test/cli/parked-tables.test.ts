import { randomBytes } from 'node:crypto';
import { AwsJsonClient } from '../../lambdas/runtime/aws/json-client';
import { DynamoDbParking } from '../../lambdas/runtime/parking/dynamodb-parking';
import { DynamoDbParkedEntries, type ListedEntry } from '../../lambdas/runtime/parking/parked-entries';
import type { ParkedEntry } from '../../lambdas/runtime/parking/parking';
import { TableHost } from '../../local/engines/table';

/** What an operator does to the parking table of a run: its front, before either engine, has to carry it out. */
describe.each(['dynoxide', 'memory'] as const)('the parking table of a run on %s', (engine) => {
  let host: TableHost;
  let client: AwsJsonClient;
  let parking: DynamoDbParking;
  let entries: DynamoDbParkedEntries;

  beforeAll(async () => {
    host = await TableHost.start({
      engine,
      tables: [{
        name: 'parking', partitionKey: { name: 'pk', type: 'S' }, sortKey: { name: 'sk', type: 'S' }, partitions: 2,
        streamShards: 0, writeUnitsPerSecond: 1e6, readUnitsPerSecond: 1e6,
      }],
      limits: { partitionWriteUnits: 1e6, partitionReadUnits: 1e6, writeUnitBytes: 1_024, readUnitBytes: 4_096 },
    });
    client = new AwsJsonClient({
      service: 'dynamodb', region: 'eu-west-1', endpoint: `http://127.0.0.1:${host.port}`, credentials: () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
    });
    parking = new DynamoDbParking({ dynamodb: client, table: 'parking' });
    entries = new DynamoDbParkedEntries({ dynamodb: client, table: 'parking' });
  });
  afterAll(async () => {
    client.close();
    await host.close();
  });

  function entry(key: string, others: Partial<ParkedEntry> = {}): ParkedEntry {
    return {
      merchantId: 'm', idempotencyKey: key, reason: 'too large', schema: 'payment.v1.Payment', payload: Buffer.from(key),
      source: { shardId: 's', sequenceNumber: '1', index: 0 }, parkedAt: 1, ...others,
    };
  }

  async function list(options?: Parameters<typeof entries.list>[0]): Promise<ListedEntry[]> {
    const found: ListedEntry[] = [];
    for await (const each of entries.list(options)) {
      found.push(each);
    }
    return found;
  }

  it('lists, continues, marks, parks anew, discards and removes', async () => {
    const payload = randomBytes(900_000);
    for (const key of ['a', 'b', 'c']) {
      await parking.park(entry(key, key === 'b' ? { payload } : {}));
    }
    await parking.park(entry('', { merchantId: undefined, idempotencyKey: undefined }));
    const all = await list();
    expect(all.map(({ name }) => name.idempotencyKey ?? 'place').sort()).toEqual(['a', 'b', 'c', 'place']);
    expect(all.every((listed) => !('payload' in listed))).toBe(true);
    expect(await list({ after: all[1].name })).toEqual(all.slice(2));
    expect((await list({ merchantId: 'm' })).map(({ name }) => name.idempotencyKey)).toEqual(['a', 'b', 'c']);
    expect((await list({ merchantId: 'm', after: { merchantId: 'm', idempotencyKey: 'a' } })).map(({ name }) => name.idempotencyKey)).toEqual(['b', 'c']);

    const b = (await entries.read({ merchantId: 'm', idempotencyKey: 'b' }))!;
    expect(Buffer.compare(Buffer.from(b.payload!), payload)).toBe(0);
    expect(await entries.markRetried(b, 5)).toBe(true);
    expect(await entries.discard(b, { at: 6, by: 'x', reason: 'y' }, false)).toBe(false);
    await parking.park(entry('b', { payload, reason: 'again', source: { shardId: 's', sequenceNumber: '2', index: 0 } }));
    expect(await parking.find('m', 'b')).toMatchObject({ reason: 'again' });
    expect(await entries.markRetried({ ...b, digest: 'another' }, 7)).toBe(false);
    expect(await entries.remove({ ...b, digest: 'another' })).toBe(false);
    expect(await entries.remove(b)).toBe(true);
    expect(await entries.remove(b)).toBe(true);
    expect((await client.call<{ Count: number }>('Scan', { TableName: 'parking' })).Count).toBe(3);

    const a = (await entries.read({ merchantId: 'm', idempotencyKey: 'a' }))!;
    expect(await entries.discard(a, { at: 6, by: 'x', reason: 'y' }, false)).toBe(true);
    expect(await entries.remove(a)).toBe(false);
    expect((await entries.read(a.name))?.discard).toEqual({ at: 6, by: 'x', reason: 'y' });
  });
});
