import fc from 'fast-check';
import { LogWorker } from '../../../../lambdas/runtime/kafka/log-worker';
import { MemoryRecordLog } from '../../../../lambdas/runtime/kafka/memory-record-log';
import { PostgresqlConnectionError } from '../../../../lambdas/runtime/ledger/postgresql-errors';
import { PostgresqlLedger } from '../../../../lambdas/runtime/ledger/postgresql-ledger';
import { DATABASE_BREAKER, guardLedger } from '../../../../lambdas/runtime/resilience/guarded-ledger';
import { RetryPolicy } from '../../../../lambdas/runtime/retry/retry';
import { ManualClock } from '../producer/manual-clock';
import { payment } from '../support/payments';
import { RecordedMetrics, recordedLogger } from '../support/silent';

const PARTITIONS = 6;
/** A wait of a partition, then one of the breaker, then one of the partition again, with the attempts of a call. */
const BACK_MILLISECONDS = 3 * 5_000 + 3_000;

describe('workers of a database that is away', () => {
  it('are all at work again soon after it is back, however long that took, and hardly ask it meanwhile', async () => {
    const outage = fc.record({ seconds: fc.integer({ min: 1, max: 180 }), before: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(fc.asyncProperty(outage, fc.infiniteStream(fc.nat(999)), async ({ before, seconds }, choices) => {
      const random = (): number => choices.next().value! / 1_000;
      const clock = new ManualClock();
      const log = new MemoryRecordLog({ partitions: PARTITIONS, clock });
      const ports = { metrics: new RecordedMetrics(), logger: recordedLogger().logger, clock, random };
      let isAway = false;
      let asked = 0;
      const retry = new RetryPolicy({ clock, random });
      const ledger = guardLedger(new PostgresqlLedger({
        retry,
        database: {
          query: async () => {
            asked++;
            if (isAway) {
              throw new PostgresqlConnectionError('refused');
            }
            return [];
          },
        },
      }), ports, DATABASE_BREAKER);
      const lastDone = new Map<number, number>();
      let sent = 0;
      const worker = new LogWorker({
        ...ports, group: log.group('workers'), fetchMilliseconds: 100, random,
        settle: async (records, partition, deadline) => {
          const outcomes = await ledger.applyPayments(records.map(({ offset }) => payment('m', `${partition}-${offset}`)), { deadline });
          const end = outcomes.findIndex(({ kind }) => kind !== 'applied');
          if (end === -1) {
            lastDone.set(partition, clock.now());
          }
          return end === -1 ? records.length : end;
        },
      });
      void worker.run();
      const pass = async (milliseconds: number): Promise<void> => {
        for (let passed = 0; passed < milliseconds; passed += 500) {
          await log.publish(Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: Buffer.of(1) })));
          sent += PARTITIONS;
          await clock.advance(500);
        }
      };
      await pass(before * 1_000);
      isAway = true;
      asked = 0;
      await pass(seconds * 1_000);
      // The retries that it may make in a row, and what a probe every few seconds takes.
      expect(asked).toBeLessThan(260 + 8 * seconds);
      isAway = false;
      const back = clock.now();
      await pass(BACK_MILLISECONDS);
      expect([...lastDone.values()].filter((time) => time > back)).toHaveLength(PARTITIONS);
      await worker.drain();
      expect([...log.group('workers').committed.values()].reduce((sum, offset) => sum + offset, 0)).toBe(sent);
    }), { numRuns: 10 });
  }, 60_000);
});
