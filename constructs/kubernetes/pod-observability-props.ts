import type { Workload } from '../../lib/workload';
import type { GatewayTier } from './gateway-tier';
import type { StatelessPods } from './stateless-pods';
import type { StreamWorkerPods } from './stream-worker-pods';

/** What is watched. */
export interface PodObservabilityProps {
  /** Namespace of the pods. */
  readonly namespace: string;
  /** What one cell has to carry: its accept target is what a slow trace is slower than. */
  readonly workload: Workload;
  /** Region of AWS X-Ray, where traces go. */
  readonly region: string;
  /** Image of the OpenTelemetry collector with tail sampling, by its digest. */
  readonly collectorImage: string;
  /**
   * Gateways, whose requests are watched.
   *
   * @default - none
   */
  readonly gateways?: readonly GatewayTier[];
  /**
   * Pods that answer.
   *
   * @default - none
   */
  readonly tiers?: readonly StatelessPods[];
  /**
   * Workers, whose lag is watched.
   *
   * @default - none
   */
  readonly workers?: readonly StreamWorkerPods[];
  /**
   * Address of the runbooks; the name of a section is put behind it, one for each kind of alert: `gateway-errors`, `gateway-slow`, `pod-cpu`,
   * `pod-memory`, `pod-errors`, `no-pod-ready`, `worker-lag`, `worker-parked` and `task-failed`. For a page such as docs/runbooks.md it ends in `#`.
   *
   * @default - alerts name none
   */
  readonly runbooks?: string;
  /**
   * Address where traces go over OTLP in place of AWS X-Ray.
   *
   * @default - AWS X-Ray
   */
  readonly traceEndpoint?: string;
}
