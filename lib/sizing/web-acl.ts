import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { EDGE_TRAFFIC_FACTS, edgeTraffic } from './edge-traffic';
import { formatBytes, formatNumber, formatSeconds } from './format';
import { SECONDS_PER_MONTH } from './monthly-cost';
import { planned } from './planned';
import { requireWebAclRate, webAclRates, WEB_ACL_QUOTA } from './web-acl-rate';

/** Size of the web ACL in front of the public edge of one cell. */
export interface WebAclSizing {
  /** Requests per second at the peak. */
  readonly requestsPerSecond: number;
  /** Seconds over which a rate rule counts. */
  readonly windowSeconds: number;
  /** Requests of one address in a window from which it is blocked. */
  readonly addressLimit: number;
  /** Requests of one API key in a window from which it is blocked. */
  readonly keyLimit: number;
  /** Capacity units of all rules. */
  readonly capacityUnits: number;
  /** Bytes of a body that rules see. */
  readonly inspectedBytes: number;
  /** Whether the rule on body size may also stand on `POST /payments:batch`. */
  readonly batchWithinInspection: boolean;
  /** US dollars a month at the average rate. */
  readonly monthlyDollars: number;
  readonly decisions: readonly Decision[];
}

/** What a web ACL has beside the rules of every public edge: the managed groups, the two rates and the size of bodies. */
export interface WebAclRules {
  /**
   * Rules that compare a text as it came: a header, or a path.
   *
   * @default 0
   */
  readonly stringMatches?: number;
  /**
   * Rules that hold a text against a pattern.
   *
   * @default 0
   */
  readonly patternMatches?: number;
  /**
   * Rules that look at the country of an address.
   *
   * @default 0
   */
  readonly countryMatches?: number;
  /**
   * Rules that look at a label which an earlier rule gave.
   *
   * @default 0
   */
  readonly labelMatches?: number;
  /**
   * How many rules of one's own these statements are in: each has a price.
   *
   * @default 0
   */
  readonly rules?: number;
}

const PATH = 'webAcl';
const LAG = 'waf/rateRule.detectionLagSec';
const WINDOWS = 'waf/rateRule.windowsSec';
const LEAST_LIMIT = 'waf/rateRule.minLimit';
const TRACKED = 'waf/rateRule.maxTrackedKeys';
const PRICE_FACTS = [
  'waf/webAcl.month', 'waf/rule.month', 'waf/requestMillion', 'target/edge.awsManagedGroups', 'target/edge.ownRules', ...EDGE_TRAFFIC_FACTS,
];

/**
 * Sizes the web ACL of the public edge. Give it the workload of one cell. It is a net against abuse: who may send how much is decided in the API.
 *
 * @param rules what the web ACL has beside the rules of every public edge
 * @throws Error when more requests reach it than its quota, and no raise of that is stated
 */
export function sizeWebAcl(workload: Workload, facts: Facts = Facts.DEFAULT, rules: WebAclRules = {}): WebAclSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts, rules), () => []);
}

function sizeOnce(workload: Workload, facts: Facts, rules: WebAclRules): WebAclSizing {
  const traffic = edgeTraffic(workload, workload.peak.perSecond, facts);
  const requests = requestsDecision(traffic.public.requests, workload, facts);
  const window = windowDecision(facts);
  const seconds = window.value as number;
  const address = addressDecision(workload, seconds, facts);
  const key = keyDecision(workload, traffic.public.requests, seconds, facts);
  const units = unitsDecision(facts, rules);
  const body = bodyDecision(workload, facts);
  const month = monthDecision(workload, facts, rules);
  return {
    requestsPerSecond: requests.value as number,
    windowSeconds: seconds,
    addressLimit: address.value as number,
    keyLimit: key.value as number,
    capacityUnits: units.value as number,
    inspectedBytes: facts.number('waf/body.regional.maxBytes'),
    batchWithinInspection: (body.inputs.largestBatchBytes as number) <= facts.number('waf/body.regional.maxBytes'),
    monthlyDollars: month.value as number,
    decisions: [requests, window, address, key, units, body, month],
  };
}

function requestsDecision(requests: number, workload: Workload, facts: Facts): Decision {
  requireWebAclRate(requests, facts);
  const { planned: proven, facts: ids } = webAclRates(facts);
  const value = roundUp(requests);
  const share = workload.publicEdgeShare;
  const all = workload.peak.perSecond * (1 / workload.paymentsPerRequest + workload.readsPerPayment);
  return Decision.derive({
    path: PATH,
    name: 'requestsPerSecond',
    value,
    unit: 'requests/s',
    formula: `ceil(${formatNumber(all)} requests/s x ${share} through the public edge) = ${formatNumber(value)}`,
    inputs: { requestsPerSecond: all, publicEdgeShare: share, plannedMaximum: proven },
    binding: requests > proven ? `above the ${formatNumber(proven)}/s that every account has: look at this account's quota before it is needed`
    : 'requests of people and their devices',
    rejected: [{ option: 'the requests of partners as well', because: `${formatNumber(all)} requests/s; their certificates already tell who they are` }],
    demand: requests,
    quota: quotaUse(facts, WEB_ACL_QUOTA, requests),
    limits: { minimum: 0, because: 'requests' },
    facts: [...ids, ...EDGE_TRAFFIC_FACTS],
  });
}

function windowDecision(facts: Facts): Decision {
  const windows = String(facts.get(WINDOWS).value).split('|').map(Number);
  const lag = facts.number(LAG);
  const window = windows.find((it) => it >= 2 * lag) ?? windows[windows.length - 1];
  return Decision.derive({
    path: PATH,
    name: 'windowSeconds',
    value: window,
    unit: 's',
    formula: `smallest of ${windows.join(', ')} that is at least 2 x ${formatSeconds(lag)} = ${window}`,
    inputs: { detectionLagSeconds: lag },
    binding: 'rules are looked at every so often, and a window must hold two looks',
    rejected: [{ option: `a window of ${formatSeconds(windows[windows.length - 1])}`, because: `an address stays blocked for up to ${formatSeconds(windows[windows.length - 1])} after it has calmed down` }],
    limits: { minimum: windows[0], maximum: windows[windows.length - 1], because: 'windows that rate rules know' },
    facts: [WINDOWS, LAG],
  });
}

function addressDecision(workload: Workload, window: number, facts: Facts): Decision {
  const least = facts.number(LEAST_LIMIT);
  const household = facts.number('target/edge.requestsPerAddress');
  const perAddress = facts.number('target/edge.usersPerAddress');
  const headroom = facts.number('target/edge.rateRuleHeadroom');
  const lag = facts.number(LAG);
  const think = workload.peak.thinkTime;
  const mobile = think === undefined ? 0 : perAddress * (1 + workload.readsPerPayment) / (think.toMilliseconds() / 1000);
  const honest = Math.max(household, mobile);
  const limit = Math.max(least, roundUp(honest * headroom * window));
  return Decision.derive({
    path: PATH,
    name: 'addressLimit',
    value: limit,
    unit: 'requests a window',
    formula: `max(${least}, ceil(${formatNumber(honest)} requests/s x ${headroom} x ${window} s)) = ${formatNumber(limit)}`,
    inputs: { honestRequestsPerSecond: honest, headroom, windowSeconds: window, detectionLagSeconds: lag },
    binding: mobile > household ? `${formatNumber(perAddress)} users behind one address of a mobile network` : 'the busiest honest address',
    rejected: [
      {
        option: 'this rule as admission control',
        because: `it counts ${formatSeconds(lag)} behind: who sends 1,000 requests/s gets ${formatNumber(1000 * lag)} through first; the API has a bucket for each client`,
      },
      { option: 'one rule for each path', because: `a web ACL takes ${formatNumber(facts.number('waf/rateRule.perWebAcl'))} rate rules, each of which tracks ${formatNumber(facts.number(TRACKED))} senders at most` },
    ],
    demand: honest * window,
    limits: { minimum: least, because: 'smallest limit of a rate rule' },
    facts: [LEAST_LIMIT, LAG, TRACKED, 'waf/rateRule.perWebAcl', 'target/edge.requestsPerAddress', 'target/edge.usersPerAddress', 'target/edge.rateRuleHeadroom'],
  });
}

function keyDecision(workload: Workload, requests: number, window: number, facts: Facts): Decision {
  const least = facts.number(LEAST_LIMIT);
  const headroom = facts.number('target/edge.rateRuleHeadroom');
  const tracked = facts.number(TRACKED);
  const share = workload.keySkew.maximumShare();
  const keys = workload.keySkew.keys;
  const limit = Math.max(least, roundUp(requests * share * headroom * window));
  return Decision.derive({
    path: PATH,
    name: 'keyLimit',
    value: limit,
    unit: 'requests a window',
    formula: `max(${least}, ceil(${formatNumber(requests)} requests/s x ${formatNumber(100 * share)} % of the busiest merchant x ${headroom} x ${window} s)) = ${formatNumber(limit)}`,
    inputs: { requestsPerSecond: requests, hottestShare: share, headroom, windowSeconds: window, keys },
    binding: limit === least ? 'smallest limit of a rate rule'
    : keys > tracked ? `the busiest merchant; of ${formatNumber(keys)} keys only the ${formatNumber(tracked)} with the most requests are tracked`
    : 'the busiest merchant',
    demand: requests * share * window,
    limits: { minimum: least, because: 'smallest limit of a rate rule' },
    facts: [LEAST_LIMIT, TRACKED, 'target/edge.rateRuleHeadroom', ...EDGE_TRAFFIC_FACTS],
  });
}

function unitsDecision(facts: Facts, rules: WebAclRules): Decision {
  const rule = facts.number('waf/wcu.rateRule');
  const parts = [
    facts.number('waf/wcu.coreRuleSet'), facts.number('waf/wcu.knownBadInputs'), facts.number('waf/wcu.ipReputation'),
    rule, rule + facts.number('waf/wcu.rateRuleKey'), facts.number('waf/wcu.pathMatch'),
  ];
  const more = moreUnits(facts, rules);
  parts.push(...more.parts);
  const units = parts.reduce((sum, it) => sum + it, 0);
  const included = facts.number('waf/webAcl.includedWcu');
  const maximum = facts.number('waf/webAcl.maxWcu');
  return Decision.derive({
    path: PATH,
    name: 'capacityUnits',
    value: units,
    unit: 'WCU',
    formula: `${parts.join(' + ')} = ${formatNumber(units)}`,
    inputs: { included, maximum },
    binding: units <= included ? `rules within the ${formatNumber(included)} that the price includes` : 'rules beyond what the price includes',
    rejected: [{
      option: 'rules for SQL and PHP as well',
      because: `${formatNumber(Math.max(0, included - units))} WCU are left for them, but the API takes JSON of one form and builds no query from it`,
    }],
    quota: quotaUse(facts, 'waf/webAcl.maxWcu', units),
    limits: { minimum: 0, maximum, because: 'a web ACL' },
    facts: ['waf/wcu.rateRule', 'waf/wcu.rateRuleKey', 'waf/wcu.coreRuleSet', 'waf/wcu.knownBadInputs', 'waf/wcu.ipReputation', 'waf/wcu.pathMatch',
      'waf/webAcl.includedWcu', 'waf/webAcl.maxWcu', ...more.facts],
  });
}

/** Capacity units of the rules that not every public edge has. */
function moreUnits(facts: Facts, rules: WebAclRules): { readonly parts: readonly number[]; readonly facts: readonly string[] } {
  const counted: readonly (readonly [string, number | undefined])[] = [
    ['waf/wcu.stringMatch', rules.stringMatches], ['waf/wcu.regexMatch', rules.patternMatches],
    ['waf/wcu.geoMatch', rules.countryMatches], ['waf/wcu.labelMatch', rules.labelMatches],
  ];
  const there = counted.filter(([, count]) => (count ?? 0) > 0);
  return { parts: there.map(([id, count]) => facts.number(id) * (count ?? 0)), facts: there.map(([id]) => id) };
}

function bodyDecision(workload: Workload, facts: Facts): Decision {
  const inspected = facts.number('waf/body.regional.maxBytes');
  const single = workload.payloadSize.p99Bytes;
  const batch = workload.payloadSize.meanBytes * Math.max(1, workload.paymentsPerRequest);
  const largest = facts.number('target/edge.batchBodyBytes');
  const value = single > inspected ? 'nowhere' : 'single payments';
  return Decision.derive({
    path: PATH,
    name: 'bodySizeRule',
    value,
    formula: `${formatBytes(single)} of a payment against ${formatBytes(inspected)} inspected; a batch has up to ${formatBytes(largest)}`,
    inputs: { inspectedBytes: inspected, paymentBytesP99: single, meanBatchBytes: batch, largestBatchBytes: largest },
    binding: single > inspected ? 'even one payment in a hundred is longer than what rules see' : 'the part of a body that rules see behind a load balancer',
    rejected: [{
      option: 'on POST /payments:batch too',
      because: `would refuse every batch of more than ${formatNumber(Math.max(1, Math.floor(inspected / workload.payloadSize.meanBytes)))} payments; the API checks the rest of the body itself`,
    }],
    facts: ['waf/body.regional.maxBytes', 'target/edge.batchBodyBytes'],
  });
}

function monthDecision(workload: Workload, facts: Facts, more: WebAclRules): Decision {
  const traffic = edgeTraffic(workload, workload.average.perSecond, facts);
  const rules = facts.number('target/edge.awsManagedGroups') + facts.number('target/edge.ownRules') + (more.rules ?? 0);
  const acl = facts.number('waf/webAcl.month');
  const rule = facts.number('waf/rule.month');
  const million = facts.number('waf/requestMillion');
  const millions = (requests: number): number => requests * SECONDS_PER_MONTH / 1e6;
  const dollars = acl + rules * rule + millions(traffic.public.requests) * million;
  const value = Math.round(100 * dollars) / 100;
  return Decision.derive({
    path: PATH,
    name: 'monthlyDollars',
    value,
    unit: 'USD/month',
    formula: `$${acl} + ${rules} rules x $${rule} + ${formatNumber(millions(traffic.public.requests))} M requests x $${million} = ${formatNumber(value, 20)}`,
    inputs: { millionRequests: millions(traffic.public.requests), rules },
    binding: millions(traffic.public.requests) * million > acl + rules * rule ? 'requests that the web ACL sees' : 'the web ACL and its rules',
    rejected: [{
      option: 'a web ACL for partners too',
      because: `another $${formatNumber(millions(traffic.partner.requests) * million)} a month for ${formatNumber(millions(traffic.partner.requests))} M requests of clients with certificates`,
    }],
    facts: PRICE_FACTS,
  });
}
