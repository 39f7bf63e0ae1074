import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { EDGE_TRAFFIC_FACTS, edgeTraffic, factsOf } from './edge-traffic';
import { formatNumber, formatShare } from './format';
import { sizeLoadBalancer } from './load-balancer';
import { planned } from './planned';
import { sizeStatelessTier } from './stateless-tier';
import { webAclRates } from './web-acl-rate';

/** How many cells a system needs, and how traffic is spread over them. */
export interface EdgeCellsSizing {
  /** Cells that the limits of a cell and the recovery tier ask for. */
  readonly cells: number;
  /** Cells that the workload states. */
  readonly statedCells: number;
  /** Whether the stated cells are as many as are needed. */
  readonly enough: boolean;
  /** Payments per second of a cell while another one is gone. */
  readonly paymentsPerSecondOfCell: number;
  /** Weight of each cell in the weighted name. */
  readonly weight: number;
  readonly decisions: readonly Decision[];
}

/** Something of which one cell takes only so much. */
interface CellLimit {
  readonly name: string;
  readonly label: string;
  readonly used: number;
  readonly perCell: number;
  readonly facts: readonly string[];
}

const PATH = 'cells';

/** Counts the cells that a workload needs. Give it the whole workload: what it says of cells is compared, not taken. */
export function sizeEdgeCells(workload: Workload, facts: Facts = Facts.DEFAULT): EdgeCellsSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), (sizing) => [
    { amount: 2 * sizing.cells, unitCost: facts.number('alb/hour') },
  ]);
}

function sizeOnce(workload: Workload, facts: Facts): EdgeCellsSizing {
  const whole = workload.with({ cells: 1 });
  const limits = cellLimits(whole, facts);
  const cells = cellsDecision(whole, limits, facts);
  const load = loadDecision(workload, cells.value as number, limits);
  const weight = weightDecision(workload, facts);
  return {
    cells: cells.value as number,
    statedCells: workload.cells,
    enough: workload.cells >= (cells.value as number),
    paymentsPerSecondOfCell: load.value as number,
    weight: weight.value as number,
    decisions: [cells, load, weight],
  };
}

function cellLimits(whole: Workload, facts: Facts): CellLimit[] {
  const tier = sizeStatelessTier(whole, facts);
  const balancer = sizeLoadBalancer(whole, facts);
  const traffic = edgeTraffic(whole, whole.peak.perSecond, facts);
  const utilization = facts.number('target/edge.balancerUtilization');
  return [
    { name: 'targets of a load balancer', label: 'targets', used: tier.maximumTasks, perCell: facts.number('alb/targets'), facts: ['alb/targets', ...factsOf(tier)] },
    {
      name: 'capacity units that a load balancer may reserve',
      label: 'LCU',
      used: Math.max(balancer.public.units, balancer.partner.units),
      perCell: utilization * facts.number('alb/lcuReservation.perLoadBalancer'),
      facts: ['target/edge.balancerUtilization', 'alb/lcuReservation.perLoadBalancer', ...factsOf(balancer)],
    },
    {
      name: 'requests of a load balancer',
      label: 'requests/s',
      used: Math.max(traffic.public.requests, traffic.partner.requests),
      perCell: facts.number('target/edge.requestsPerBalancer'),
      facts: ['target/edge.requestsPerBalancer', ...EDGE_TRAFFIC_FACTS],
    },
    { name: 'requests of a web ACL', label: 'requests/s in a web ACL', used: traffic.public.requests, ...webAclLimit(facts) },
  ];
}

function webAclLimit(facts: Facts): Pick<CellLimit, 'perCell' | 'facts'> {
  const { planned: perCell, facts: ids } = webAclRates(facts);
  return { perCell, facts: [...ids, ...EDGE_TRAFFIC_FACTS] };
}

function cellsDecision(whole: Workload, limits: readonly CellLimit[], facts: Facts): Decision {
  const tier = whole.recoveryTier.name;
  const share = facts.number(`target/edge.blastRadius.${tier}`);
  const smallest = facts.number('target/edge.smallestCell');
  const rate = whole.peak.perSecond;
  const byLimit = Math.max(...limits.map((it) => roundUp(it.used / it.perCell)));
  const hardest = limits.reduce((best, it) => (it.used / it.perCell > best.used / best.perCell ? it : best));
  // With one cell lost the others carry everything; a system of one cell relies on its zones.
  const carrying = byLimit > 1 ? byLimit + 1 : 1;
  const byRadius = Math.min(roundUp(1 / share), Math.max(1, Math.floor(rate / smallest)));
  const cells = Math.max(carrying, byRadius);
  return Decision.derive({
    path: PATH,
    name: 'cells',
    value: cells,
    unit: 'cells',
    formula: `max(${carrying} = ${byLimit}${carrying > 1 ? ' + 1' : ''} for ${formatNumber(hardest.used)} / ${formatNumber(hardest.perCell)} ${hardest.label}, `
      + `min(1 / ${share}, ${formatNumber(rate)}/s / ${formatNumber(smallest)}/s) for the blast radius) = ${cells}`,
    inputs: {
      paymentsPerSecond: rate,
      blastRadius: share,
      ...Object.fromEntries(limits.map((it) => [`cellsFor ${it.label}`, it.used / it.perCell])),
    },
    binding: carrying >= byRadius && carrying > 1 ? `${hardest.name}, with one cell lost`
    : cells > 1 ? `recovery tier ${tier}: one cell takes at most ${formatShare(1 / cells)} with it`
    : 'one cell carries everything',
    rejected: [
      ...(cells > 1 ? [{
        option: cellsText(cells - 1),
        because: carrying === cells ? `with one lost, each of the others has ${formatNumber(hardest.used / Math.max(1, cells - 2))} of ${formatNumber(hardest.perCell)} ${hardest.label}`
        : `one would take ${formatShare(1 / (cells - 1))} of the payments with it`,
      }] : []),
      { option: `${cells + 1} cells`, because: `${formatShare(1 / (cells + 1))} instead of ${formatShare(1 / cells)} are lost with one, for two more load balancers` },
    ],
    demand: hardest.used / hardest.perCell,
    quota: quotaUse(facts, 'alb/perRegion', 2 * cells),
    limits: { minimum: 1, because: 'a system has a cell' },
    facts: [`target/edge.blastRadius.${tier}`, 'target/edge.smallestCell', 'alb/perRegion', ...limits.flatMap((it) => it.facts)],
  });
}

function loadDecision(workload: Workload, needed: number, limits: readonly CellLimit[]): Decision {
  const cell = roundUp(workload.cellShare().peak.perSecond);
  const stated = workload.cells;
  const others = Math.max(1, stated - 1);
  return Decision.derive({
    path: PATH,
    name: 'paymentsPerSecondOfCell',
    value: cell,
    unit: 'payments/s',
    formula: `ceil(${formatNumber(workload.peak.perSecond)}/s / ${others}) = ${formatNumber(cell)}`,
    inputs: { paymentsPerSecond: workload.peak.perSecond, statedCells: stated, neededCells: needed },
    binding: stated === needed ? `${cellsText(stated)} as stated, as many as are needed`
    : stated > needed ? `${cellsText(stated)} as stated; ${needed} would do`
    : `${cellsText(stated)} as stated; ${needed} are needed`,
    rejected: stated < needed ? [{ option: `${cellsText(stated)}, as stated`, because: shortfall(workload, limits, needed) }] : [],
    facts: [...new Set(limits.flatMap((it) => it.facts))],
  });
}

function shortfall(workload: Workload, limits: readonly CellLimit[], needed: number): string {
  const others = Math.max(1, workload.cells - 1);
  const over = limits.find((it) => it.used / others > it.perCell);
  return over === undefined ? `one takes ${formatShare(1 / workload.cells)} of the payments with it; ${needed} cells would lose ${formatShare(1 / needed)}`
    : `with one lost each has ${formatNumber(over.used / others)} of ${formatNumber(over.perCell)} ${over.label}`;
}

function weightDecision(workload: Workload, facts: Facts): Decision {
  const weight = facts.number('target/edge.weightPerCell');
  const others = workload.cells - 1;
  const trial = 1 / (1 + others * weight);
  return Decision.derive({
    path: PATH,
    name: 'weight',
    value: weight,
    formula: `1 of ${workload.cells} cells has ${formatShare(1 / workload.cells)}: weight = ${weight}`,
    inputs: { cells: workload.cells, shareOfTrialCell: trial },
    binding: others === 0 ? 'one cell has everything' : `a cell under trial with weight 1 has ${formatShare(trial)}, with 0 nothing`,
    limits: { minimum: 0, maximum: facts.number('route53/weight.maximum'), because: 'weights of a weighted name' },
    facts: ['target/edge.weightPerCell', 'route53/weight.maximum'],
  });
}

function cellsText(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`;
}
