import { type Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { AuditLock } from '../archive/audit-lock';
import { DEFAULTS } from '../defaults';
import { PrivateBucket } from '../security/private-bucket';

/** Properties of `WebAclLog`. */
export interface WebAclLogProps {
  /** Key of the log. Its policy must name `delivery.logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does. */
  readonly encryptionKey: kms.IKey;

  /**
   * How long lines are kept, at least as long as they are locked.
   *
   * @default Duration.days(365)
   */
  readonly retention?: Duration;

  /**
   * How long, and how firmly, lines are locked.
   *
   * @default - `AuditLock.governance` for as long as lines are kept; none with `RemovalPolicy.DESTROY`
   */
  readonly lock?: AuditLock;

  /**
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Properties of CDK's own bucket, laid over what this construct decides.
   *
   * @default - none
   */
  readonly bucketProps?: s3.BucketProps;
}

/**
 * A locked bucket for the logs of web ACLs. WAF writes to buckets only whose name begins with `aws-waf-logs-`, so this one has a name of its
 * own: it ends with the id that CloudFormation gives a stack when it makes it, so that a stack which is made anew does not meet the bucket
 * that the former one left behind.
 */
export class WebAclLog extends PrivateBucket {
  constructor(scope: Construct, id: string, props: WebAclLogProps) {
    const retention = props.retention ?? DEFAULTS.logs.accessRetention;
    const lock = props.lock ?? (props.removalPolicy === RemovalPolicy.DESTROY ? AuditLock.none() : AuditLock.governance(retention));
    if ((lock.retentionDays ?? 0) > retention.toDays({ integral: false })) {
      throw new Error(`\`logRetention\` must be at least as long as the lock of ${lock.retentionDays} days, got: ${retention.toDays({ integral: false })} days`);
    }
    super(scope, id, {
      expiration: retention,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      bucketProps: {
        bucketName: bucketName(scope),
        ...(lock.defaultRetention && { objectLockEnabled: true, objectLockDefaultRetention: lock.defaultRetention }),
        ...props.bucketProps,
      },
    });
    this.grantDelivery();
  }

  /**
   * Makes a web ACL write here what it refused or challenged: a line for each request would cost more than the web ACL itself, and large batches
   * count in the core rule set all the time. Tokens, cookies and keys are left out.
   *
   * @param secretHeaders headers to leave out beside `authorization` and `cookie`.
   * @param allRequests whether requests that were let through get a line as well.
   */
  collect(webAcl: wafv2.CfnWebACL, secretHeaders: string[], allRequests: boolean): wafv2.CfnLoggingConfiguration {
    const logging = new wafv2.CfnLoggingConfiguration(webAcl, 'Logging', {
      resourceArn: webAcl.attrArn,
      logDestinationConfigs: [this.bucketArn],
      redactedFields: [...new Set(['authorization', 'cookie', ...secretHeaders])].map((name) => ({ singleHeader: { Name: name } })),
      loggingFilter: allRequests ? undefined : {
        DefaultBehavior: 'DROP',
        Filters: [{
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: ['BLOCK', 'CHALLENGE'].map((action) => ({ ActionCondition: { Action: action } })),
        }],
      },
    });
    if (this.policy) {
      logging.node.addDependency(this.policy);
    }
    return logging;
  }

  /** What WAF's own page asks for. Without it WAF would write into the policy itself, and be refused where that is denied. */
  private grantDelivery(): void {
    const stack = Stack.of(this);
    const principals = [new iam.ServicePrincipal('delivery.logs.amazonaws.com')];
    const source = {
      StringEquals: { 'aws:SourceAccount': stack.account },
      ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'logs', resource: '*' }) },
    };
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'AWSLogDeliveryWrite',
      principals,
      actions: ['s3:PutObject'],
      resources: [this.arnForObjects(`AWSLogs/${stack.account}/*`)],
      // Where the bucket has no ACLs, the delivery may come without naming one.
      conditions: { ...source, StringEqualsIfExists: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
    }));
    this.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'AWSLogDeliveryAclCheck',
      principals,
      actions: ['s3:GetBucketAcl'],
      resources: [this.bucketArn],
      conditions: source,
    }));
  }
}

/** `aws-waf-logs-`, eight digits for the place in the stack, and the id of the stack: 58 of the 63 characters that a bucket's name may have. */
function bucketName(scope: Construct): string {
  const stackId = Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
  return `aws-waf-logs-${scope.node.addr.slice(-8)}-${stackId}`;
}
