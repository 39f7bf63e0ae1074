import { createAuditArchiverHandler } from '../../../lambdas/audit-archiver/handler';
import { AwsConnectionError } from '../../../lambdas/runtime/aws/errors';
import { RetryPolicy } from '../../../lambdas/runtime/retry/retry';
import { paymentRecord, SOURCE, START } from '../runtime/archive/ledger-changes';
import { MemoryHeads, MemoryObjectStore } from '../runtime/archive/memory-archive';
import { ManualClock } from '../runtime/support/manual-clock';
import { RecordedMetrics, recordedLogger } from '../runtime/support/silent';

const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };

describe('audit archiver', () => {
  const setUp = () => {
    const clock = new ManualClock((START + 9) * 1_000);
    const ports = { objects: new MemoryObjectStore(), heads: new MemoryHeads(), metrics: new RecordedMetrics(), clock, log: recordedLogger() };
    const handler = createAuditArchiverHandler({
      ...ports, logger: ports.log.logger, retry: new RetryPolicy({ clock, maximumAttempts: 2, random: () => 0 }),
    });
    return { ...ports, handler };
  };
  const event = { Records: [paymentRecord(0), paymentRecord(1)], shardId: SOURCE.shard, eventSourceARN: SOURCE.stream };

  it('has a batch in the archive before it answers, with empty state', async () => {
    const { handler, objects, metrics } = setUp();
    expect(await handler(event, CONTEXT)).toEqual({ batchItemFailures: [], state: {} });
    expect(objects.keys()).toHaveLength(2);
    expect(metrics.values.AuditLag).toEqual([8_000]);
    expect(metrics.flushes).toBe(1);
  });

  it('takes the stream from a record where the event does not name it', async () => {
    const { handler, heads } = setUp();
    await handler({ Records: event.Records, shardId: SOURCE.shard }, CONTEXT);
    const named = setUp();
    await named.handler(event, CONTEXT);
    expect([...heads.heads.keys()]).toEqual([...named.heads.heads.keys()]);
  });

  it('asks for the whole batch again when it could not be archived', async () => {
    const { handler, objects, metrics, log } = setUp();
    objects.put = async () => { throw new AwsConnectionError('reset'); };
    expect(await handler(event, CONTEXT)).toEqual({ batchItemFailures: [{ itemIdentifier: '10000' }], state: {} });
    expect(metrics.counts.RecordsLeftForRetry).toBe(2);
    expect(metrics.values.AuditLag).toBeUndefined();
    expect(log.lines[0]).toContain('a batch could not be archived');
  });

  it('takes the last invocation of a window, which may have no records', async () => {
    const { handler, objects } = setUp();
    expect(await handler({ ...event, Records: [] }, CONTEXT)).toEqual({ batchItemFailures: [], state: {} });
    expect(objects.keys()).toEqual([]);
  });

  it('says that a tumbling window is missing, and fails as a whole when a failure cannot be named', async () => {
    const { handler } = setUp();
    await expect(handler({ Records: event.Records }, CONTEXT)).rejects.toThrow('needs a tumbling window');
    await expect(handler({ ...event, Records: [{ eventName: 'INSERT', dynamodb: {} }] }, CONTEXT)).rejects.toThrow('without sequence number');
  });
});
