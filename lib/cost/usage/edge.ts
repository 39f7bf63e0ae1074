import type { Facts } from '../../facts';
import { sizeConnections } from '../../sizing/connections';
import { edgeTraffic } from '../../sizing/edge-traffic';
import { highest, loadDimensions, networkDimensions, type LoadBalancerDimension } from '../../sizing/load-balancer-dimensions';
import { BILLED_GB } from '../../sizing/monthly-cost';
import type { TopologyResource } from '../../topology';
import { type Amount, declared, derived, times, weakest } from '../amount';
import { listOf, textOf } from './properties';
import { entriesOf, isPublic, text, trafficOf } from './traffic';
import type { UsageModel } from './usage-model';

/** What passes a load balancer or an API in a second. */
export interface EdgeUsage {
  readonly requestsPerSecond: Amount;
  /** Bytes in both directions. */
  readonly bytesPerSecond: Amount;
  /** Bytes of answers. */
  readonly bytesOutPerSecond: Amount;
}

/** Requests of a second, and their bytes. */
export interface EdgeBytes {
  readonly requests: number;
  /** Bytes in both directions. */
  readonly both: number;
  /** Bytes of answers. */
  readonly out: number;
}

/** What so many payments a second come in with. */
export function edgeBytes(model: UsageModel, paymentsPerSecond: number, facts: Facts): EdgeBytes {
  const traffic = edgeTraffic(model.average, paymentsPerSecond, facts);
  const both = traffic.public.bytes + traffic.partner.bytes;
  // What goes in is the headers of requests and the payments; the rest comes out.
  const bytesIn = traffic.requests * facts.number('target/edge.requestHeaderBytes') + paymentsPerSecond * model.workload.payloadSize.meanBytes;
  return { requests: traffic.requests, both, out: both - bytesIn };
}

/** Requests and bytes at an entry: posts with so many payments each, and reads of a status. */
export function edgeUsage(model: UsageModel, resource: TopologyResource): EdgeUsage {
  const flow = trafficOf(model, resource);
  const facts = model.facts(resource);
  const { both: all, out, requests } = edgeBytes(model, flow.value, facts);
  const { paymentsPerRequest, readsPerPayment } = model.workload;
  const posts = flow.value / paymentsPerRequest;
  const why = `${text(flow.value)} payments/s: ${text(posts)} posts/s and ${text(flow.value * readsPerPayment)} reads of a status/s`;
  const amount = (value: number, how: string): Amount => ({ value, kind: flow.kind, why: how });
  return {
    requestsPerSecond: model.use(resource, 'requestsPerSecond', () => amount(requests, why)),
    bytesPerSecond: model.use(resource, 'bytesPerSecond', () => amount(all, `${why}, ${text(all)} B/s both ways`)),
    bytesOutPerSecond: model.use(resource, 'bytesOutPerSecond', () => amount(out, `${why}, ${text(out)} B/s of answers`)),
  };
}

/** Capacity units of a load balancer in the mean: those of its busiest dimension. */
export function capacityUnits(model: UsageModel, resource: TopologyResource): Amount {
  const facts = model.facts(resource);
  const { requestsPerSecond, bytesPerSecond } = edgeUsage(model, resource);
  const mutualTls = asksForCertificates(model, resource);
  const connections = sizeConnections(model.average, facts)[isPublic(model, resource) || !mutualTls ? 'public' : 'partner'];
  const kind = isPublic(model, resource) || !mutualTls ? model.workload.publicEdgeShare : 1 - model.workload.publicEdgeShare;
  const part = kind === 0 ? 0 : trafficOf(model, resource).value / (model.rate * kind);
  const opened = model.use(resource, 'newConnectionsPerSecond', () => derived(connections.newPerSecond * part, 'connections opened in a second'));
  const open = model.use(resource, 'activeConnections', () => derived(connections.active * part, 'connections open at a time'));
  const load = {
    requests: requestsPerSecond.value, newPerSecond: opened.value, active: open.value, mutualTls,
    gigabytesPerHour: 3600 * bytesPerSecond.value / BILLED_GB,
  };
  const dimensions = isNetwork(resource) ? networkDimensions(load, facts) : loadDimensions(load, facts);
  const busiest = highest(dimensions);
  return { value: busiest.units, kind: kindOf(busiest, { opened, open, bytesPerSecond }), why: `${busiest.name}: ${busiest.formula}; ${bytesPerSecond.why}` };
}

export function isNetwork(resource: TopologyResource): boolean {
  return textOf(resource, 'Type') === 'network';
}

function kindOf(
  busiest: LoadBalancerDimension, of: { readonly opened: Amount; readonly open: Amount; readonly bytesPerSecond: Amount },
): Amount['kind'] {
  switch (busiest.label) {
    case 'NewConnections': return of.opened.kind;
    case 'ActiveConnections': return of.open.kind;
    case 'Gigabytes': return of.bytesPerSecond.kind;
    default: return weakest(of.bytesPerSecond.kind, 'derived');
  }
}

/** Whether a listener of a load balancer asks clients for a certificate. */
export function asksForCertificates(model: UsageModel, balancer: TopologyResource): boolean {
  return trustStores(model, balancer) > 0;
}

/** Trust stores that the listeners of a load balancer check certificates against. */
export function trustStores(model: UsageModel, balancer: TopologyResource): number {
  return model.references.to(balancer, 'AWS::ElasticLoadBalancingV2::Listener')
    .filter(({ from }) => textOf(from, 'MutualAuthentication.Mode') === 'verify').length;
}

/** Public addresses of a load balancer: one in each zone at least. */
export function publicAddresses(model: UsageModel, resource: TopologyResource): Amount {
  const zones = Math.max(listOf(resource, 'Subnets').length, listOf(resource, 'SubnetMappings').length);
  const internal = textOf(resource, 'Scheme') !== 'internet-facing';
  return model.use(resource, 'publicAddresses', () => (internal ? declared(0, 'it has no public address')
    : derived(zones, `one in each of ${zones} subnets; a busy load balancer may have more`)));
}

/** Requests that a web ACL sees: those of everything it stands before. */
export function webAclRequests(model: UsageModel, webAcl: TopologyResource): Amount {
  const behind = model.references.to(webAcl, 'AWS::WAFv2::WebACLAssociation')
    .flatMap(({ from }) => model.references.from(from, /^ResourceArn/).map(({ to }) => to));
  const all = behind.map((it) => edgeUsage(model, it).requestsPerSecond);
  const first = all[0];
  return model.use(webAcl, 'requestsPerSecond', () => ({
    value: all.reduce((sum, it) => sum + it.value, 0),
    kind: weakest(...all.map(({ kind }) => kind), 'derived'),
    why: first === undefined ? 'it stands before nothing in the assembly' : first.why,
  }));
}

/** Bytes of the access log of a load balancer in a second, 0 where it writes none. */
export function accessLogBytes(model: UsageModel, resource: TopologyResource): Amount {
  const writes = listOf(resource, 'LoadBalancerAttributes')
    .filter((it) => /^(access|connection)_logs\.s3\.enabled$/.test(String((it as { Key?: unknown }).Key)) && String((it as { Value?: unknown }).Value) === 'true').length > 0;
  return writes
    ? times(model.assume('accessLogBytes', 'compressed bytes of a request in the access log'), edgeUsage(model, resource).requestsPerSecond.value)
    : derived(0, 'no access log');
}

/** Load balancers and APIs that payments come in at. */
export { entriesOf };
