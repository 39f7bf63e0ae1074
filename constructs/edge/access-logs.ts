import { type Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { PrivateBucket } from '../security/private-bucket';

/** Properties of `AccessLogs`. */
export interface AccessLogsProps {
  /**
   * How long logs are kept.
   *
   * @default Duration.days(365)
   */
  readonly retention?: Duration;

  /**
   * What becomes of the logs when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A bucket for a load balancer's logs, those older than a week in colder storage. Load balancers cannot write with a customer key, so S3's own
 * protects them.
 */
export class AccessLogs extends PrivateBucket {
  private granted = false;

  constructor(scope: Construct, id: string, props: AccessLogsProps = {}) {
    const expiration = props.retention ?? DEFAULTS.logs.accessRetention;
    const { accessColdAfter } = DEFAULTS.logs;
    // Colder storage bills a quarter of a year at least: shorter lives are cheaper where they are.
    const coldAfter = expiration.toDays() >= accessColdAfter.toDays() + LIMITS.storage.glacierInstantDays ? accessColdAfter : undefined;
    super(scope, id, { expiration, coldAfter, removalPolicy: props.removalPolicy });
  }

  /**
   * Makes a load balancer write its access logs here.
   *
   * The service principal is named, not the account of the region's load balancers: it holds in every region. What limits it is the
   * path: load balancers write below their own account. There is no condition on the source: where a request names none, it is refused.
   */
  collect(loadBalancer: elbv2.ApplicationLoadBalancer): void {
    this.receive(loadBalancer, 'access_logs');
  }

  /**
   * Makes a load balancer write its connection logs here: which clients failed to connect, and why. Nothing else tells of a client
   * certificate that was refused.
   */
  collectConnections(loadBalancer: elbv2.ApplicationLoadBalancer): void {
    this.receive(loadBalancer, 'connection_logs');
  }

  private receive(loadBalancer: elbv2.ApplicationLoadBalancer, kind: 'access_logs' | 'connection_logs'): void {
    this.grantDelivery();
    loadBalancer.setAttribute(`${kind}.s3.enabled`, 'true');
    loadBalancer.setAttribute(`${kind}.s3.bucket`, this.bucketName);
    if (this.policy) {
      // The load balancer writes a test object when it is told of the bucket.
      loadBalancer.node.addDependency(this.policy);
    }
  }

  private grantDelivery(): void {
    if (this.granted) {
      return;
    }
    this.granted = true;
    this.addToResourcePolicy(
      new iam.PolicyStatement({
        actions: ['s3:PutObject'],
        principals: [new iam.ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        resources: [this.arnForObjects(`AWSLogs/${Stack.of(this).account}/*`)],
      }),
    );
  }
}
