import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../lib/facts';

/** What pods and nodes are given where nobody says otherwise and no workload tells: the kit's own operating targets, read from the facts. */
export const KUBERNETES = {
  podSecurityVersion: number('podSecurityVersion'),
  priority: {
    payments: number('priority.payments'),
    refunds: number('priority.refunds'),
    reporting: number('priority.reporting'),
    batch: number('priority.batch'),
    headroom: -number('priority.headroom'),
  },
  preStop: Duration.seconds(number('preStopSeconds')),
  longestDrain: Duration.seconds(number('longestDrainSeconds')),
  servicePort: number('servicePort'),
  healthPort: number('healthPort'),
  probe: {
    period: Duration.seconds(number('probeSeconds')),
    timeout: Duration.seconds(number('probeTimeoutSeconds')),
    failures: number('probeFailures'),
    start: Duration.seconds(number('startupSeconds')),
  },
  unavailablePercent: number('unavailablePercent'),
  surgePercent: number('surgePercent'),
  scaleOut: { percent: number('scaleOutPercent'), period: Duration.seconds(number('scaleOutSeconds')) },
  scaleIn: {
    percent: number('scaleInPercent'),
    period: Duration.seconds(number('scaleInSeconds')),
    stabilization: Duration.seconds(number('scaleInStabilizationSeconds')),
  },
  lag: {
    polling: Duration.seconds(number('pollingSeconds')),
    cooldown: Duration.seconds(number('cooldownSeconds')),
    fallbackFailures: number('fallbackFailures'),
  },
  heapShare: number('heapShare'),
  localPorts: { first: number('localPortFirst'), last: number('localPortLast') },
  keepAlive: Duration.seconds(number('keepAliveSeconds')),
  collectorPort: number('collectorPort'),
  collectors: number('collectors'),
  collectorCpu: number('collectorCpu'),
  halfPercent: number('halfPercent'),
  scrapeInterval: Duration.seconds(number('scrapeSeconds')),
  rateWindow: Duration.seconds(number('rateWindowSeconds')),
  baseline: Duration.hours(number('baselineHours')),
  usualQuantile: number('usualQuantile'),
  dashboard: { hours: number('dashboardHours'), columns: number('dashboardColumns'), height: number('dashboardRows') },
  gateway: {
    retries: target('gateway.retries'),
    retryBudgetPercent: target('gateway.retryBudgetPercent'),
    clientTimeout: Duration.seconds(target('gateway.clientTimeoutSeconds')),
    streams: target('gateway.streamsPerConnection'),
    connections: target('gateway.connectionsPerProxy'),
    idle: Duration.seconds(target('gateway.idleSeconds')),
    drain: Duration.seconds(target('gateway.drainSeconds')),
    slowStart: Duration.seconds(target('gateway.slowStartSeconds')),
    keyCache: Duration.seconds(target('gateway.keyCacheSeconds')),
  },
  nodes: {
    reservedWeight: number('reservedWeight'),
    onDemandWeight: number('onDemandWeight'),
    spotWeight: number('spotWeight'),
    spotTypes: number('spotTypes'),
    consolidateAfter: Duration.seconds(number('consolidateSeconds')),
    life: Duration.days(number('nodeLifeDays')),
    disruptedPercent: number('disruptedPercent'),
    headroomShare: number('headroomShare'),
    limitFactor: number('limitFactor'),
    volumeGiB: number('volumeGiB'),
    system: number('systemNodes'),
    interruptionAge: Duration.seconds(number('interruptionSeconds')),
    interruptionLife: Duration.seconds(number('interruptionLifeSeconds')),
    operatorWait: Duration.seconds(number('operatorWaitSeconds')),
  },
} as const;

function number(key: string): number {
  return target(`kubernetes.${key}`);
}

function target(key: string): number {
  return Facts.DEFAULT.number(`target/${key}`);
}
