import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** One way in which requests reach a `StatelessTier`: a load balancer and the target group that its tasks are in. */
export interface TierFront {
  /** Name of the front, different from those of the tier's other fronts; letters and digits, starting with a letter. */
  readonly name: string;

  /** What sends the requests. Its security group is let in on the container's port. */
  readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /** Where the tasks are registered; a listener of the load balancer must send requests there. Of target type IP. */
  readonly targetGroup: elbv2.ApplicationTargetGroup;
}
