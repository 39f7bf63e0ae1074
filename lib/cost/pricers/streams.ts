import { BILLED_GB } from '../../sizing/monthly-cost';
import { type Amount, times, weakest } from '../amount';
import type { Charge } from '../charge';
import { UnpricedError } from '../unpriced-error';
import { listOf, numberOf } from '../usage/properties';
import { shardsOf, streamUsage } from '../usage/streams';
import { MAPPING, sourceOf, streamOf } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import type { TopologyResource } from '../../topology';
import { charge, flowing, hourly, one, type Pricer } from './pricer';

const SECONDS_PER_HOUR = 3600;
const HOURS_PER_WEEK = 168;
/** Hours that a stream keeps records whose template states none. */
const RETENTION = 'kinesis/retention.defaultHours';

/** Kinesis streams: shards, PUT units and retention, or what the on-demand mode bills. */
export const streamPricer: Pricer = {
  types: ['AWS::Kinesis::Stream'],
  price(resource, model) {
    const shards = shardsOf(model, resource);
    return shards === undefined ? onDemand(resource, model) : provisioned(resource, model, shards);
  },
};

function provisioned(resource: TopologyResource, model: UsageModel, shards: Amount): Charge[] {
  const usage = streamUsage(model, resource);
  const hours = numberOf(resource, 'RetentionPeriodHours') ?? model.facts(resource).number(RETENTION);
  const metrics = listOf(resource, 'DesiredShardLevelMetrics').map(String);
  const perShard = metrics.includes('ALL') ? model.assumption('streamMetrics') : metrics.length;
  return [
    hourly(resource, 'shards', 'kinesis.shardHours', shards),
    flowing(resource, 'PUT units', 'kinesis.putUnits', usage.putUnitsPerSecond),
    ...(hours > model.facts(resource).number('kinesis/retention.minHours') ? [hourly(resource, 'retention of up to a week', 'kinesis.weekHours', shards)] : []),
    ...(hours > HOURS_PER_WEEK
      ? [charge(resource, 'retention beyond a week', 'kinesis.longGigabytes', times(usage.bytesPerSecond, (hours - HOURS_PER_WEEK) * SECONDS_PER_HOUR / BILLED_GB))] : []),
    ...(perShard > 0 ? [charge(resource, 'metrics of shards', 'cloudwatch.metrics', times(shards, perShard, `${perShard} metrics a shard`))] : []),
  ];
}

function onDemand(resource: TopologyResource, model: UsageModel): Charge[] {
  const usage = streamUsage(model, resource);
  const beyond = (numberOf(resource, 'RetentionPeriodHours') ?? model.facts(resource).number(RETENTION)) - model.facts(resource).number('kinesis/retention.minHours');
  const polling = model.topology.ofType(MAPPING).filter((it) => sourceOf(model, it) === resource && !String(it.properties.EventSourceArn).includes('/consumer/')).length;
  return [
    hourly(resource, 'stream on demand', 'kinesis.onDemand.hours', one()),
    flowing(resource, 'data in', 'kinesis.onDemand.gigabytesIn', times(usage.billedBytesPerSecond, 1 / BILLED_GB)),
    flowing(resource, 'data out', 'kinesis.onDemand.gigabytesOut', times(usage.bytesPerSecond, polling / BILLED_GB)),
    ...(beyond > 0 ? [charge(resource, 'retention', 'kinesis.onDemand.keptGigabytes', times(usage.bytesPerSecond, beyond * SECONDS_PER_HOUR / BILLED_GB))] : []),
  ];
}

/** Consumers with enhanced fan-out: each pays for the shards it watches and for what is pushed to it. */
export const consumerPricer: Pricer = {
  types: ['AWS::Kinesis::StreamConsumer'],
  price(resource, model) {
    const stream = streamOf(model, resource);
    if (stream === undefined) {
      throw new UnpricedError(`the stream that ${resource.logicalId} reads is not in the assembly`);
    }
    const { bytesPerSecond } = streamUsage(model, stream);
    const shards = shardsOf(model, stream);
    const pushed = model.use(resource, 'bytesPerSecond', () => ({ ...bytesPerSecond, kind: weakest(bytesPerSecond.kind, 'derived') }));
    return [
      ...(shards === undefined ? [] : [hourly(resource, 'consumer shards', 'kinesis.consumerHours', shards)]),
      flowing(resource, 'data pushed', shards === undefined ? 'kinesis.onDemand.consumerGigabytes' : 'kinesis.consumerGigabytes', times(pushed, 1 / BILLED_GB)),
    ];
  },
};

