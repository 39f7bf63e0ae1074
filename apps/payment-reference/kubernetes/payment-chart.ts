import type { Construct } from 'constructs';
import {
  GatewayTier, MeshPolicy, PodObservability, StatelessPods, StreamWorkerPods, TaskSchedule, type TaskScheduleProps, type TokenIssuerOptions,
  WorkerSource,
} from '../../../constructs/kubernetes';
import { Chart } from '../../../constructs/kubernetes/cdk8s';
import { KUBERNETES } from '../../../constructs/kubernetes/defaults';
import { sizePodTier } from '../../../lib/sizing';
import type { Workload } from '../../../lib/workload';
import type { Variables } from '../ledger-access';
import { BaseChart, type UpkeepOptions } from './base-chart';
import { API, CONSUMER_GROUP, NAMESPACE, UPKEEP, WORKER } from './names';
import { PORTS } from './ports';

/** In an hour. */
const MINUTES = 60;
/** Whence probes of the kubelet come in a mesh without sidecars: https://istio.io/latest/docs/ambient/usage/networkpolicy/ */
const PROBES = '169.254.7.127/32';

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
  /** Tags of what is made for the cluster outside of stacks: nodes, and load balancers of gateways. */
  readonly tags: { readonly [key: string]: string };
  /** Range of addresses of the network: topic, database and cache are in it. */
  readonly networkRange: string;
  /** Topic, and the brokers' addresses as `host:port` with commas between. */
  readonly topic: { readonly name: string; readonly partitions: number; readonly brokers: string };
  /** Ports that pods reach in the network, by what is there. */
  readonly dataPorts: { readonly [name: string]: number };
  /** Images by their digests, or as assets. */
  readonly images: { readonly api: string; readonly worker: string; readonly collector: string };
  /** Names that clients call. */
  readonly hostnames: { readonly public: string; readonly partners: string };
  /** Who tokens of the public gateway come from. */
  readonly tokens: TokenIssuerOptions;
  /** Variables of the API and the worker. */
  readonly variables: { readonly api: Variables; readonly worker: Variables };
  /** What looks after the ledger. */
  readonly upkeep: UpkeepOptions;
  /** How many cells there are: a client's share is that of the pods of all of them. */
  readonly cells: number;
  /** Address of the runbooks; none when left out. */
  readonly runbooks?: string;
}

/** Everything of one cell that runs in its cluster. What must be there before is in a chart of its own. */
export class PaymentChart extends Chart {
  /** To be applied first: this chart comes once its migration has succeeded. */
  readonly base: BaseChart;
  readonly api: StatelessPods;
  readonly worker: StreamWorkerPods;
  readonly gateways: readonly GatewayTier[];

  constructor(scope: Construct, id: string, private readonly props: PaymentChartProps) {
    super(scope, id, { namespace: NAMESPACE, disableResourceNameHashes: true });
    const { images, topic, variables, workload } = props;
    const told = { OTEL_EXPORTER_OTLP_ENDPOINT: PodObservability.endpointIn(NAMESPACE), AWS_REGION: props.region };
    const { minimumReplicas } = sizePodTier(workload);
    this.api = new StatelessPods(this, 'Api', {
      name: API,
      workload,
      image: images.api,
      grpcPort: PORTS.grpc,
      metricsPort: PORTS.metrics,
      // It has no other path for that: `/livez` is that of the worker.
      livenessPath: '/healthz',
      // Of all cells: where the cache does not count for all of them, each pod lets a client have its part.
      environment: { ...told, ...variables.api, API_TASKS: String(minimumReplicas * props.cells) },
    });
    this.worker = new StreamWorkerPods(this, 'Worker', {
      name: WORKER,
      workload,
      image: images.worker,
      environment: { ...told, ...variables.worker },
      // What one had in hand when it went, another does again, to no effect.
      mayRunOnSpot: true,
      source: WorkerSource.kafka({
        bootstrapServers: topic.brokers, topic: topic.name, consumerGroup: CONSUMER_GROUP, partitions: topic.partitions, region: props.region,
      }),
    });
    this.gateways = [this.gateway('public', { tokens: props.tokens }), this.gateway('partners', { clientAuthoritySecretName: 'partner-authorities' })];
    this.base = new BaseChart(scope, `${id}-base`, {
      ...props,
      sizes: { api: this.api.sizing, worker: this.worker.sizing, gateways: this.gateways.map(({ sizing }) => sizing) },
      upkeep: { ...props.upkeep, variables: this.upkeepVariables() },
    });
    const observability = new PodObservability(this, 'Observability', {
      namespace: NAMESPACE,
      workload,
      region: props.region,
      collectorImage: images.collector,
      gateways: this.gateways,
      tiers: [this.api],
      workers: [this.worker],
      runbooks: props.runbooks,
    });
    this.addUpkeep();
    this.openMesh(observability);
    this.openNetwork();
  }

  private upkeepVariables(): Variables {
    return { AWS_REGION: this.props.region, ...this.props.upkeep.variables };
  }

  /** Sums of days each hour, and partitions that come and go each day. Every cell does it, one after the other: none is missed when one is lost. */
  private addUpkeep(): void {
    const { dailyDeadline, dailyDelay, hour, minute, stagger } = KUBERNETES.upkeep;
    const { cellIndex, image } = this.props.upkeep;
    const at = (delay: number): number => (minute + delay + cellIndex * stagger) % MINUTES;
    const tasks: { readonly [name: string]: Pick<TaskScheduleProps, 'deadline' | 'schedule'> } = {
      hourly: { schedule: `${at(0)} * * * *` },
      daily: { schedule: `${at(dailyDelay)} ${hour} * * *`, deadline: dailyDeadline },
    };
    for (const [task, options] of Object.entries(tasks)) {
      new TaskSchedule(this, `Upkeep-${task}`, {
        name: `ledger-${task}`, image, args: [task], environment: this.upkeepVariables(), serviceAccountName: UPKEEP, ...options,
      });
    }
  }

  private gateway(name: 'public' | 'partners', clients: { readonly tokens?: TokenIssuerOptions; readonly clientAuthoritySecretName?: string }): GatewayTier {
    return new GatewayTier(this, `Gateway-${name}`, {
      name, workload: this.props.workload, hostname: this.props.hostnames[name], certificateSecretName: `${name}-certificate`, backend: this.api,
      tags: this.props.tags, ...clients,
    });
  }

  /** Gateways are called by everybody; the API by them; and what is counted, Prometheus reads. */
  private openMesh({ collectorLabels }: PodObservability): void {
    const [api, worker] = [this.api.labels, this.worker.labels];
    new MeshPolicy(this, 'Mesh', {
      namespace: NAMESPACE,
      edges: this.gateways.map(({ gateway: { name }, proxyLabels }) => ({ name: `clients-of-${name}`, pods: proxyLabels, ports: [PORTS.proxy] })),
      allowed: [
        { name: 'gateways-to-api', to: api, ports: [PORTS.api], fromNamespace: NAMESPACE },
        { name: 'services-to-api', to: api, ports: [PORTS.grpc], fromNamespace: NAMESPACE },
        { name: 'pods-to-collector', to: { ...collectorLabels }, ports: [PORTS.collector], fromNamespace: NAMESPACE },
        { name: 'prometheus-to-api', to: api, ports: [PORTS.metrics], fromNamespace: 'monitoring' },
        { name: 'prometheus-to-worker', to: worker, ports: [PORTS.health], fromNamespace: 'monitoring' },
        ...this.gateways.map(({ gateway: { name }, proxyLabels }) => (
          { name: `prometheus-to-${name}`, to: proxyLabels, ports: [PORTS.proxyMetrics], fromNamespace: 'monitoring' }
        )),
      ],
    });
  }

  /** What passes the default denial. Between pods of the mesh everything goes over its own port: who may call whom is said above. */
  private openNetwork(): void {
    const { base: { baseline }, props: { dataPorts, networkRange } } = this;
    const anywhere = '0.0.0.0/0';
    const control = { namespace: 'envoy-gateway-system' };
    baseline.allowIngress('AllowMesh', { port: PORTS.mesh, peer: {} });
    baseline.allowIngress('AllowMeshOfPrometheus', { port: PORTS.mesh, peer: { namespace: 'monitoring' } });
    baseline.allowEgress('AllowMeshOut', { port: PORTS.mesh, peer: {} });
    [PORTS.api, PORTS.health].forEach((port) => baseline.allowIngress(`AllowProbes${port}`, { port, cidr: PROBES }));
    // Pods get the credentials of their roles from an agent on their node: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-how-it-works.html
    baseline.allowEgress('AllowIdentity', { port: PORTS.identity, cidr: '169.254.170.23/32' });
    // AWS over its endpoints, and the issuer of tokens.
    baseline.allowEgress('AllowHttps', { port: PORTS.https, cidr: anywhere });
    for (const [name, port] of Object.entries(dataPorts)) {
      baseline.allowEgress(`Allow${name}`, { port, cidr: networkRange });
    }
    for (const { gateway: { name }, proxyLabels: pods } of this.gateways) {
      [PORTS.proxyReady, PORTS.proxyShutdown].forEach((port) => baseline.allowIngress(`AllowProbes${port}Of${name}`, { pods, port, cidr: PROBES }));
      baseline.allowIngress(`AllowClientsOf${name}`, { pods, port: PORTS.proxy, cidr: anywhere });
      baseline.allowEgress(`AllowControlOf${name}`, { pods, port: PORTS.gatewayControl, peer: control });
      baseline.allowEgress(`AllowLimitsOf${name}`, { pods, port: PORTS.rateLimit, peer: control });
    }
  }
}
