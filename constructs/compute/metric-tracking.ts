import { type Duration, Lazy, Names } from 'aws-cdk-lib';
import { CfnScalingPolicy, type ScalableTarget } from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';

/** Properties of `MetricTracking`. */
export interface MetricTrackingProps {
  /** What is scaled. */
  readonly scaling: ecs.ScalableTaskCount;
  /** Value that scaling aims at, of `expression`. */
  readonly targetValue: number;
  /** Asked at synthesis for the metrics, by the name that the expression calls them by. */
  readonly metrics: () => { readonly [name: string]: cloudwatch.IMetric };
  /** Asked at synthesis for the calculation. */
  readonly expression: () => string;
  /** What the result is, for people. */
  readonly label: string;
  /** Wait between two steps up. */
  readonly scaleOutCooldown: Duration;
  /** Wait between two steps down. */
  readonly scaleInCooldown: Duration;
}

/** Target tracking on a calculation of several metrics, which CDK's own policies do not take. */
export class MetricTracking extends Construct {
  /** The policy. */
  readonly policy: CfnScalingPolicy;

  constructor(scope: Construct, id: string, props: MetricTrackingProps) {
    super(scope, id);
    this.policy = new CfnScalingPolicy(this, 'Policy', {
      policyName: Names.uniqueId(this),
      policyType: 'TargetTrackingScaling',
      scalingTargetId: (props.scaling.node.findChild('Target') as ScalableTarget).scalableTargetId,
      targetTrackingScalingPolicyConfiguration: {
        targetValue: props.targetValue,
        scaleOutCooldown: props.scaleOutCooldown.toSeconds(),
        scaleInCooldown: props.scaleInCooldown.toSeconds(),
        customizedMetricSpecification: {
          metrics: Lazy.any({
            produce: () => [
              ...Object.entries(props.metrics()).map(([name, metric]) => queryOf(name, metric)),
              { id: 'tracked', expression: props.expression(), label: props.label, returnData: true },
            ],
          }),
        },
      },
    });
  }
}

/**
 * A metric as a policy asks for it.
 *
 * @throws Error for one that is calculated itself
 */
function queryOf(id: string, metric: cloudwatch.IMetric): CfnScalingPolicy.TargetTrackingMetricDataQueryProperty {
  const { metricStat } = metric.toMetricConfig();
  if (metricStat === undefined) {
    throw new Error('`metric` must be a metric of CloudWatch, got: an expression');
  }
  const { namespace, metricName, dimensions, statistic } = metricStat;
  return {
    id,
    metricStat: {
      metric: { namespace, metricName, dimensions: dimensions?.map(({ name, value }) => ({ name, value: String(value) })) },
      stat: statistic,
    },
    returnData: false,
  };
}
