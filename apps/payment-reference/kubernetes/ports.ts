import { DEFAULTS } from '../../../constructs/defaults';
import { KUBERNETES } from '../../../constructs/kubernetes/defaults';

/** Ports inside a cluster. */
export const PORTS = {
  api: DEFAULTS.tier.containerPort,
  grpc: KUBERNETES.grpcPort,
  health: KUBERNETES.healthPort,
  metrics: KUBERNETES.metricsPort,
  collector: KUBERNETES.collectorPort,
  https: 443,
  /** Where the agent of EKS Pod Identity answers. */
  identity: 80,
  /** Where Envoy listens for a gateway's 443: it may not open a port below 1024. */
  proxy: 10_443,
  /** Where a proxy shows what it counts. */
  proxyMetrics: 19_001,
  /** Where a proxy, and what ends it in order, are asked whether they are there. */
  proxyReady: 19_003,
  proxyShutdown: 19_002,
  /** Where Envoy Gateway tells its proxies what to do. */
  gatewayControl: 18_000,
  /** Where Envoy Gateway counts over all proxies. */
  rateLimit: 8_081,
  /** Where Istio without sidecars carries what pods say to each other. */
  mesh: 15_008,
} as const;
