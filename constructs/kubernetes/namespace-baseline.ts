import { Construct } from 'constructs';
import { requireDnsLabel } from '../validation';
import { k8s } from './cdk8s';
import { KUBERNETES } from './defaults';

const DNS_PORT = 53;

/** Which pods another policy speaks of. */
export interface PodPeer {
  /**
   * Namespace of the pods.
   *
   * @default - the namespace of the baseline itself
   */
  readonly namespace?: string;
  /**
   * Labels of the pods.
   *
   * @default - all pods of the namespace
   */
  readonly labels?: { readonly [name: string]: string };
}

/** One way that stays open. */
export interface AllowedTraffic {
  /**
   * Pods of this namespace that it is open for.
   *
   * @default - all of them
   */
  readonly pods?: { readonly [name: string]: string };
  /** Port over TCP. */
  readonly port: number;
  /**
   * The other end, as pods.
   *
   * @default - none, see `cidr`
   */
  readonly peer?: PodPeer;
  /**
   * The other end, as a range of addresses.
   *
   * @default - none, see `peer`
   */
  readonly cidr?: string;
}

/** What a namespace is made with. */
export interface NamespaceBaselineProps {
  /** Name of the namespace. */
  readonly name: string;
  /**
   * Whether the sidecar-less mesh (Istio ambient) takes its traffic in.
   *
   * @default true
   */
  readonly mesh?: boolean;
  /**
   * Further labels.
   *
   * @default - none
   */
  readonly labels?: { readonly [name: string]: string };
}

/**
 * A namespace that lets nothing in and nothing out but names, and takes restricted pods alone. Open what is needed with `allowIngress` and
 * `allowEgress`.
 *
 * Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export class NamespaceBaseline extends Construct {
  /** Name of the namespace. */
  readonly namespaceName: string;
  /** The namespace. */
  readonly namespace: k8s.KubeNamespace;

  /** @throws Error for a name that is no label of DNS. */
  constructor(scope: Construct, id: string, props: NamespaceBaselineProps) {
    super(scope, id);
    requireDnsLabel('name', props.name);
    this.namespaceName = props.name;
    const version = `v1.${KUBERNETES.podSecurityVersion}`;
    this.namespace = new k8s.KubeNamespace(this, 'Namespace', {
      metadata: {
        name: props.name,
        labels: {
          ...Object.fromEntries(['enforce', 'audit', 'warn'].flatMap((mode) => [
            [`pod-security.kubernetes.io/${mode}`, 'restricted'],
            [`pod-security.kubernetes.io/${mode}-version`, version],
          ])),
          ...((props.mesh ?? true) && { 'istio.io/dataplane-mode': 'ambient' }),
          ...props.labels,
        },
      },
    });
    this.policy('DefaultDeny', 'default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    this.policy('AllowNames', 'allow-names', {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{
        to: [{
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
          podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
        }],
        ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(DNS_PORT) })),
      }],
    });
  }

  /** Lets others in. */
  allowIngress(id: string, traffic: AllowedTraffic): void {
    this.policy(id, policyName(id), {
      podSelector: selectorOf(traffic.pods),
      policyTypes: ['Ingress'],
      ingress: [{ from: [peerOf(traffic)], ports: portsOf(traffic) }],
    });
  }

  /** Lets pods out to others. */
  allowEgress(id: string, traffic: AllowedTraffic): void {
    this.policy(id, policyName(id), {
      podSelector: selectorOf(traffic.pods),
      policyTypes: ['Egress'],
      egress: [{ to: [peerOf(traffic)], ports: portsOf(traffic) }],
    });
  }

  private policy(id: string, name: string, spec: k8s.NetworkPolicySpec): void {
    new k8s.KubeNetworkPolicy(this, id, { metadata: { name, namespace: this.namespaceName }, spec });
  }
}

/** `AllowApi` as `allow-api`. */
function policyName(id: string): string {
  const name = id.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
  requireDnsLabel('id', name, 'letters and digits, as the name of a policy is made of it');
  return name;
}

function selectorOf(labels: { readonly [name: string]: string } | undefined): k8s.LabelSelector {
  return labels === undefined ? {} : { matchLabels: { ...labels } };
}

function peerOf({ peer, cidr }: AllowedTraffic): k8s.NetworkPolicyPeer {
  if ((peer === undefined) === (cidr === undefined)) {
    throw new Error(`one of \`peer\` and \`cidr\` must be given, got: ${peer === undefined ? 'neither' : 'both'}`);
  }
  if (cidr !== undefined) {
    return { ipBlock: { cidr } };
  }
  return {
    ...(peer!.namespace !== undefined && { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': peer!.namespace } } }),
    podSelector: selectorOf(peer!.labels),
  };
}

function portsOf({ port }: AllowedTraffic): k8s.NetworkPolicyPort[] {
  return [{ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) }];
}
