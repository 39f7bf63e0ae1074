import type { Stack } from 'aws-cdk-lib';
import { SIZING_METADATA_KEY, sizeKinesisStream, SizingPlan } from '../../../../lib/sizing';
import { Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

const workload = new Workload({ peak: Rate.perSecond(2000) });

export const planted: Planted = {
  id: 'HT-WORKER-007',
  workload,
  plant: (stack) => withLanes(stack, 4),
  repair: (stack) => withLanes(stack, 1),
};

/** A stream whose records are packed, as its decisions in the template tell. */
function withLanes(stack: Stack, parallelizationFactor: number): void {
  const sizing = sizeKinesisStream(workload);
  const { stream } = new Parts(stack).streamWorker({
    stream: { shardCount: sizing.shards, retentionPeriodHours: sizing.retention.toHours() },
    mapping: { parallelizationFactor },
    consumer: true,
  });
  const decisions = sizing.decisions.map((it) => ({ ...it, path: stream.node.path }));
  stack.templateOptions.metadata = { [SIZING_METADATA_KEY]: new SizingPlan(decisions).toJSON() };
}
