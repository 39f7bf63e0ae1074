import type { Size } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Workload } from '../../lib/workload';

/** Properties of `TelemetryCollector`. */
export interface TelemetryCollectorProps {
  /** What counts as slow: its latency targets. */
  readonly workload: Workload;

  /**
   * Of traces that neither failed nor were slow, this share is kept, 0 to 100.
   *
   * @default 1
   */
  readonly keepPercent?: number;

  /**
   * Of requests that come without a trace, so many in a million begin one. Those are judged like all others.
   *
   * @default 0
   */
  readonly rootsPerMillion?: number;

  /**
   * Where collectors send what they keep, in the OpenTelemetry protocol over HTTPS: a collector of your own, or a product.
   *
   * @default - AWS X-Ray, by its own protocol, which asks for no setting of the account
   */
  readonly endpoint?: string;

  /**
   * Image of the collector, for arm64. Its distribution must have the receiver `otlp`, the processors `memory_limiter`, `tail_sampling` and `batch`,
   * and the exporter `awsxray` (`otlphttp` with `endpoint`).
   *
   * @default - AWS Distro for OpenTelemetry by version, copied into a registry of the account while assets are published, which takes Docker there
   */
  readonly image?: ecs.ContainerImage;

  /**
   * Memory of a collector, taken from that of its task.
   *
   * @default Size.mebibytes(128)
   */
  readonly memory?: Size;

  /**
   * Configuration of the collector in place of the one that follows from the other properties, as JSON or YAML.
   *
   * @default - receives OTLP over HTTP on this task alone, decides at the end of a trace, sends batches
   */
  readonly configuration?: string;
}
