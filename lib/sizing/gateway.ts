import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { FactTrail } from './fact-trail';
import { formatNumber } from './format';
import { planned } from './planned';
import { Staffing } from './staffing';

/** Size of the proxies in front of the API, and of what they let through. */
export interface GatewaySizing {
  /** Proxies that run at any load, and at the peak. */
  readonly replicas: number;
  /** vCPU that a proxy requests: a thread for each. */
  readonly cpuRequest: number;
  readonly memory: Size;
  /** Requests that a proxy lets be under way to the API at once. */
  readonly parallelRequests: number;
  /** Requests that may wait for a connection, for each proxy. */
  readonly pendingRequests: number;
  /** Connections of a proxy to the pods of the API. */
  readonly connections: number;
  /** Share of the requests under way that may be second attempts, in percent, for each proxy. */
  readonly retryBudgetPercent: number;
  /** After which one attempt is given up. */
  readonly attemptTimeout: Duration;
  /** After which a request is answered, whatever became of its attempts. */
  readonly requestTimeout: Duration;
  /** Requests a second above which a proxy refuses, whoever asks. */
  readonly requestsPerSecond: number;
  readonly decisions: readonly Decision[];
}

const PATH = 'gateway';
const MILLISECONDS = 1000;

/**
 * Sizes gateway proxies by the CPU of a request, and their circuit breakers by Little's law (J. D. C. Little, 1961): requests under way = rate x
 * time. The breakers of Envoy count in each proxy, and their default of 1,024 is less than a busy tier has under way in its usual hour
 * (https://gateway.envoyproxy.io/docs/tasks/traffic/circuit-breaker/). Give it the workload of one cell.
 */
export function sizeGateway(workload: Workload, facts: Facts = Facts.DEFAULT): GatewaySizing {
  return planned(workload, facts, (it) => sizeOnce(it, facts), (sizing) => [{ amount: sizing.replicas, unitCost: 1, facts: [] }]);
}

function sizeOnce(workload: Workload, facts: Facts): GatewaySizing {
  const trail = new FactTrail(facts);
  const rate = workload.peak.perSecond / workload.paymentsPerRequest + workload.peak.perSecond * workload.readsPerPayment;
  const replicas = replicasDecision(workload, rate, facts);
  const count = replicas.value as number;
  const acceptMilliseconds = workload.latencyTarget.accept.milliseconds;
  const parallel = parallelDecision(rate, count, acceptMilliseconds, facts);
  const budget = trail.number('target/gateway.retryBudgetPercent');
  const perConnection = trail.number('target/gateway.requestsPerConnection');
  const attempts = 1 + trail.number('target/gateway.retries');
  const factor = trail.number('target/gateway.attemptFactor');
  const clientMilliseconds = trail.number('target/gateway.clientTimeoutSeconds') * MILLISECONDS;
  const limitFactor = trail.number('target/gateway.limitFactor');
  const under = parallel.value as number;
  const attemptMilliseconds = Math.min(factor * acceptMilliseconds, clientMilliseconds / (attempts + 1));
  const ids = trail.ids();

  const connections = Decision.derive({
    path: PATH, name: 'connections', value: Math.max(1, roundUp(under / perConnection)), unit: 'connections',
    formula: `max(1, ceil(${formatNumber(under)} requests / ${perConnection} on a connection)) = ${Math.max(1, roundUp(under / perConnection))}`,
    inputs: { parallelRequests: under, requestsPerConnection: perConnection },
    binding: `requests under way, ${perConnection} on a connection`,
    limits: { minimum: 1, because: 'without a connection nothing is asked' },
    facts: ids,
  });
  const fixed = Math.max(1, roundUp(under * budget / 100));
  const retries = Decision.derive({
    path: PATH, name: 'retryBudgetPercent', value: budget, unit: '%',
    formula: `${budget} % of the requests under way; at the breaker ${formatNumber(fixed)} of ${formatNumber(under)}`,
    inputs: { parallelRequests: under, retryBudgetPercent: budget },
    binding: 'a budget: retries of what is overloaded must not become its load',
    rejected: [{
      option: `${formatNumber(fixed)} at once, whatever is under way`,
      because: `as long as no more than ${formatNumber(fixed)} are under way, all of them may be tried twice; and with a budget beside it Envoy does not look at it`,
    }],
    limits: { minimum: 1, maximum: 100, because: 'a budget of none is no retry' },
    facts: ids,
  });
  const timeout = Decision.derive({
    path: PATH, name: 'attemptTimeout', value: attemptMilliseconds, unit: 'ms',
    formula: `min(${factor} x ${formatNumber(acceptMilliseconds)} ms, ${formatNumber(clientMilliseconds)} ms of a client / ${attempts + 1}) = ${formatNumber(attemptMilliseconds)} ms`,
    inputs: { acceptMilliseconds, attempts, clientTimeoutMilliseconds: clientMilliseconds },
    binding: attemptMilliseconds < factor * acceptMilliseconds ? 'all attempts end before the client gives up' : 'an attempt that takes so long will not be answered',
    limits: { minimum: 1, maximum: clientMilliseconds, because: 'the client no longer waits then' },
    facts: ids,
  });
  const perSecond = roundUp(limitFactor * rate / count);
  const limit = Decision.derive({
    path: PATH, name: 'requestsPerSecond', value: perSecond, unit: 'requests/s',
    formula: `ceil(${limitFactor} x ${formatNumber(rate)}/s / ${count} proxies) = ${formatNumber(perSecond)}`,
    inputs: { requestsPerSecondAtPeak: rate, proxies: count, factor: limitFactor },
    binding: 'a net: what one proxy lets through when a rate limit of clients fails',
    limits: { minimum: 1, because: 'a limit of 0 refuses everything' },
    facts: ids,
  });
  return {
    replicas: count,
    cpuRequest: facts.number('target/gateway.vcpus'),
    memory: Size.mebibytes(facts.number('target/gateway.memoryMiB')),
    parallelRequests: under,
    pendingRequests: under,
    connections: connections.value as number,
    retryBudgetPercent: retries.value as number,
    attemptTimeout: Duration.millis(attemptMilliseconds),
    requestTimeout: Duration.millis(Math.min(attempts * attemptMilliseconds + acceptMilliseconds, clientMilliseconds)),
    requestsPerSecond: perSecond,
    decisions: [replicas, parallel, connections, retries, timeout, limit],
  };
}

function replicasDecision(workload: Workload, rate: number, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const utilization = trail.number('target/gateway.cpuUtilization');
  const vcpus = trail.number('target/gateway.vcpus');
  const microseconds = trail.number('envoy/cpuPerRequest');
  const staffing = new Staffing(trail, workload.recoveryTier, utilization);
  const offered = rate * microseconds / 1e6 / vcpus;
  const value = staffing.servers(offered);
  return Decision.derive({
    path: PATH, name: 'replicas', value, unit: 'proxies',
    formula: `${staffing.formula(formatNumber(offered))} = ${value}`,
    inputs: { requestsPerSecond: rate, microsecondsPerRequest: microseconds, vcpus, utilization },
    binding: staffing.binding(offered),
    rejected: [{ option: 'a sidecar in each pod', because: 'a proxy more on each way; in ambient mode the nodes encrypt, and only the gateway reads requests' }],
    demand: offered,
    limits: { minimum: 1, because: 'without a proxy nothing comes in' },
    facts: trail.ids(),
  });
}

function parallelDecision(rate: number, proxies: number, acceptMilliseconds: number, facts: Facts): Decision {
  const trail = new FactTrail(facts);
  const factor = trail.number('target/gateway.breakerFactor');
  const shipped = trail.number('envoy/circuitBreaker.default');
  const need = rate / proxies * acceptMilliseconds / MILLISECONDS;
  const value = Math.max(1, roundUp(need * factor));
  return Decision.derive({
    path: PATH, name: 'parallelRequests', value, unit: 'requests',
    formula: `max(1, ceil(${formatNumber(rate)}/s / ${proxies} proxies x ${formatNumber(acceptMilliseconds / MILLISECONDS)} s x ${factor})) = ${formatNumber(value)}`,
    inputs: { requestsPerSecond: rate, proxies, acceptMilliseconds, factor },
    binding: 'requests under way at the accept target (Little\'s law), with room for a spell of slow answers',
    rejected: [{
      option: `${formatNumber(shipped)}, the default`,
      because: need > shipped
        ? `${formatNumber(need)} are under way at the target: it would refuse sound requests`
        : `${formatNumber(need)} are under way at the target; it would let ${formatNumber(shipped / need)} times as many wait on what is slow`,
    }],
    demand: need,
    limits: { minimum: 1, because: 'a breaker of 0 is always open' },
    facts: trail.ids(),
  });
}
