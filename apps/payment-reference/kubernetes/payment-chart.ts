import type { Construct } from 'constructs';
import {
  GatewayTier, MeshPolicy, NamespaceBaseline, NodeCapacityMix, PodObservability, PriorityLadder, StatelessPods, StreamWorkerPods,
  type TokenIssuerOptions, WorkerSource,
} from '../../../constructs/kubernetes';
import { Chart } from '../../../constructs/kubernetes/cdk8s';
import type { Workload } from '../../../lib/workload';
import { PORTS } from './ports';

/** Namespace of what takes and settles payments, and of the gateways before it. */
export const NAMESPACE = 'pay';
/** Group of the workers of the topic. */
export const CONSUMER_GROUP = 'payment-worker';
/** Service accounts of the pods: their deployments are named alike. */
export const API = 'payment-api';
export const WORKER = 'payment-worker';
export const COLLECTOR = 'telemetry-collector';

/** What the pods of a cell are told of the rest of the system. */
export interface PaymentChartProps {
  /** What this cell must carry. */
  readonly workload: Workload;
  readonly region: string;
  readonly clusterName: string;
  /** Name of the role of nodes that Karpenter makes. */
  readonly nodeRole: string;
  /** Version of the images of nodes, as `v20260101`. */
  readonly nodeImageVersion: string;
  /** Range of addresses of the network: topic, database and cache are in it. */
  readonly networkRange: string;
  /** Topic, and the brokers' addresses as `host:port` with commas between. */
  readonly topic: { readonly name: string; readonly partitions: number; readonly brokers: string };
  /** Ports that pods reach in the network, by what is there. */
  readonly dataPorts: { readonly [name: string]: number };
  /** Images by their digests. */
  readonly images: { readonly api: string; readonly worker: string; readonly collector: string };
  /** Names that clients call. */
  readonly hostnames: { readonly public: string; readonly partners: string };
  /** Who tokens of the public gateway come from. */
  readonly tokens: TokenIssuerOptions;
  /** Variables of the API and the worker. */
  readonly variables: { readonly api: Variables; readonly worker: Variables };
  /** Address of the runbooks; none when left out. */
  readonly runbooks?: string;
}

interface Variables {
  readonly [name: string]: string;
}

/** Everything of one cell that runs in its cluster. */
export class PaymentChart extends Chart {
  readonly api: StatelessPods;
  readonly worker: StreamWorkerPods;
  readonly gateways: readonly GatewayTier[];
  private readonly baseline: NamespaceBaseline;

  constructor(scope: Construct, id: string, private readonly props: PaymentChartProps) {
    super(scope, id, { namespace: NAMESPACE, disableResourceNameHashes: true });
    const { images, topic, variables, workload } = props;
    this.baseline = new NamespaceBaseline(this, 'Namespace', { name: NAMESPACE });
    new PriorityLadder(this, 'Priorities');
    const told = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://${COLLECTOR}.${NAMESPACE}:${PORTS.collector}`, AWS_REGION: props.region };
    this.api = new StatelessPods(this, 'Api', { name: API, workload, image: images.api, environment: { ...told, ...variables.api } });
    this.worker = new StreamWorkerPods(this, 'Worker', {
      name: WORKER,
      workload,
      image: images.worker,
      environment: { ...told, ...variables.worker },
      source: WorkerSource.kafka({
        bootstrapServers: topic.brokers, topic: topic.name, consumerGroup: CONSUMER_GROUP, partitions: topic.partitions, region: props.region,
      }),
    });
    this.gateways = [this.gateway('public', { tokens: props.tokens }), this.gateway('partners', { clientAuthoritySecretName: 'partner-authorities' })];
    new NodeCapacityMix(this, 'Nodes', {
      clusterName: props.clusterName,
      nodeRole: props.nodeRole,
      imageVersion: props.nodeImageVersion,
      tiers: [{ sizing: this.api.sizing }, { sizing: this.worker.sizing, mayRunOnSpot: true }],
    });
    new PodObservability(this, 'Observability', {
      namespace: NAMESPACE,
      workload,
      region: props.region,
      collectorImage: images.collector,
      gateways: this.gateways,
      tiers: [this.api],
      workers: [this.worker],
      runbooks: props.runbooks,
    });
    this.openMesh();
    this.openNetwork();
  }

  private gateway(name: 'public' | 'partners', clients: { readonly tokens?: TokenIssuerOptions; readonly clientAuthoritySecretName?: string }): GatewayTier {
    return new GatewayTier(this, `Gateway-${name}`, {
      name, workload: this.props.workload, hostname: this.props.hostnames[name], certificateSecretName: `${name}-certificate`, backend: this.api, ...clients,
    });
  }

  private proxies(name: string): { readonly [label: string]: string } {
    return { 'gateway.envoyproxy.io/owning-gateway-name': name };
  }

  private get gatewayNames(): readonly string[] {
    return this.gateways.map(({ gateway }) => gateway.name);
  }

  /** Gateways are called by everybody; the API by them; and what is counted, Prometheus reads. */
  private openMesh(): void {
    const [api, worker] = [this.api.labels, this.worker.labels];
    new MeshPolicy(this, 'Mesh', {
      namespace: NAMESPACE,
      edges: this.gatewayNames.map((name) => ({ name: `clients-of-${name}`, pods: this.proxies(name), ports: [PORTS.proxy] })),
      allowed: [
        { name: 'gateways-to-api', to: api, ports: [PORTS.api], fromNamespace: NAMESPACE },
        { name: 'pods-to-collector', to: { 'app.kubernetes.io/name': COLLECTOR }, ports: [PORTS.collector], fromNamespace: NAMESPACE },
        { name: 'prometheus-to-api', to: api, ports: [PORTS.api], fromNamespace: 'monitoring' },
        { name: 'prometheus-to-worker', to: worker, ports: [PORTS.health], fromNamespace: 'monitoring' },
      ],
    });
  }

  /** What passes the default denial. Between pods of the mesh everything goes over its own port: who may call whom is said above. */
  private openNetwork(): void {
    const { dataPorts, networkRange } = this.props;
    const anywhere = '0.0.0.0/0';
    const control = { namespace: 'envoy-gateway-system' };
    this.baseline.allowIngress('AllowMesh', { port: PORTS.mesh, peer: {} });
    this.baseline.allowIngress('AllowMeshOfPrometheus', { port: PORTS.mesh, peer: { namespace: 'monitoring' } });
    this.baseline.allowEgress('AllowMeshOut', { port: PORTS.mesh, peer: {} });
    // Probes of the kubelet come from this address in a mesh without sidecars: https://istio.io/latest/docs/ambient/usage/networkpolicy/
    [PORTS.api, PORTS.health].forEach((port) => this.baseline.allowIngress(`AllowProbes${port}`, { port, cidr: '169.254.7.127/32' }));
    // AWS over its endpoints, and the issuer of tokens.
    this.baseline.allowEgress('AllowHttps', { port: PORTS.https, cidr: anywhere });
    for (const [name, port] of Object.entries(dataPorts)) {
      this.baseline.allowEgress(`Allow${name}`, { port, cidr: networkRange });
    }
    for (const name of this.gatewayNames) {
      const pods = this.proxies(name);
      this.baseline.allowIngress(`AllowClientsOf${name}`, { pods, port: PORTS.proxy, cidr: anywhere });
      this.baseline.allowEgress(`AllowControlOf${name}`, { pods, port: PORTS.gatewayControl, peer: control });
      this.baseline.allowEgress(`AllowLimitsOf${name}`, { pods, port: PORTS.rateLimit, peer: control });
    }
  }
}
