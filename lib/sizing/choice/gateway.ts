import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { roundUp } from '../arithmetic';
import { Decision } from '../decision';
import { EdgeTraffic, edgeTraffic } from '../edge-traffic';
import { formatNumber } from '../format';
import { sizeLoadBalancer } from '../load-balancer';
import { highest, networkDimensions } from '../load-balancer-dimensions';
import { HOURS_PER_MONTH, MonthlyUsd, PriceTier, SECONDS_PER_MONTH, tieredUsd } from '../monthly-cost';
import { sizeConnections } from '../connections';
import { sizeWebAcl } from '../web-acl';
import { Candidate, cellOf, inCells, listed, modelled, SizedCandidate, timesCells } from './candidate';

/** What takes requests in: checks who sends, keeps abuse out, ends TLS. */
export function gatewayCandidates(workload: Workload, facts: Facts): Candidate[] {
  const words = 'no word of it; Envoy has this seat there';
  return [
    modelled({ name: 'ALB and a web ACL', technology: 'Application Load Balancer', figure: words }, workload, facts, applicationLoadBalancers),
    modelled({ name: 'NLB', technology: 'Network Load Balancer', figure: words }, workload, facts, networkLoadBalancers),
    modelled({ name: 'API Gateway HTTP', technology: 'API Gateway', figure: words }, workload, facts, httpApi),
    modelled({ name: 'API Gateway REST', technology: 'API Gateway', figure: words }, workload, facts, restApi),
    listed({
      name: 'Envoy on pods', technology: 'Envoy', figure: 'routing, rate limits and the end of TLS in the payment example; no figure',
    }, 'runs in a cluster that somebody operates, and its CPU a request is not measured here: neither sized nor priced'),
  ];
}

function applicationLoadBalancers(workload: Workload, facts: Facts): SizedCandidate {
  const { cells } = workload;
  const at = (cell: Workload): number => sizeLoadBalancer(cell, facts).monthlyDollars + webAclDollars(cell, facts);
  const cell = cellOf(workload);
  const balancer = sizeLoadBalancer(cell, facts);
  const reserved = balancer.public.reservedUnits + balancer.partner.reservedUnits;
  const idle = HOURS_PER_MONTH * (2 * facts.number('alb/hour') + facts.number('alb/trustStoreHour') + reserved * facts.number('alb/lcuHour'))
    + webAclFixedDollars(cell, facts);
  return {
    size: inCells(`2 load balancers of ${formatNumber(balancer.public.units)} and ${formatNumber(balancer.partner.units)} LCU`
      + `${workload.publicEdgeShare > 0 ? ', a web ACL on the first' : ''}`, cells),
    monthlyUsd: timesCells({ low: idle, typical: at(cell), high: at(cell.with({ average: cell.peak })) }, cells),
    latency: { milliseconds: facts.number('alb/added.p99.default') + facts.number('waf/added.p50.default'), of: 'added, p99' },
  };
}

function networkLoadBalancers(workload: Workload, facts: Facts): SizedCandidate {
  const { cells } = workload;
  const cell = cellOf(workload);
  const connections = sizeConnections(cell, facts);
  const traffic = edgeTraffic(cell, cell.peak.perSecond, facts);
  const load = {
    requests: traffic.requests,
    newPerSecond: connections.public.newPerSecond + connections.partner.newPerSecond,
    active: connections.public.active + connections.partner.active,
    gigabytesPerHour: gigabytesPerHour(cell, facts),
    mutualTls: false,
  };
  const units = highest(networkDimensions(load, facts)).units;
  const dollars = (share: number): number => HOURS_PER_MONTH * (facts.number('nlb/hour') + share * units * facts.number('nlb/nlcuHour'));
  const average = cell.average.perSecond / cell.peak.perSecond;
  return {
    size: inCells(`1 load balancer of ${formatNumber(roundUp(units))} NLCU`, cells),
    monthlyUsd: timesCells({ low: dollars(0), typical: dollars(average), high: dollars(1) }, cells),
    latency: { milliseconds: facts.number('nlb/added.p50'), of: 'added, p50' },
    excuses: [
      ...(traffic.public.requests > 0
        ? [`no web ACL can stand on it, and ${formatNumber(traffic.public.requests)} requests/s of a cell come from the public`] : []),
      `passes TCP on: each task would end TLS for ${formatNumber(load.newPerSecond)} handshakes/s of a cell and check client certificates, which the API here does not`,
    ],
  };
}

function httpApi(workload: Workload, facts: Facts): SizedCandidate {
  const traffic = edgeTraffic(workload, workload.peak.perSecond, facts);
  const tiers = [{ upTo: 300e6, usd: facts.number('apigateway/http.million.tier1') / 1e6 }, { upTo: Infinity, usd: facts.number('apigateway/http.million.tier2') / 1e6 }];
  return {
    size: apiSize(traffic, facts),
    monthlyUsd: requestDollars(workload, tiers, facts),
    latency: { milliseconds: facts.number('apigateway/http.added.p50.default'), of: 'added, p50' },
    excuses: traffic.public.requests > 0
      ? [`no web ACL can stand on it, and ${formatNumber(traffic.public.requests)} requests/s come from the public`] : [],
  };
}

function restApi(workload: Workload, facts: Facts): SizedCandidate {
  const traffic = edgeTraffic(workload, workload.peak.perSecond, facts);
  const million = (tier: number): number => facts.number(`apigateway/rest.million.tier${tier}`) / 1e6;
  const tiers = [
    { upTo: 333e6, usd: million(1) }, { upTo: 1e9, usd: million(2) }, { upTo: 20e9, usd: million(3) }, { upTo: Infinity, usd: million(4) },
  ];
  const requests = requestDollars(workload, tiers, facts);
  const link = HOURS_PER_MONTH * facts.number('nlb/hour');
  const fixed = link + webAclFixedDollars(workload, facts);
  return {
    size: `${apiSize(traffic, facts)}, a load balancer for its private link`,
    monthlyUsd: {
      low: fixed,
      typical: requests.typical + link + webAclDollars(workload, facts),
      high: requests.high + link + webAclDollars(workload.with({ average: workload.peak }), facts),
    },
    latency: { milliseconds: facts.number('apigateway/http.added.p50.default'), of: 'added, p50 of the faster HTTP kind' },
  };
}

/** Requests of one system: the quota of an account does not grow with cells. */
function apiSize(traffic: EdgeTraffic, facts: Facts): string {
  const quota = facts.number('apigateway/throttle.rps');
  const raise = traffic.requests > quota ? `, ${formatNumber(traffic.requests / quota)} times the account's quota of ${formatNumber(quota)}: a raise comes first` : '';
  return `${formatNumber(traffic.requests)} requests/s${raise}`;
}

function requestDollars(workload: Workload, tiers: readonly PriceTier[], facts: Facts): MonthlyUsd {
  const at = (rate: number): number => tieredUsd(edgeTraffic(workload, rate, facts).requests * SECONDS_PER_MONTH, tiers);
  return { low: 0, typical: at(workload.average.perSecond), high: at(workload.peak.perSecond) };
}

function webAclDollars(workload: Workload, facts: Facts): number {
  return workload.publicEdgeShare === 0 ? 0 : sizeWebAcl(workload, facts).monthlyDollars;
}

function webAclFixedDollars(workload: Workload, facts: Facts): number {
  const sizing = workload.publicEdgeShare === 0 ? undefined : Decision.find(sizeWebAcl(workload, facts).decisions, 'monthlyDollars');
  return sizing === undefined ? 0 : facts.number('waf/webAcl.month') + facts.number('waf/rule.month') * (sizing.inputs.rules as number);
}

function gigabytesPerHour(cell: Workload, facts: Facts): number {
  const traffic = edgeTraffic(cell, cell.peak.perSecond, facts);
  return 3600 * (traffic.public.bytes + traffic.partner.bytes) / 2 ** 30;
}
