import type { SQSRecord } from 'aws-lambda';
import { createAuditArchiverHandler } from '../../../lambdas/audit-archiver/handler';
import { createAuditLocatorHandler } from '../../../lambdas/audit-locator/handler';
import type { Locator, LocatorTable } from '../../../lambdas/audit-locator/locator-table';
import { MANIFESTS_PREFIX } from '../../../lambdas/runtime/archive/archive-keys';
import { OTHER_SOURCE, paymentRecord, refundableRecord, SOURCE, START } from '../runtime/archive/ledger-changes';
import { MemoryHeads, MemoryObjectStore } from '../runtime/archive/memory-archive';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

/** Rows in a map, as the table keeps them: objects are added to a set. */
class MemoryLocators implements LocatorTable {
  public readonly rows = new Map<string, Set<string>>();
  public writes = 0;
  public refuse: (locator: Locator) => boolean = () => false;

  public async add(locator: Locator): Promise<void> {
    if (this.refuse(locator)) {
      throw new Error('throttled');
    }
    this.writes++;
    const id = `${locator.merchantBucket} ${locator.day} ${locator.minute}`;
    this.rows.set(id, new Set([...this.rows.get(id) ?? [], ...locator.objects]));
  }
}

function notification(messageId: string, ...keys: string[]): SQSRecord {
  const body = JSON.stringify({ Records: keys.map((key) => ({ eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'audit' }, object: { key: encodeURIComponent(key) } } })) });
  return { messageId, body } as SQSRecord;
}

describe('audit locator', () => {
  const setUp = async (options?: { readonly concurrency?: number }) => {
    const clock = new ManualClock((START + 70) * 1_000);
    const objects = new MemoryObjectStore();
    const { logger, lines } = recordedLogger();
    const metrics = new RecordedMetrics();
    const archive = createAuditArchiverHandler({ objects, heads: new MemoryHeads(), metrics: new RecordedMetrics(), logger, clock });
    const locators = new MemoryLocators();
    const handler = createAuditLocatorHandler({ objects, locators, metrics, logger, clock }, options);
    const payment = paymentRecord(0, 'shop');
    // 22:13:20 and 22:13:21 in one object, 22:14:20 in the other; then another shard.
    await archive({ Records: [payment, refundableRecord(1, payment, 100, 40)], shardId: SOURCE.shard, eventSourceARN: SOURCE.stream }, CONTEXT);
    await archive({ Records: [paymentRecord(60, 'shop'), paymentRecord(61, 'cafe')], shardId: SOURCE.shard, eventSourceARN: SOURCE.stream }, CONTEXT);
    await archive({ Records: [paymentRecord(5, 'shop')], shardId: OTHER_SOURCE.shard, eventSourceARN: OTHER_SOURCE.stream }, CONTEXT);
    const manifests = objects.keys(MANIFESTS_PREFIX);
    const objectOf = (manifest: string) => (JSON.parse(objects.objects.get(manifest)!.toString()) as { object: { key: string } }).object.key;
    return { objects, locators, handler, metrics, manifests, objectOf, lines, clock };
  };

  it('has one row for each merchant\'s bucket and minute, with every object that holds its changes', async () => {
    const { handler, locators, manifests, objectOf, metrics } = await setUp();
    const events = manifests.map((key, index) => notification(`m${index}`, key));
    expect(await handler({ Records: events }, CONTEXT)).toEqual({ batchItemFailures: [] });
    const [ofShop] = [...locators.rows.keys()].filter((id) => id.startsWith('shop') && id.endsWith('22:13'));
    expect([...locators.rows.keys()].map((id) => id.split(' ').slice(1).join(' ')).sort()).toEqual(['2023-11-14 22:13', '2023-11-14 22:14', '2023-11-14 22:14']);
    const first = manifests.filter((key) => key.endsWith('0000000001.json')).map(objectOf).sort();
    expect([...locators.rows.get(ofShop)!].sort()).toEqual(first);
    expect(first).toHaveLength(2);
    // The row that two objects share is written once.
    expect(locators.writes).toBe(3);
    expect(metrics.counts).toMatchObject({ ObjectsLocated: 3, LocatorsWritten: 3 });
    expect(metrics.counts.RecordsLeftForRetry ?? 0).toBe(0);
    expect(Math.min(...metrics.values.LocatorLag!)).toBe(9_000);
  });

  it('comes to the same rows however often and in whatever order manifests come', async () => {
    const { handler, locators, manifests } = await setUp();
    await handler({ Records: manifests.map((key, index) => notification(`m${index}`, key)) }, CONTEXT);
    const once = [...locators.rows].map(([id, objects]) => [id, [...objects].sort()]).sort();
    for (const key of [...manifests].reverse()) {
      await handler({ Records: [notification('again', key)] }, CONTEXT);
    }
    expect([...locators.rows].map(([id, objects]) => [id, [...objects].sort()]).sort()).toEqual(once);
  });

  it('asks for the manifests of a row again that was not written, and for no others', async () => {
    const { handler, locators, manifests } = await setUp();
    locators.refuse = ({ minute }) => minute === '22:13';
    const { batchItemFailures } = await handler({ Records: manifests.map((key) => notification(key, key)) }, CONTEXT);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(manifests.filter((key) => key.endsWith('0000000001.json')));
  });

  it('asks again for a manifest or object that is not there, and goes on with the others', async () => {
    const { handler, locators, manifests, objects, objectOf } = await setUp();
    objects.objects.delete(objectOf(manifests[0]));
    const { batchItemFailures } = await handler({ Records: [notification('gone', 'manifests/2023-11-14/22/chain/0000000009.json'), ...manifests.map((key, index) => notification(`m${index}`, key))] }, CONTEXT);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['gone', 'm0']);
    expect(locators.rows.size).toBeGreaterThan(0);
  });

  it('trusts no object that is not what its manifest says, and no manifest of another form', async () => {
    const { handler, locators, manifests, objects, objectOf, lines } = await setUp();
    objects.objects.set(objectOf(manifests[0]), objects.objects.get(objectOf(manifests[1]))!);
    objects.objects.set(manifests[2], Buffer.from('{}'));
    const { batchItemFailures } = await handler({ Records: [notification('forged', manifests[0]), notification('torn', manifests[2]), { messageId: 'text', body: 'no JSON' } as SQSRecord] }, CONTEXT);
    expect(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort()).toEqual(['forged', 'text', 'torn']);
    expect(locators.writes).toBe(0);
    expect(lines.join()).toContain('a manifest could not be read');
  });

  it('leaves alone what is no manifest, and the test that S3 sends', async () => {
    const { handler, locators } = await setUp();
    const test = { messageId: 'test', body: JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'audit' }) } as SQSRecord;
    expect(await handler({ Records: [test, notification('other', 'manifests/readme.txt')] }, CONTEXT)).toEqual({ batchItemFailures: [] });
    expect(locators.writes).toBe(0);
  });

  it('leaves rows to the next invocation that would outlive this one', async () => {
    const { handler, manifests, locators } = await setUp();
    const { batchItemFailures } = await handler({ Records: [notification('late', manifests[0])] }, { getRemainingTimeInMillis: () => 0 });
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'late' }]);
    expect(locators.writes).toBe(0);
  });
});
