import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { formatNumber } from '../format';
import { sizeKafkaMapping } from '../kafka-mapping';
import { sizeKinesisStream } from '../kinesis-stream';
import { sizeMskCluster } from '../msk-cluster';
import { sizePodTier } from '../pod-tier';
import { WorkerComputeKind, WorkerComputeOption, workerComputeOptions } from '../worker-compute-options';
import { withoutSettleTarget } from './broker';
import { Candidate, cellOf, inCells, lateExcuse, listed, modelled, SizedCandidate, timesCells } from './candidate';

const LAMBDA = { technology: 'AWS Lambda', figure: 'functions for what events start; no figure' };
const FARGATE = { technology: 'AWS Fargate', figure: 'no word of it; containers run on Kubernetes there' };
const KUBERNETES = { technology: 'Kubernetes', figure: 'scales containers and finds services; no figure' };

/** Where the payment worker runs. It reads from the broker that was picked. */
export function computeCandidates(workload: Workload, facts: Facts, broker: Candidate | undefined): Candidate[] {
  const kafka = broker?.technology === 'Apache Kafka';
  const wrongBroker = (reads: string): string[] => [`reads ${reads}, and ${broker === undefined ? 'no broker fits' : `the broker here is ${broker.name}`}`];
  const onStream = (kind: WorkerComputeKind, name: string, identity: { technology: string; figure: string }): Candidate =>
    withExcuses(modelled({ name, ...identity }, workload, facts, (it, trail) => streamReader(it, trail, kind), withoutSettleTarget), kafka ? wrongBroker('Kinesis') : []);
  const onTopic = (name: string, identity: { technology: string; figure: string }, size: (it: Workload, trail: Facts) => SizedCandidate): Candidate =>
    withExcuses(modelled({ name, ...identity }, workload, facts, size, withoutSettleTarget), kafka ? [] : wrongBroker('Kafka'));
  return [
    onStream('lambda', 'Lambda', LAMBDA),
    onStream('lambda-managed-instances', 'Lambda Managed Instances', LAMBDA),
    onStream('fargate', 'Fargate', FARGATE),
    onStream('fargate-spot', 'Fargate and Fargate Spot', FARGATE),
    onStream('pods', 'Pods on EKS', KUBERNETES),
    onStream('pods-spot', 'Pods on EKS, partly Spot', KUBERNETES),
    onTopic('Lambda behind Kafka', LAMBDA, topicFunction),
    onTopic('Pods on EKS behind Kafka', KUBERNETES, topicPods),
    listed({
      name: 'Nomad', technology: 'Nomad', figure: 'a light scheduler for any kind of work; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
    listed({
      name: 'Docker Swarm', technology: 'Docker Swarm', figure: 'simple clusters for smaller systems; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
  ];
}

function withExcuses(candidate: Candidate, excuses: readonly string[]): Candidate {
  return { ...candidate, excuses: [...excuses, ...candidate.excuses] };
}

function streamReader(workload: Workload, facts: Facts, kind: WorkerComputeKind): SizedCandidate {
  const cell = cellOf(workload);
  const option = workerComputeOptions(cell, sizeKinesisStream(cell, facts), facts).find((it) => it.kind === kind)!;
  return {
    size: inCells(amountText(option), workload.cells),
    monthlyUsd: timesCells(option.monthlyUsd, workload.cells),
    latency: { milliseconds: option.settleMilliseconds, of: 'to settle, p99' },
    excuses: option.excuses,
  };
}

function amountText(option: WorkerComputeOption): string {
  const { low, high } = option.amount;
  return `${low === high ? formatNumber(high) : `${formatNumber(low)} to ${formatNumber(high)}`} ${option.unit}, ${formatNumber(option.vcpus)} vCPU`;
}

function topicFunction(workload: Workload, facts: Facts): SizedCandidate {
  const cell = cellOf(workload);
  const sizing = sizeKafkaMapping(cell, sizeMskCluster(cell, facts), facts);
  return {
    size: inCells(`${formatNumber(sizing.reservedConcurrency)} execution environments of ${sizing.memory.toMebibytes()} MiB, `
      + `${formatNumber(sizing.minimumPollers)} to ${formatNumber(sizing.maximumPollers)} pollers`, workload.cells),
    monthlyUsd: timesCells(sizing.monthlyUsd, workload.cells),
    latency: { milliseconds: sizing.settleMilliseconds, of: 'to settle, p99' },
    excuses: lateExcuse(sizing.settleMilliseconds, workload),
  };
}

function topicPods(workload: Workload, facts: Facts): SizedCandidate {
  const cell = cellOf(workload);
  const { partitions, settleMilliseconds } = sizeMskCluster(cell, facts);
  const sizing = sizePodTier(cell, facts, { role: 'worker', partitions });
  return {
    size: inCells(`${formatNumber(sizing.minimumReplicas)} to ${formatNumber(sizing.peakReplicas)} pods of ${sizing.cpuRequest} vCPU`, workload.cells),
    monthlyUsd: timesCells(sizing.monthlyUsd, workload.cells),
    latency: { milliseconds: settleMilliseconds, of: 'to settle, p99' },
    excuses: lateExcuse(settleMilliseconds, workload),
  };
}
