import { Construct } from 'constructs';
import { requireIntegerBetween, requirePattern } from '../validation';
import type { AuthorizationPolicy, PeerAuthentication } from './api/istio';
import type { ApiObject } from './cdk8s';
import { customObject } from './custom-object';
import { KUBERNETES } from './defaults';

const API = 'security.istio.io/v1';

/** Who may call whom. */
export interface AllowedCall {
  /** Name of the rule. */
  readonly name: string;
  /** Labels of the pods that are called. */
  readonly to: { readonly [name: string]: string };
  /** Ports of the pods that are called. */
  readonly ports: readonly number[];
  /** Namespace of the caller. */
  readonly fromNamespace: string;
  /**
   * Service account of the caller.
   *
   * @default - any of its namespace
   */
  readonly fromServiceAccount?: string;
}

/** Pods that are called from outside of the mesh: gateways, whose clients have no identity in it. */
export interface MeshEdge {
  /** Name of the rules. */
  readonly name: string;
  /** Labels of the pods. */
  readonly pods: { readonly [name: string]: string };
  /** Ports that anybody may call, with the protocol's own encryption alone. */
  readonly ports: readonly number[];
}

/** What a mesh policy is made with. */
export interface MeshPolicyProps {
  /** Namespace, with the label of the mesh. */
  readonly namespace: string;
  /** Who may call. */
  readonly allowed: readonly AllowedCall[];
  /**
   * Where others come in.
   *
   * @default - nowhere
   */
  readonly edges?: readonly MeshEdge[];
  /**
   * Trust domain of the mesh.
   *
   * @default 'cluster.local'
   */
  readonly trustDomain?: string;
}

/**
 * Mutual TLS between all pods of a namespace, and nobody may call anybody who is not named here. The mesh has no sidecars (Istio ambient): the nodes'
 * own proxies encrypt and know who calls, at about a quarter of the CPU.
 *
 * @see https://istio.io/latest/docs/ops/ambient/usage/l4-policy/
 */
export class MeshPolicy extends Construct {
  /** Plain text is refused. */
  readonly mutualTls: ApiObject;
  /** What is allowed, by name. */
  readonly allowed: { readonly [name: string]: ApiObject };

  constructor(scope: Construct, id: string, props: MeshPolicyProps) {
    super(scope, id);
    const { namespace, trustDomain = 'cluster.local' } = props;
    const metadata = (name: string): { readonly name: string; readonly namespace: string } => ({ name, namespace });
    this.mutualTls = customObject<PeerAuthentication>(this, 'MutualTls', {
      apiVersion: API, kind: 'PeerAuthentication', metadata: metadata('strict'), spec: { mtls: { mode: 'STRICT' } },
    });
    // A policy without a rule allows nothing.
    customObject<AuthorizationPolicy>(this, 'DefaultDeny', { apiVersion: API, kind: 'AuthorizationPolicy', metadata: metadata('default-deny'), spec: {} });
    for (const { name, pods, ports } of props.edges ?? []) {
      requireName(name);
      ports.forEach(requirePort);
      const selector = { matchLabels: { ...pods } };
      customObject<PeerAuthentication>(this, `${name}-encryption`, {
        apiVersion: API,
        kind: 'PeerAuthentication',
        metadata: metadata(name),
        spec: { selector, mtls: { mode: 'STRICT' }, portLevelMtls: Object.fromEntries(ports.map((port) => [String(port), { mode: 'PERMISSIVE' }])) },
      });
      customObject<AuthorizationPolicy>(this, name, {
        apiVersion: API,
        kind: 'AuthorizationPolicy',
        metadata: metadata(name),
        spec: { selector, action: 'ALLOW', rules: [{ to: [{ operation: { ports: ports.map(String) } }] }] },
      });
    }
    this.allowed = Object.fromEntries(props.allowed.map((call) => {
      requireName(call.name);
      call.ports.forEach(requirePort);
      const source = call.fromServiceAccount === undefined
        ? { namespaces: [call.fromNamespace] }
        : { principals: [`${trustDomain}/ns/${call.fromNamespace}/sa/${call.fromServiceAccount}`] };
      return [call.name, customObject<AuthorizationPolicy>(this, call.name, {
        apiVersion: API,
        kind: 'AuthorizationPolicy',
        metadata: metadata(call.name),
        spec: {
          selector: { matchLabels: { ...call.to } },
          action: 'ALLOW',
          rules: [{ from: [{ source }], to: [{ operation: { ports: call.ports.map(String) } }] }],
        },
      })];
    }));
  }
}

function requireName(name: string): void {
  requirePattern('name', name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, starting with a letter');
}

function requirePort(port: number): void {
  requireIntegerBetween('ports', port, 1, KUBERNETES.localPorts.last);
}
