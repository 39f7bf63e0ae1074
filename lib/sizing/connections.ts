import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { EDGE_TRAFFIC_FACTS, edgeTraffic, factsOf } from './edge-traffic';
import { formatNumber, formatSeconds, formatShare } from './format';
import { planned } from './planned';
import { sizeStatelessTier } from './stateless-tier';

/** Connections of the clients of one edge. */
export interface EdgeConnections {
  /** Open at the same time, at the peak. */
  readonly active: number;
  /** Opened in a second, at the peak; each costs a TLS handshake. */
  readonly newPerSecond: number;
}

/** Connections into one cell and inside it. */
export interface ConnectionsSizing {
  readonly public: EdgeConnections;
  readonly partner: EdgeConnections;
  /** Connections of the load balancers to one task, at the peak. */
  readonly perTask: number;
  /** Files that one task may have open. */
  readonly openFilesPerTask: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'connections';
const IDLE = 'alb/idleTimeoutDefaultSec';
const LIFE = 'alb/clientKeepAliveDefaultSec';

/**
 * Counts connections by Little's law: those open are those opened in a second, times how long one stays open. Give it the workload of one cell.
 *
 * Where the peak is stated by concurrent users, a person's connection stays open between two payments if the load balancer's idle timeout is
 * the longer, and is opened again for each payment if not. Where it is stated as a rate, a device is taken to send a few requests and leave.
 */
export function sizeConnections(workload: Workload, facts: Facts = Facts.DEFAULT): ConnectionsSizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), () => []);
}

function sizeOnce(workload: Workload, facts: Facts): ConnectionsSizing {
  const people = publicConnections(workload, facts);
  const partner = partnerConnections(workload, facts);
  const task = taskConnections(workload, facts);
  const files = openFiles(task.value as number, facts);
  const pair = ([active, opened]: readonly Decision[]): EdgeConnections => ({ active: active.value as number, newPerSecond: opened.value as number });
  return {
    public: pair(people),
    partner: pair(partner),
    perTask: task.value as number,
    openFilesPerTask: files.value as number,
    decisions: [...people, ...partner, task, files],
  };
}

function publicConnections(workload: Workload, facts: Facts): Decision[] {
  return workload.publicEdgeShare === 0 ? noPublicConnections()
    : workload.peak.concurrentUsers !== undefined && workload.peak.thinkTime !== undefined
      ? ofUsers(workload, workload.peak.concurrentUsers, workload.peak.thinkTime.toMilliseconds() / 1000, facts)
      : ofDevices(workload, facts);
}

function noPublicConnections(): Decision[] {
  const props = { path: PATH, value: 0, inputs: { publicEdgeShare: 0 }, binding: 'no request comes through the public edge' };
  return [
    Decision.derive({ ...props, name: 'publicActive', unit: 'connections', formula: '0 % of the requests = 0' }),
    Decision.derive({ ...props, name: 'publicNewPerSecond', unit: 'connections/s', formula: '0 % of the requests = 0' }),
  ];
}

function ofUsers(workload: Workload, users: number, thinkSeconds: number, facts: Facts): Decision[] {
  const idle = facts.number(IDLE);
  const life = facts.number(LIFE);
  const share = workload.publicEdgeShare;
  const here = users * share;
  const stays = thinkSeconds <= idle;
  const active = roundUp(here * Math.min(1, idle / thinkSeconds));
  const opened = roundUp(stays ? here / life : here / thinkSeconds);
  const inputs = { users, publicEdgeShare: share, thinkSeconds, idleSeconds: idle };
  return [
    Decision.derive({
      path: PATH,
      name: 'publicActive',
      value: active,
      unit: 'connections',
      formula: `ceil(${formatNumber(users)} users x ${formatShare(share)} x min(1, ${formatSeconds(idle)} / ${formatSeconds(thinkSeconds)})) = ${formatNumber(active)}`,
      inputs,
      binding: stays ? 'users keep their connections between two payments' : 'the idle timeout closes connections before the next payment',
      facts: [IDLE],
    }),
    Decision.derive({
      path: PATH,
      name: 'publicNewPerSecond',
      value: opened,
      unit: 'connections/s',
      formula: `ceil(${formatNumber(here)} users / ${formatSeconds(stays ? life : thinkSeconds)}) = ${formatNumber(opened)}`,
      inputs: { ...inputs, lifeSeconds: life },
      binding: stays ? 'the longest life of a connection' : 'each payment opens a connection',
      rejected: stays ? [] : [{
        option: `an idle timeout of ${formatSeconds(thinkSeconds)}`,
        because: `would save handshakes and hold ${formatNumber(here)} connections open, ${formatNumber(thinkSeconds / idle)} times as many`,
      }],
      facts: [IDLE, LIFE],
    }),
  ];
}

function ofDevices(workload: Workload, facts: Facts): Decision[] {
  const requests = edgeTraffic(workload, workload.peak.perSecond, facts).public.requests;
  const reuse = facts.number('target/edge.public.requestsPerConnection');
  const idle = facts.number(IDLE);
  const opened = roundUp(requests / reuse);
  const active = roundUp(opened * idle);
  return [
    Decision.derive({
      path: PATH,
      name: 'publicActive',
      value: active,
      unit: 'connections',
      formula: `${formatNumber(opened)}/s x ${formatSeconds(idle)} = ${formatNumber(active)}`,
      inputs: { newPerSecond: opened, idleSeconds: idle },
      binding: 'a device that leaves holds its connection until the idle timeout',
      rejected: [{ option: `an idle timeout of ${formatSeconds(idle / 2)}`, because: `${formatNumber(active / 2)} connections, but a look at the status would need a new one` }],
      facts: [IDLE],
    }),
    Decision.derive({
      path: PATH,
      name: 'publicNewPerSecond',
      value: opened,
      unit: 'connections/s',
      formula: `ceil(${formatNumber(requests)} requests/s / ${formatNumber(reuse)} a connection) = ${formatNumber(opened)}`,
      inputs: { requestsPerSecond: requests, requestsPerConnection: reuse, publicEdgeShare: workload.publicEdgeShare },
      binding: 'requests that a device sends on a connection',
      facts: ['target/edge.public.requestsPerConnection', ...EDGE_TRAFFIC_FACTS],
    }),
  ];
}

function partnerConnections(workload: Workload, facts: Facts): Decision[] {
  const requests = edgeTraffic(workload, workload.peak.perSecond, facts).partner.requests;
  const reuse = facts.number('target/edge.partner.requestsPerConnection');
  const busy = facts.number('target/edge.partner.busyShare');
  const seconds = answerSeconds(workload, facts);
  const active = roundUp(requests * seconds / busy);
  const opened = roundUp(requests / reuse);
  return [
    Decision.derive({
      path: PATH,
      name: 'partnerActive',
      value: active,
      unit: 'connections',
      formula: `ceil(${formatNumber(requests)} requests/s x ${formatSeconds(seconds)} / ${busy}) = ${formatNumber(active)}`,
      inputs: { requestsPerSecond: requests, answerSeconds: seconds, busyShare: busy },
      binding: 'requests in flight, one on each busy connection',
      demand: requests * seconds,
      facts: ['target/edge.partner.busyShare', 'target/edge.longestAnswerMilliseconds', ...EDGE_TRAFFIC_FACTS],
    }),
    Decision.derive({
      path: PATH,
      name: 'partnerNewPerSecond',
      value: opened,
      unit: 'connections/s',
      formula: `ceil(${formatNumber(requests)} requests/s / ${formatNumber(reuse)} a connection) = ${formatNumber(opened)}`,
      inputs: { requestsPerSecond: requests, requestsPerConnection: reuse },
      binding: 'keep-alive that partners are asked to reach',
      rejected: [{ option: 'a connection for each request', because: `${formatNumber(requests)} handshakes with two certificates in a second` }],
      facts: ['target/edge.partner.requestsPerConnection', ...EDGE_TRAFFIC_FACTS],
    }),
  ];
}

function taskConnections(workload: Workload, facts: Facts): Decision {
  const { requests } = edgeTraffic(workload, workload.peak.perSecond, facts);
  const seconds = answerSeconds(workload, facts);
  const factor = facts.number('target/edge.targetConnectionFactor');
  const tier = sizeStatelessTier(workload, facts);
  const perTask = roundUp(requests * seconds * factor / tier.maximumTasks);
  return Decision.derive({
    path: PATH,
    name: 'perTask',
    value: perTask,
    unit: 'connections',
    formula: `ceil(${formatNumber(requests)} requests/s x ${formatSeconds(seconds)} x ${factor} / ${formatNumber(tier.maximumTasks)} tasks) = ${formatNumber(perTask)}`,
    inputs: { requestsPerSecond: requests, answerSeconds: seconds, factor, tasks: tier.maximumTasks },
    binding: 'requests in flight, and what the nodes of the load balancers keep idle',
    demand: requests * seconds / tier.maximumTasks,
    facts: ['target/edge.targetConnectionFactor', 'target/edge.longestAnswerMilliseconds', ...EDGE_TRAFFIC_FACTS, ...factsOf(tier)],
  });
}

function openFiles(perTask: number, facts: Facts): Decision {
  const own = facts.number('target/edge.ownFilesPerTask');
  const factor = facts.number('target/edge.fileFactor');
  const least = facts.number('target/edge.leastOpenFiles');
  const maximum = facts.number('fargate/task.openFiles.maximum');
  const needed = factor * (perTask + own);
  if (needed > maximum) {
    throw new Error(`\`perTask\` must be at most ${formatNumber(maximum / factor - own)} connections, what the open files of a task allow, got: ${formatNumber(perTask)}`);
  }
  const files = Math.min(maximum, Math.max(least, Math.pow(2, Math.ceil(Math.log2(needed)))));
  return Decision.derive({
    path: PATH,
    name: 'openFilesPerTask',
    value: files,
    unit: 'files',
    formula: `max(${formatNumber(least)}, next power of two above ${factor} x (${formatNumber(perTask)} connections + ${formatNumber(own)})) = ${formatNumber(files)}`,
    inputs: { connections: perTask, ownFiles: own, factor },
    binding: files === least ? 'what a task has at least' : 'connections of the load balancers',
    demand: perTask + own,
    limits: { minimum: 1, maximum, because: 'open files of a task' },
    facts: ['target/edge.ownFilesPerTask', 'target/edge.fileFactor', 'target/edge.leastOpenFiles', 'fargate/task.openFiles.maximum'],
  });
}

function answerSeconds(workload: Workload, facts: Facts): number {
  return Math.min(workload.latencyTarget.accept.milliseconds, facts.number('target/edge.longestAnswerMilliseconds')) / 1000;
}
