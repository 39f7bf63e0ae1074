import { Facts } from '../facts';
import { formatNumber } from './format';

/** What one load balancer carries at the peak. */
export interface EdgeLoad {
  /** Requests per second. */
  readonly requests: number;
  /** Connections opened in a second. */
  readonly newPerSecond: number;
  /** Connections open at the same time. */
  readonly active: number;
  /** GB in both directions in an hour. */
  readonly gigabytesPerHour: number;
  /** Whether the load balancer asks clients for a certificate. */
  readonly mutualTls: boolean;
}

/** One of the dimensions of a capacity unit; the highest of them is billed. */
export interface LoadBalancerDimension {
  /** In words, for people. */
  readonly name: string;
  /** One word, for names of inputs. */
  readonly label: 'NewConnections' | 'ActiveConnections' | 'Gigabytes' | 'Rules';
  /** Capacity units that it asks for. */
  readonly units: number;
  readonly formula: string;
  readonly facts: readonly string[];
}

/** The four dimensions of an Application Load Balancer's capacity unit. */
export function loadDimensions(load: EdgeLoad, facts: Facts): LoadBalancerDimension[] {
  const active = load.mutualTls ? 'alb/lcu.activeConnections.mutualTls' : 'alb/lcu.activeConnections';
  const paidRules = Math.max(0, facts.number('target/edge.listenerRules') - facts.number('target/edge.freeRules'));
  return [
    dimension('NewConnections', 'connections opened in a second', load.newPerSecond, 'new/s', 'alb/lcu.newConnectionsPerSec', facts),
    dimension('ActiveConnections', `open connections${load.mutualTls ? ' with client certificates' : ''}`, load.active, 'open', active, facts),
    dimension('Gigabytes', 'bytes of requests and answers', load.gigabytesPerHour, 'GB/h', 'alb/lcu.processedGBPerHour', facts),
    {
      ...dimension('Rules', 'rule evaluations', load.requests * paidRules, 'rules/s', 'alb/lcu.ruleEvaluationsPerSec', facts),
      facts: ['alb/lcu.ruleEvaluationsPerSec', 'target/edge.listenerRules', 'target/edge.freeRules'],
    },
  ];
}

/** The three dimensions of a Network Load Balancer's capacity unit for TCP that it passes on. */
export function networkDimensions(load: EdgeLoad, facts: Facts): LoadBalancerDimension[] {
  return [
    dimension('NewConnections', 'connections opened in a second', load.newPerSecond, 'new/s', 'nlb/nlcu.tcp.newFlowsPerSec', facts),
    dimension('ActiveConnections', 'open connections', load.active, 'open', 'nlb/nlcu.tcp.activeFlows', facts),
    dimension('Gigabytes', 'bytes of requests and answers', load.gigabytesPerHour, 'GB/h', 'nlb/nlcu.processedGBPerHour', facts),
  ];
}

/** The dimension that asks for the most units; the first of equal ones. */
export function highest(dimensions: readonly LoadBalancerDimension[]): LoadBalancerDimension {
  return dimensions.reduce((best, it) => (it.units > best.units ? it : best));
}

function dimension(
  label: LoadBalancerDimension['label'], name: string, amount: number, unit: string, id: string, facts: Facts,
): LoadBalancerDimension {
  const perUnit = facts.number(id);
  return { label, name, units: amount / perUnit, formula: `${formatNumber(amount)} ${unit} / ${formatNumber(perUnit)}`, facts: [id] };
}
