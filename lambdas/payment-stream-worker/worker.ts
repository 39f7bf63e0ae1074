import { PaymentBatchProcessor, type PaymentBatchOptions, type PaymentBatchPorts } from '../runtime/batch/payment-batch';
import { HealthServer } from '../runtime/http/health-server';
import { LogWorker } from '../runtime/kafka/log-worker';
import type { LogWorkerOptions } from '../runtime/kafka/log-worker-options';
import { settlePaymentsOf } from '../runtime/kafka/payment-log';
import type { MetricRegistry } from '../runtime/observability/metric-registry';
import { exposeWorker, timed } from './worker-metrics';

export interface PaymentStreamWorkerPorts extends PaymentBatchPorts {
  readonly group: LogWorkerOptions['group'];
  /** What the port of the probes shows to Prometheus. @default - nothing */
  readonly registry?: MetricRegistry;
  /** Called when nothing is under way any more. @default - nothing is left to do */
  readonly close?: () => Promise<void>;
}

export interface PaymentStreamWorkerOptions extends PaymentBatchOptions {
  readonly topic: string;
  /** How the topic is read. @default - the worker's defaults */
  readonly reading?: Omit<LogWorkerOptions, 'group' | 'settle' | 'metrics' | 'logger' | 'clock'>;
  /** How often metrics are published, in milliseconds. @default 10000 */
  readonly metricsMilliseconds?: number;
}

/** Settles the payments of a topic, beside the probes of the platform that it runs on. */
export interface PaymentStreamWorker {
  /**
   * Begins.
   *
   * @param port of the probes; 0 lets the system choose
   * @returns the port listened on
   */
  listen(port: number, host?: string): Promise<number>;

  /** Ends in order: what is under way is settled and committed, the group is left, and the last metrics are published. */
  drain(): Promise<void>;
}

/** Makes the worker of its ports. It does nothing yet. */
export function createPaymentStreamWorker(ports: PaymentStreamWorkerPorts, options: PaymentStreamWorkerOptions): PaymentStreamWorker {
  const { clock, group, logger, metrics, registry } = ports;
  const { metricsMilliseconds = 10_000, reading, topic } = options;
  const settle = settlePaymentsOf(topic, new PaymentBatchProcessor(ports, options));
  const counted = registry === undefined ? settle : timed(settle, registry, clock);
  const worker = new LogWorker({ ...reading, group, settle: counted, metrics, logger, clock });
  if (registry !== undefined) {
    exposeWorker(worker, topic, registry);
  }
  const health = new HealthServer(worker, { metrics: registry && (() => registry.expose()) });
  let publishing: NodeJS.Timeout | undefined;
  const publish = (): void => {
    worker.observeLag();
    metrics.flush();
  };
  return {
    async listen(port, host) {
      const listened = await health.listen(port, host);
      publishing = setInterval(publish, metricsMilliseconds).unref();
      void worker.run();
      return listened;
    },
    async drain() {
      await worker.drain();
      clearInterval(publishing);
      publish();
      await ports.close?.();
      await health.close();
    },
  };
}
