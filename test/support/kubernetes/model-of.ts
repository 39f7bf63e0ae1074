/** An object as it stands in a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: { readonly [name: string]: string } };
  readonly spec?: { readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

/** Groups whose models are packages of their own. */
const PACKAGES: Readonly<Record<string, string>> = {
  'keda.sh': '@kubernetes-models/keda',
  'karpenter.sh': '@kubernetes-models/karpenter',
  'karpenter.k8s.aws': '@kubernetes-models/karpenter',
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'security.istio.io': '@kubernetes-models/istio',
  'networking.istio.io': '@kubernetes-models/istio',
  'telemetry.istio.io': '@kubernetes-models/istio',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/** Groups that nobody publishes models of; their interfaces stand in `constructs/kubernetes/api`, and the compiler holds them. */
const WITHOUT_MODELS = new Set(['gateway.envoyproxy.io']);

/** Module of the model of a kind. @returns undefined for one that has none */
export function modelOf({ apiVersion }: Manifest): string | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : [undefined, apiVersion];
  if (group === undefined) {
    return `kubernetes-models/${version}`;
  }
  if (WITHOUT_MODELS.has(group)) {
    return undefined;
  }
  return group in PACKAGES ? `${PACKAGES[group]}/${group}/${version}` : `kubernetes-models/${group}/${version}`;
}
