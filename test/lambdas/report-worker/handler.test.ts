import type { SQSRecord } from 'aws-lambda';
import { createReportWorkerHandler } from '../../../lambdas/report-worker/handler';
import type { ListedObject, ObjectStore } from '../../../lambdas/runtime/aws/object-store';
import { settlementReport } from '../../../lambdas/runtime/report/settlement-report';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const DAY = Date.UTC(2026, 10, 30);
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Buffer>();
  fails: (key: string) => boolean = () => false;

  async put(key: string, body: Buffer, options: { ifAbsent?: boolean } = {}): Promise<'written' | 'exists'> {
    if (this.fails(key)) {
      throw new Error('down');
    }
    if (options.ifAbsent && this.objects.has(key)) {
      return 'exists';
    }
    this.objects.set(key, body);
    return 'written';
  }

  async get(key: string): Promise<Buffer | undefined> {
    return this.objects.get(key);
  }

  async* list(prefix: string): AsyncGenerator<ListedObject> {
    yield* [...this.objects.keys()].filter((key) => key.startsWith(prefix)).map((key) => ({ key }) as ListedObject);
  }
}

interface Others {
  readonly type?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly at?: number;
}

function message(messageId: string, merchantId: string, key: string, others: Others = {}): SQSRecord {
  const { amount = 100, at = DAY, currency = 'EUR', type = 'payout.settled' } = others;
  const detail = { id: `${type}:${merchantId}:${key}`, merchantId, idempotencyKey: key, amount, currency, occurredAt: at };
  return { messageId, body: JSON.stringify({ 'detail-type': type, detail }) } as SQSRecord;
}

describe('the report worker', () => {
  const store = new MemoryStore();
  const metrics = new RecordedMetrics();
  const handler = createReportWorkerHandler({ store, metrics, logger: recordedLogger().logger, clock: new ManualClock() });
  const handle = async (...records: SQSRecord[]) =>
    (await handler({ Records: records }, CONTEXT)).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

  it('writes the events of a batch by day and merchant, and the report adds them up', async () => {
    expect(await handle(
      message('1', 'm', 'a', { amount: 5 }), message('2', 'm', 'b', { amount: 7 }), message('3', 'm', 'c', { type: 'payout.released' }),
      message('4', 'm', 'd', { currency: 'USD' }), message('5', 'm', 'e', { at: DAY + 86_400_000 }), message('6', 'other', 'a'),
    )).toEqual([]);
    expect([...store.objects.keys()].every((key) => /^settlements\/2026-1(1-30|2-01)\/[0-9a-f]\/[0-9a-f]{64}\.jsonl$/.test(key))).toBe(true);
    expect(await settlementReport(store, 'm', '2026-11-30')).toEqual([
      { currency: 'EUR', byType: { 'payout.settled': { count: 2, amount: 12n }, 'payout.released': { count: 1, amount: 100n } } },
      { currency: 'USD', byType: { 'payout.settled': { count: 1, amount: 100n } } },
    ]);
    expect(metrics.counts.EventsReported).toBe(6);
  });

  it('makes nothing new of a batch that is delivered again, and counts an event once in whatever company it comes', async () => {
    const before = await settlementReport(store, 'm', '2026-11-30');
    const [first, second] = [message('11', 'z', 'a'), message('12', 'z', 'b')];
    await handle(first, second);
    const objects = store.objects.size;
    await handle(second, first);
    expect(store.objects.size).toBe(objects);
    await handle(second, message('13', 'z', 'c'));
    // Published twice: another message, the same id.
    await handle(message('14', 'z', 'b'));
    expect(await settlementReport(store, 'z', '2026-11-30')).toEqual([{ currency: 'EUR', byType: { 'payout.settled': { count: 3, amount: 300n } } }]);
    expect(await settlementReport(store, 'm', '2026-11-30')).toEqual(before);
  });

  it('leaves what could not be written or read, and that alone', async () => {
    store.fails = (key) => key.includes('2026-12-05');
    const unreadable = { messageId: '23', body: '{' } as SQSRecord;
    expect(await handle(message('21', 'm', 'f', { at: Date.UTC(2026, 11, 5) }), message('22', 'm', 'g'), unreadable)).toEqual(['21', '23']);
  });
});
