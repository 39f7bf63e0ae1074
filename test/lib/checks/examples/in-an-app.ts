import { App, Duration, Size, Validations } from 'aws-cdk-lib';
import { LatencyTarget, Rate, Workload } from '../../../../index';
import { HighThroughputChecks } from '../../../../lib/checks';

const app = new App();
const workload = new Workload({
  peak: Rate.perSecond(5000),
  payload: { mean: Size.bytes(700) },
  latencyTarget: LatencyTarget.accept(Duration.millis(100)).andSettle(Duration.seconds(2)),
});
Validations.of(app).addPlugins(new HighThroughputChecks({ workload }));
