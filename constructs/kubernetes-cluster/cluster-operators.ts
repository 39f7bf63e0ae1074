import * as eks from 'aws-cdk-lib/aws-eks-v2';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct, type IDependable } from 'constructs';
import { KUBERNETES } from '../kubernetes/defaults';
import { ClusterOperator } from './cluster-operator';
import type { AddOperatorOptions, OperatorOverride, RateLimitStore } from './kubernetes-cluster-props';
import { SYSTEM_TOLERATION } from './system-nodes';

/** Properties of `ClusterOperators`. */
export interface ClusterOperatorsProps {
  readonly cluster: eks.Cluster;
  readonly clusterName: string;
  readonly vpcId: string;
  readonly interruptions: sqs.IQueue;
  readonly rateLimitStore?: RateLimitStore;
  readonly overrides: { readonly [release: string]: OperatorOverride };
  /** What must be there before any of them. */
  readonly after: readonly IDependable[];
}

/** The operators of a cluster, in the order in which they need each other. */
export class ClusterOperators extends Construct {
  private readonly charts = new Map<string, eks.HelmChart>();

  constructor(scope: Construct, id: string, private readonly props: ClusterOperatorsProps) {
    super(scope, id);
    const { ENVOY_GATEWAY, ISTIO_BASE, ISTIO_CNI, ISTIO_CONTROL, ISTIO_ZTUNNEL, KARPENTER, KEDA, LOAD_BALANCER_CONTROLLER } = ClusterOperator;
    const tolerations = [SYSTEM_TOLERATION];
    this.add(KARPENTER, {
      values: {
        settings: {
          clusterName: props.clusterName,
          interruptionQueue: props.interruptions.queueName,
          featureGates: { reservedCapacity: true },
        },
        serviceAccount: { name: 'karpenter' },
      },
    });
    this.add(LOAD_BALANCER_CONTROLLER, {
      values: {
        clusterName: props.clusterName,
        region: this.props.cluster.stack.region,
        vpcId: props.vpcId,
        serviceAccount: { name: LOAD_BALANCER_CONTROLLER.options.name },
        // Load balancers are those of services that ask for one; nothing else is looked at.
        enableShield: false,
        enableWaf: false,
        enableWafv2: false,
        tolerations,
      },
    });
    // Its webhook looks at every service that is made: nothing comes before it is ready.
    const after = [LOAD_BALANCER_CONTROLLER];
    // It tells Prometheus the lag that it scales by.
    this.add(KEDA, {
      after, values: { serviceAccount: { operator: { name: 'keda-operator' } }, prometheus: { operator: { enabled: true } }, tolerations },
    });
    this.add(ISTIO_BASE, { after });
    this.add(ISTIO_CONTROL, { after: [ISTIO_BASE], values: { profile: 'ambient', tolerations } });
    this.add(ISTIO_CNI, { after: [ISTIO_CONTROL], values: { profile: 'ambient' } });
    this.add(ISTIO_ZTUNNEL, { after: [ISTIO_CNI] });
    this.add(ENVOY_GATEWAY, {
      after,
      values: {
        deployment: { pod: { tolerations } },
        // Helm waits for this Job before it installs anything, and there are no other nodes yet.
        certgen: { job: { tolerations } },
        config: {
          envoyGateway: {
            // Proxies run beside their gateway, under the policies of its namespace.
            provider: { type: 'Kubernetes', kubernetes: { deploy: { type: 'GatewayNamespace' } } },
            ...(props.rateLimitStore !== undefined && {
              rateLimit: { backend: { type: 'Redis', redis: { url: props.rateLimitStore.endpoint, tls: {} } } },
            }),
          },
        },
      },
    });
    this.node.addValidation({ validate: () => this.unmatchedOverrides() });
  }

  /** All charts that were installed. */
  get all(): readonly eks.HelmChart[] {
    return [...this.charts.values()];
  }

  /** @throws Error for an operator that is there already, or that comes after one that is not. */
  add(operator: ClusterOperator, { after = [], namespace: marks, values, wait }: AddOperatorOptions): eks.HelmChart {
    const { name, chart, repository, namespace, version } = operator.options;
    if (this.charts.has(name)) {
      throw new Error(`\`operator\` must be one that is not there yet, got: ${name} twice`);
    }
    const override = this.props.overrides[name] ?? {};
    const first = after.map((it) => this.find(it));
    const release = new eks.HelmChart(this, name, {
      cluster: this.props.cluster,
      release: name,
      chart,
      repository,
      namespace,
      version: override.version === undefined ? version : operator.withVersion(override.version).options.version,
      values: merged(values ?? {}, override.values ?? {}),
      createNamespace: namespace !== 'kube-system' && marks === undefined,
      wait: wait ?? true,
      timeout: KUBERNETES.nodes.operatorWait,
    });
    release.node.addDependency(...this.props.after, ...first);
    if (marks !== undefined) {
      release.node.addDependency(new eks.KubernetesManifest(this, `${name}-namespace`, {
        cluster: this.props.cluster, manifest: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, ...marks } }],
      }));
    }
    this.charts.set(name, release);
    return release;
  }

  /** @throws Error where there is none. */
  find({ options: { name } }: ClusterOperator): eks.HelmChart {
    const chart = this.charts.get(name);
    if (chart === undefined) {
      throw new Error(`\`operator\` must be one of ${[...this.charts.keys()].join(', ')}, got: ${name}`);
    }
    return chart;
  }

  private unmatchedOverrides(): string[] {
    return Object.keys(this.props.overrides)
      .filter((name) => !this.charts.has(name))
      .map((name) => `\`operators\` must name one of ${[...this.charts.keys()].join(', ')}, got: ${name}`);
  }
}

/** Values over values, at every depth; lists are replaced as a whole, as Helm does. */
function merged(below: { readonly [name: string]: unknown }, above: { readonly [name: string]: unknown }): { [name: string]: unknown } {
  return Object.entries(above).reduce<{ [name: string]: unknown }>((all, [name, value]) => {
    const before = all[name];
    return { ...all, [name]: isObject(before) && isObject(value) ? merged(before, value) : value };
  }, { ...below });
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
