import type { LogWorker } from '../runtime/kafka/log-worker';
import type { SettleRecords } from '../runtime/kafka/log-worker-options';
import type { MetricRegistry } from '../runtime/observability/metric-registry';
import type { Clock } from '../runtime/retry/clock';

/** Settles as before, and tells how long a batch takes. */
export function timed(settle: SettleRecords, registry: MetricRegistry, clock: Pick<Clock, 'now'>): SettleRecords {
  const duration = registry.histogram({ name: 'worker_batch_duration_seconds', help: 'From the begin of a batch of a partition to its end, in seconds.' });
  return async (records, partition, deadline) => {
    const begun = clock.now();
    try {
      return await settle(records, partition, deadline);
    } finally {
      duration.observe((clock.now() - begun) / 1_000);
    }
  };
}

/** Shows how far a worker is behind in each of its partitions, and how much it has in hand. */
export function exposeWorker(worker: Pick<LogWorker, 'lag' | 'inFlight'>, topic: string, registry: MetricRegistry): void {
  registry.gauge(
    { name: 'worker_partition_lag_records', help: 'Records of a partition that are in the log and not done, as of the last read.', labels: { topic } },
    () => [...worker.lag].map(([partition, value]) => ({ labels: { partition: String(partition) }, value })),
  );
  registry.gauge({ name: 'worker_records_in_flight', help: 'Records that are read and not done.' }, () => [{ value: worker.inFlight }]);
}
