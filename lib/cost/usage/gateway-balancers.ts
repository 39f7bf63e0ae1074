import { sizeConnections } from '../../sizing/connections';
import { highest, networkDimensions } from '../../sizing/load-balancer-dimensions';
import { BILLED_GB } from '../../sizing/monthly-cost';
import type { ManifestObject, TopologyResource } from '../../topology';
import { type Amount, declared, derived, times } from '../amount';
import { manifestsOf, zonesOf } from './cluster-nodes';
import { edgeBytes } from './edge';
import { type Manifested, objectAt } from './pod-requests';
import { entriesOf, text } from './traffic';
import type { UsageModel } from './usage-model';

/** A Network Load Balancer that a controller in a cluster makes for a manifest, in the mean. */
export interface GatewayBalancer {
  readonly name: string;
  readonly capacityUnits: Amount;
  readonly publicAddresses: Amount;
  /** GB of answers that leave for the internet in a second. */
  readonly answers: Amount;
  /** GB between the proxies of a gateway and pods in other zones in a second, both ways. */
  readonly betweenZones: Amount;
}

const SCHEME = 'service.beta.kubernetes.io/aws-load-balancer-scheme';

interface BalancerManifest {
  readonly name: string;
  readonly internetFacing: boolean;
  /** Whether proxies of a gateway stand behind it, which pass requests on to pods in any zone. */
  readonly gateway: boolean;
}

/**
 * Load balancers of the services and gateways that a manifest states. Payments come in at all of them alike where no load balancer or API of the
 * assembly takes them; then each has its share of the requests and the bytes.
 */
export function gatewayBalancers(model: UsageModel, manifest: TopologyResource): GatewayBalancer[] {
  const objects = manifestsOf(model).get(manifest) ?? [];
  const own = objects.flatMap(balancerOf);
  if (own.length === 0) {
    return [];
  }
  const all = model.once('balancers of manifests', () => [...manifestsOf(model).values()].flat().flatMap(balancerOf).length);
  const rate = entriesOf(model).length > 0 ? 0 : model.rate / all;
  const staysInZone = objects.some((it) => objectAt(it, 'spec.loadBalancer.zoneAware.preferLocal') !== undefined);
  return own.map((it) => usageOf(model, manifest, { ...it, gateway: it.gateway && !staysInZone }, rate, all));
}

function balancerOf(object: ManifestObject): BalancerManifest[] {
  if (object.kind === 'Service' && objectAt(object, 'spec')?.type === 'LoadBalancer') {
    return [{ name: object.metadata.name, internetFacing: isInternetFacing(object.metadata.annotations), gateway: false }];
  }
  const service = objectAt(object, 'spec.provider.kubernetes.envoyService');
  return object.kind === 'EnvoyProxy' && (service?.type ?? 'LoadBalancer') === 'LoadBalancer'
    ? [{ name: `gateway ${object.metadata.name}`, internetFacing: isInternetFacing(objectAt(service, 'annotations')), gateway: true }] : [];
}

/** Those of the AWS Load Balancer Controller are internal unless they ask for more. */
function isInternetFacing(annotations: Manifested): boolean {
  return annotations?.[SCHEME] === 'internet-facing';
}

function usageOf(model: UsageModel, manifest: TopologyResource, balancer: BalancerManifest, rate: number, all: number): GatewayBalancer {
  const { name, internetFacing, gateway } = balancer;
  const facts = model.facts(manifest);
  const zones = zonesOf(model, manifest);
  const { both, out } = edgeBytes(model, rate, facts);
  const connections = sizeConnections(model.average, facts);
  const part = rate === 0 ? 0 : 1 / all;
  const busiest = highest(networkDimensions({
    requests: 0, mutualTls: false, gigabytesPerHour: 3600 * both / BILLED_GB,
    newPerSecond: part * (connections.public.newPerSecond + connections.partner.newPerSecond),
    active: part * (connections.public.active + connections.partner.active),
  }, facts));
  const why = `one of ${all} load balancers of manifests, ${text(rate)} payments/s`;
  const answers = derived(out / BILLED_GB, `${why}, ${text(out)} B/s of answers`);
  return {
    name,
    capacityUnits: derived(busiest.units, `${busiest.name}: ${busiest.formula}; ${why}`),
    publicAddresses: internetFacing ? derived(zones, `one in each of ${zones} zones`) : declared(0, 'it has no public address'),
    answers: internetFacing ? answers : times(answers, 0),
    // Billed where it leaves a zone, and where it comes in.
    betweenZones: derived(gateway ? 2 * both * (zones - 1) / zones / BILLED_GB : 0, `${why}, ${text(both)} B/s both ways; ${zones - 1} of ${zones} pods are in another zone, and both ends pay`),
  };
}
