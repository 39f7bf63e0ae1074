import { Duration } from 'aws-cdk-lib';
import { LatencyTarget, Rate, Workload } from '../../../../lib/workload';
import { Parts } from './parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-STREAM-004',
  workload: new Workload({ peak: Rate.perSecond(100), latencyTarget: LatencyTarget.settle(Duration.seconds(1)) }),
  plant: (stack) => new Parts(stack).streamWorker(),
  repair: (stack) => new Parts(stack).streamWorker({ consumer: true }),
};
