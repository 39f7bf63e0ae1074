import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { sizeConnections } from './connections';
import { Decision, quotaUse } from './decision';
import { EDGE_TRAFFIC_FACTS, edgeTraffic, factsOf } from './edge-traffic';
import { formatNumber } from './format';
import { type EdgeLoad, highest, type LoadBalancerDimension, loadDimensions, networkDimensions } from './load-balancer-dimensions';
import { BILLED_GB, HOURS_PER_MONTH } from './monthly-cost';
import { planned } from './planned';
import { Remembered } from './remembered';
import { sizeStatelessTier } from './stateless-tier';

/** Size of one load balancer. */
export interface BalancerSizing {
  /** Capacity units at the peak. */
  readonly units: number;
  /** Dimension that needs the most of them. */
  readonly binding: LoadBalancerDimension;
  /** Capacity units to reserve; 0 where the load balancer follows by itself. */
  readonly reservedUnits: number;
}

/** Size of the two load balancers of a cell. */
export interface LoadBalancerSizing {
  /** Behind the web ACL. */
  readonly public: BalancerSizing;
  /** With mutual TLS and without a web ACL. */
  readonly partner: BalancerSizing;
  /** TLS handshakes per second at the peak, over both. */
  readonly handshakesPerSecond: number;
  /** Capacity units of a Network Load Balancer in the place of the partner's. */
  readonly networkUnits: number;
  /** Capacity units of one load balancer that takes both edges, without client certificates. */
  readonly sharedUnits: number;
  /** US dollars a month at the average rate, reservations included. */
  readonly monthlyDollars: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'loadBalancer';
const RESERVATION_MINIMUM = 'alb/lcuReservation.minimum';
/** Of all load balancers together; the quota of a single one is far away. */
const RESERVATION_QUOTA = 'alb/lcuReservation.perRegion';

const BALANCERS = new Remembered<LoadBalancerSizing>();

/** Sizes the two load balancers of a cell: one for the public edge, one for partners. Give it the workload of one cell. */
export function sizeLoadBalancer(workload: Workload, facts: Facts = Facts.DEFAULT): LoadBalancerSizing {
  return BALANCERS.of(workload, facts, () => planned(workload, facts, (it) => sizeOnce(it, facts), (sizing) => [
    { amount: sizing.public.units + sizing.partner.units, unitCost: facts.number('alb/lcuHour') },
  ]));
}

function sizeOnce(workload: Workload, facts: Facts): LoadBalancerSizing {
  const load = edgeLoads(workload, facts);
  const people = new Balancer('public', load.public, load.averageShare, facts);
  const partner = new Balancer('partner', load.partner, load.averageShare, facts);
  const network = networkDecision(load.partner, partner, load.facts, facts);
  const handshakes = handshakesDecision(load);
  const shared = sharedDecision(load, facts);
  const both = [people, partner];
  const month = monthDecision(both, facts, load.facts);
  return {
    public: people.sizing,
    partner: partner.sizing,
    handshakesPerSecond: handshakes.value as number,
    networkUnits: network.value as number,
    sharedUnits: shared.value as number,
    monthlyDollars: month.value as number,
    decisions: [...both.flatMap((it) => it.decisions(load.facts)), shared, network, handshakes, targetsDecision(workload, facts), month],
  };
}

interface EdgeLoads {
  readonly public: EdgeLoad;
  readonly partner: EdgeLoad;
  /** Average over peak rate. */
  readonly averageShare: number;
  readonly facts: readonly string[];
}

function edgeLoads(workload: Workload, facts: Facts): EdgeLoads {
  const traffic = edgeTraffic(workload, workload.peak.perSecond, facts);
  const connections = sizeConnections(workload, facts);
  const of = (edge: 'public' | 'partner'): EdgeLoad => ({
    requests: traffic[edge].requests,
    gigabytesPerHour: 3600 * traffic[edge].bytes / BILLED_GB,
    ...connections[edge],
    mutualTls: edge === 'partner',
  });
  return {
    public: of('public'),
    partner: of('partner'),
    averageShare: workload.average.perSecond / workload.peak.perSecond,
    facts: [...factsOf(connections), ...EDGE_TRAFFIC_FACTS],
  };
}

/** One Application Load Balancer: its units, and what to reserve of them. */
class Balancer {
  readonly sizing: BalancerSizing;
  /** Units at the average rate. */
  readonly averageUnits: number;
  private readonly dimensions: readonly LoadBalancerDimension[];
  private readonly ramp: number;
  private readonly doubling: number;
  private readonly least: number;
  private readonly wanted: number;

  constructor(
    private readonly edge: 'public' | 'partner', private readonly load: EdgeLoad, private readonly averageShare: number, private readonly facts: Facts,
  ) {
    this.dimensions = loadDimensions(load, facts);
    const binding = highest(this.dimensions);
    const units = roundUp(binding.units);
    this.averageUnits = binding.units * averageShare;
    this.ramp = facts.number('target/edge.unannouncedRampMinutes');
    this.doubling = facts.number('alb/scaling.doublingMinutes');
    this.least = facts.number(RESERVATION_MINIMUM);
    // What the balancer must have at the start of the ramp to have the peak at its end.
    this.wanted = roundUp(units / Math.pow(2, this.ramp / this.doubling));
    const follows = this.averageUnits >= this.wanted;
    this.sizing = { units, binding, reservedUnits: follows || this.wanted < this.least ? 0 : this.wanted };
  }

  decisions(trafficFacts: readonly string[]): Decision[] {
    return [this.unitsDecision(trafficFacts), this.reservationDecision(trafficFacts)];
  }

  private unitsDecision(trafficFacts: readonly string[]): Decision {
    const { units, binding } = this.sizing;
    return Decision.derive({
      path: PATH,
      name: `${this.edge}Units`,
      value: units,
      unit: 'LCU',
      formula: `ceil(max(${this.dimensions.map((it) => it.formula).join(', ')})) = ${formatNumber(units)}`,
      inputs: Object.fromEntries([['requestsPerSecond', this.load.requests], ...this.dimensions.map((it) => [`unitsBy${it.label}`, it.units])]),
      binding: units === 0 ? 'nothing passes this edge' : binding.name,
      rejected: this.edge === 'public' ? [{
        option: 'one load balancer for both edges',
        because: 'its web ACL would see and bill the requests of partners as well',
      }] : [],
      demand: binding.units,
      facts: [...this.dimensions.flatMap((it) => it.facts), ...trafficFacts],
    });
  }

  private reservationDecision(trafficFacts: readonly string[]): Decision {
    const { units, reservedUnits } = this.sizing;
    const follows = this.averageUnits >= this.wanted;
    const hourly = this.facts.number('alb/lcuHour');
    const price = (amount: number): string => `$${formatNumber(HOURS_PER_MONTH * hourly * Math.max(0, amount - this.averageUnits))} a month more`;
    return Decision.derive({
      path: PATH,
      name: `${this.edge}ReservedUnits`,
      value: reservedUnits,
      unit: 'LCU',
      formula: `${formatNumber(units)} LCU / 2^(${this.ramp} min / ${this.doubling} min) = ${formatNumber(this.wanted)}, `
        + (reservedUnits > 0 ? '' : follows ? `${formatNumber(this.averageUnits)} are used at the average rate: ` : `below the least of ${this.least}: `)
        + `reserved = ${formatNumber(reservedUnits)}`,
      inputs: {
        unitsAtPeak: units,
        unitsAtAverage: this.averageUnits,
        rampMinutes: this.ramp,
        doublingMinutes: this.doubling,
        averageShare: this.averageShare,
      },
      binding: reservedUnits > 0 ? 'a ramp from the average to the peak that nobody announces'
      : follows ? 'the load balancer doubles fast enough for this ramp'
      : 'smaller than the smallest reservation, which a load balancer brings along',
      rejected: reservedUnits === 0
        ? [{ option: `reserve ${formatNumber(Math.max(this.least, units))}`, because: `${price(Math.max(this.least, units))}, paid at every hour` }]
        : [
          { option: 'no reservation', because: `the peak comes in ${this.ramp} min; from ${formatNumber(this.averageUnits)} LCU the load balancer follows to `
            + `${formatNumber(this.averageUnits * Math.pow(2, this.ramp / this.doubling))} of ${formatNumber(units)}` },
          { option: `reserve the whole peak, ${formatNumber(units)}`, because: price(units) },
        ],
      quota: quotaUse(this.facts, RESERVATION_QUOTA, reservedUnits),
      limits: { minimum: 0, because: 'capacity units' },
      facts: [RESERVATION_QUOTA, RESERVATION_MINIMUM, 'alb/scaling.doublingMinutes', 'target/edge.unannouncedRampMinutes', 'alb/lcuHour',
        ...this.dimensions.flatMap((it) => it.facts), ...trafficFacts],
    });
  }
}

/** What a system takes that has one load balancer for everybody, as one without partner certificates has. */
function sharedDecision({ public: people, partner, facts: trafficFacts }: EdgeLoads, facts: Facts): Decision {
  const dimensions = loadDimensions({
    requests: people.requests + partner.requests,
    newPerSecond: people.newPerSecond + partner.newPerSecond,
    active: people.active + partner.active,
    gigabytesPerHour: people.gigabytesPerHour + partner.gigabytesPerHour,
    mutualTls: false,
  }, facts);
  const binding = highest(dimensions);
  const units = roundUp(binding.units);
  return Decision.derive({
    path: PATH,
    name: 'sharedUnits',
    value: units,
    unit: 'LCU',
    formula: `ceil(max(${dimensions.map((it) => it.formula).join(', ')})) = ${formatNumber(units)}`,
    inputs: Object.fromEntries([['requestsPerSecond', people.requests + partner.requests], ...dimensions.map((it) => [`unitsBy${it.label}`, it.units])]),
    binding: binding.name,
    rejected: [{ option: 'client certificates for partners', because: 'the public has no certificate to show: partners would need a load balancer of their own' }],
    demand: binding.units,
    facts: [...dimensions.flatMap((it) => it.facts), ...trafficFacts],
  });
}

function networkDecision(load: EdgeLoad, partner: Balancer, trafficFacts: readonly string[], facts: Facts): Decision {
  const dimensions = networkDimensions(load, facts);
  const binding = highest(dimensions);
  const units = roundUp(binding.units);
  const lcuHour = facts.number('alb/lcuHour');
  const nlcuHour = facts.number('nlb/nlcuHour');
  const share = partner.averageUnits / Math.max(1e-9, partner.sizing.units);
  const saved = HOURS_PER_MONTH * (lcuHour * partner.averageUnits - nlcuHour * units * share);
  const partnerFacts = loadDimensions(load, facts).flatMap((it) => it.facts);
  return Decision.derive({
    path: PATH,
    name: 'networkUnits',
    value: units,
    unit: 'NLCU',
    formula: `ceil(max(${dimensions.map((it) => it.formula).join(', ')})) = ${formatNumber(units)}`,
    inputs: { ...Object.fromEntries(dimensions.map((it) => [`unitsBy${it.label}`, it.units])), savedDollarsAMonth: saved },
    binding: units === 0 ? 'nothing passes this edge' : binding.name,
    rejected: [
      {
        option: 'this Network Load Balancer in front of the partner edge',
        because: `saves $${formatNumber(saved)} a month, but passes TCP on: the tasks would do ${formatNumber(load.newPerSecond)} handshakes/s with client certificates, `
          + 'hold the trust store and the revocation lists',
      },
      { option: 'its TLS listener', because: 'asks clients for no certificate, and takes no reservation; 0 of the partners would be known' },
    ],
    demand: binding.units,
    facts: [...dimensions.flatMap((it) => it.facts), 'alb/lcuHour', 'nlb/nlcuHour', ...trafficFacts, ...partnerFacts],
  });
}

function handshakesDecision(load: EdgeLoads): Decision {
  const total = load.public.newPerSecond + load.partner.newPerSecond;
  return Decision.derive({
    path: PATH,
    name: 'handshakesPerSecond',
    value: total,
    unit: 'handshakes/s',
    formula: `${formatNumber(load.public.newPerSecond)} public + ${formatNumber(load.partner.newPerSecond)} of partners = ${formatNumber(total)}`,
    inputs: { publicNewPerSecond: load.public.newPerSecond, partnerNewPerSecond: load.partner.newPerSecond },
    binding: load.public.newPerSecond >= load.partner.newPerSecond ? 'new connections of the public edge' : 'new connections of partners',
    rejected: [{
      option: 'no keep-alive',
      because: `${formatNumber(load.public.requests + load.partner.requests)} handshakes/s, one for each request`,
    }],
    facts: load.facts,
  });
}

function targetsDecision(workload: Workload, facts: Facts): Decision {
  const tier = sizeStatelessTier(workload, facts);
  const tasks = tier.maximumTasks;
  return Decision.derive({
    path: PATH,
    name: 'targets',
    value: tasks,
    unit: 'targets',
    formula: `tasks at the peak = ${formatNumber(tasks)}`,
    inputs: { tasks },
    binding: 'each task is a target of both load balancers',
    quota: quotaUse(facts, 'alb/targets', tasks),
    limits: { minimum: 1, because: 'a load balancer without targets answers nothing' },
    facts: ['alb/targets', ...factsOf(tier)],
  });
}

function monthDecision(both: readonly Balancer[], facts: Facts, trafficFacts: readonly string[]): Decision {
  const hour = facts.number('alb/hour');
  const lcuHour = facts.number('alb/lcuHour');
  const trustStore = facts.number('alb/trustStoreHour');
  const paid = both.reduce((sum, it) => sum + Math.max(it.averageUnits, it.sizing.reservedUnits), 0);
  const dollars = HOURS_PER_MONTH * (2 * hour + trustStore + paid * lcuHour);
  const value = Math.round(100 * dollars) / 100;
  return Decision.derive({
    path: PATH,
    name: 'monthlyDollars',
    value,
    unit: 'USD/month',
    formula: `${HOURS_PER_MONTH} h x (2 x $${hour} + $${trustStore} trust store + ${formatNumber(paid)} LCU x $${lcuHour}) = ${formatNumber(value, 20)}`,
    inputs: { paidUnits: paid, hours: HOURS_PER_MONTH },
    binding: paid * lcuHour > 2 * hour + trustStore ? 'capacity units' : 'hours of the load balancers',
    facts: ['alb/hour', 'alb/lcuHour', 'alb/trustStoreHour', RESERVATION_MINIMUM, 'alb/scaling.doublingMinutes', 'target/edge.unannouncedRampMinutes',
      'alb/lcu.newConnectionsPerSec', 'alb/lcu.activeConnections', 'alb/lcu.processedGBPerHour', ...trafficFacts],
  });
}
