import { Duration } from 'aws-cdk-lib';
import { Facts } from '../../facts';
import { LatencyTarget, Workload } from '../../workload';
import { formatNumber, formatSeconds } from '../format';
import { KinesisCapacityMode, sizeKinesisCapacityMode } from '../kinesis-capacity-mode';
import { sizeKinesisStream } from '../kinesis-stream';
import { MskKind } from '../msk-brokers';
import { sizeMskCluster } from '../msk-cluster';
import { SizingOption } from '../sizing-option';
import { Candidate, cellOf, inCells, lateExcuse, listed, modelled, SizedCandidate, timesCells } from './candidate';
import { guideFigure, nodesByGuide } from './guide';

/** What makes a payment durable and hands it to the workers. */
export function brokerCandidates(workload: Workload, facts: Facts): Candidate[] {
  const kafka = { technology: 'Apache Kafka', figure: guideFigure(facts, 'kafka.messagesPerSecPerBroker', 'a broker, with proper tuning') };
  const kinesis = { technology: 'Amazon Kinesis', figure: 'a managed stream; no figure' };
  const retention = formatSeconds(sizeKinesisStream(withoutSettleTarget(cellOf(workload)), facts).retention.toSeconds());
  const stream = (mode: KinesisCapacityMode, name: string): Candidate =>
    modelled({ name, ...kinesis }, workload, facts, (it, trail) => kinesisMode(it, trail, mode), withoutSettleTarget);
  const cluster = (kind: MskKind, name: string): Candidate =>
    modelled({ name, ...kafka }, workload, facts, (it, trail) => mskKind(it, trail, kind), withoutSettleTarget);
  return [
    stream('provisioned', 'Kinesis, provisioned shards'),
    stream('on-demand-standard', 'Kinesis On-demand Standard'),
    stream('on-demand-advantage', 'Kinesis On-demand Advantage'),
    cluster('standard', 'MSK Standard'),
    cluster('express', 'MSK Express'),
    cluster('serverless', 'MSK Serverless'),
    listed({
      name: 'Kafka on own instances', ...kafka,
    }, 'brokers, disks and upgrades are operated by oneself; that work has no price here', nodesByGuide(facts, 'kafka.messagesPerSecPerBroker', workload.peak.perSecond)),
    listed({
      name: 'Pulsar', technology: 'Apache Pulsar', figure: 'many tenants, copies in other regions, storage apart from compute; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
    listed({
      name: 'Amazon MQ', technology: 'RabbitMQ', figure: 'AMQP with rich routing; no figure',
    }, `a queue forgets what was acknowledged, and the design reads again what is up to ${retention} old`),
    listed({
      name: 'NATS JetStream', technology: 'NATS JetStream', figure: 'light, with persistence; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
  ];
}

/** The workload with the usual target to settle, for sizes of what cannot meet the stated one. */
export function withoutSettleTarget(workload: Workload): Workload {
  const { accept } = workload.latencyTarget;
  return workload.with({ latencyTarget: LatencyTarget.accept(Duration.millis(accept.milliseconds), accept.percentile) });
}

function kinesisMode(workload: Workload, facts: Facts, mode: KinesisCapacityMode): SizedCandidate {
  const cell = cellOf(workload);
  const stream = sizeKinesisStream(cell, facts);
  const sizing = sizeKinesisCapacityMode(cell, facts, { stream, streams: workload.cells });
  const option = sizing.options.find((it) => it.mode === mode)!;
  const fanOut = stream.enhancedFanOut ? ', pushed to its consumer' : ', polled';
  const size = mode === 'provisioned' ? `${formatNumber(stream.shards)} shards${fanOut}`
    : mode === 'on-demand-standard' ? `1 stream${fanOut}`
    : `1 stream kept warm for ${formatNumber(sizing.warmThroughputMiBps)} MiB/s`;
  return fromOption(option, inCells(size, workload.cells), workload);
}

function mskKind(workload: Workload, facts: Facts, kind: MskKind): SizedCandidate {
  const sizing = sizeMskCluster(cellOf(workload), facts, { kind });
  const option = { ...sizing, name: kind, excuses: [] };
  const size = sizing.brokers === 0 ? `${formatNumber(sizing.partitions)} partitions`
    : `${formatNumber(sizing.brokers)} x ${sizing.brokerType}, ${formatNumber(sizing.partitions)} partitions`;
  return fromOption(option, inCells(size, workload.cells), workload);
}

function fromOption(option: SizingOption, size: string, workload: Workload): SizedCandidate {
  const settle = option.settleMilliseconds;
  return {
    size,
    monthlyUsd: timesCells(option.monthlyUsd, workload.cells),
    ...(settle !== undefined && { latency: { milliseconds: settle, of: 'to settle, p99' } }),
    excuses: [...option.excuses, ...(settle === undefined ? [] : lateExcuse(settle, workload))],
  };
}
