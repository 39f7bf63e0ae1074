import { DEFAULTS } from '../defaults';

/** Where a collector listens: on its own task alone. */
export const COLLECTOR_ADDRESS = '127.0.0.1:4318';

/** What a collector is told. */
export interface CollectorOptions {
  /** Milliseconds after which a trace counts as slow. */
  readonly slowMilliseconds: number;
  /** Of the other traces this share is kept, 0 to 100. */
  readonly keepPercent: number;
  /** MiB that the collector may have. */
  readonly memory: number;
  /** Where it sends to. */
  readonly endpoint?: string;
  /** Region of AWS X-Ray. */
  readonly region: string;
  /**
   * Where it listens.
   *
   * @default COLLECTOR_ADDRESS
   */
  readonly address?: string;
  /**
   * Where it answers whether it lives.
   *
   * @default - nowhere
   */
  readonly healthAddress?: string;
}

const PERCENT = 100;

/** The configuration of an OpenTelemetry collector that keeps what failed, what was slow and a share of the rest, as JSON, which is YAML. */
export function collectorConfiguration(options: CollectorOptions): string {
  const { batchSpans, collectorLimitPercent, decisionWait, traces } = DEFAULTS.tracing;
  const exporter = options.endpoint === undefined ? 'awsxray' : 'otlphttp';
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: options.address ?? COLLECTOR_ADDRESS } } } },
    processors: {
      // First, so that a collector refuses spans rather than dies with all that it holds.
      memory_limiter: { check_interval: '1s', limit_mib: Math.floor(options.memory * collectorLimitPercent / PERCENT) },
      tail_sampling: {
        decision_wait: `${decisionWait.toSeconds()}s`,
        num_traces: traces,
        policies: [
          { name: 'failed', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
          { name: 'slow', type: 'latency', latency: { threshold_ms: options.slowMilliseconds } },
          // By the trace alone, with the processor's own salt: the kit's workers keep the same traces.
          { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: options.keepPercent } },
        ],
      },
      batch: { send_batch_size: batchSpans, timeout: '1s' },
    },
    exporters: { [exporter]: options.endpoint === undefined ? { region: options.region } : { endpoint: options.endpoint } },
    ...(options.healthAddress !== undefined && { extensions: { health_check: { endpoint: options.healthAddress } } }),
    service: {
      ...(options.healthAddress !== undefined && { extensions: ['health_check'] }),
      pipelines: { traces: { receivers: ['otlp'], processors: ['memory_limiter', 'tail_sampling', 'batch'], exporters: [exporter] } },
      telemetry: { logs: { level: 'warn' }, metrics: { level: 'none' } },
    },
  });
}
